// Rules about what a seal says, and when it was heard.
#include <algorithm>

#include "tests/reference/geometry.h"
#include "tests/reference/rules.h"

namespace vigia::reference {
namespace {

struct LockChange {
  TimeMs time_ms = 0;
  std::string lock;
  bool in_own_depot = false;  // where the last good fix of the scope lies in one of the trip's two depots
};

bool in_own_depot(const View& view, Point where) {
  if (!view.trip) return false;
  for (const auto* field : {"origin_depot_id", "destination_depot_id"}) {
    const auto id = view.trip->text.find(field);
    const PlainZone* depot = id == view.trip->text.end() ? nullptr : view.site.zone(id->second);
    if (depot && inside(*depot, where)) return true;
  }
  return false;
}

std::vector<LockChange> lock_changes(const View& view) {
  std::vector<LockChange> changes;
  std::optional<Point> last_fix;
  for (const auto& message : view.messages) {
    if (message.fix) last_fix = message.fix;
    const auto& lock = message.event->lock;
    if (lock.empty() || lock == "unknown" || (!changes.empty() && changes.back().lock == lock)) continue;
    changes.push_back({message.time_ms, lock, last_fix && in_own_depot(view, *last_fix)});
  }
  return changes;
}

bool has(const Message& message, const std::string& condition) {
  const auto& all = message.event->conditions;
  return std::find(all.begin(), all.end(), condition) != all.end();
}

}  // namespace

Findings seal_opened(const View& view) {
  Findings findings;
  std::optional<LockChange> opening;  // until closed, authorised or not
  for (const auto& change : lock_changes(view)) {
    if (change.lock == "opened" && !opening) opening = change;
    if (change.lock != "closed" || !opening) continue;
    if (!opening->in_own_depot) findings.push_back(episode(opening->time_ms, change.time_ms));
    opening.reset();
  }
  if (opening && !opening->in_own_depot) findings.push_back(episode(opening->time_ms, view.end_ms()));
  return findings;
}

Findings lock_instant(const View& view) {
  const std::string lock = view.rule.kind.substr(std::string_view("seal_").size());
  Findings findings;
  for (const auto& change : lock_changes(view)) {
    if (change.lock != lock) continue;
    const auto officer_there = [&](const Window& w) {
      return w.from_ms <= change.time_ms && change.time_ms <= w.until_ms;
    };
    const bool authorised = lock == "removed" && change.in_own_depot &&
                            std::any_of(view.trip->officers.begin(), view.trip->officers.end(), officer_there);
    if (!authorised) findings.push_back(instant(change.time_ms));
  }
  return findings;
}

Findings second_placement(const View& view) {
  Findings findings;
  bool removed = false;
  for (const auto& change : lock_changes(view)) {
    if (change.lock == "removed") removed = true;
    if (change.lock != "closed" || !removed) continue;
    findings.push_back(instant(change.time_ms));
    removed = false;
  }
  return findings;
}

Findings condition_rule(const View& view) {
  const bool is_panic = view.rule.kind == "panic";
  Findings findings;
  for (const auto& condition : is_panic ? std::vector<std::string>{"panic"} : view.rule.strings("conditions")) {
    bool on = false;
    TimeMs since_ms = 0;
    for (const auto& message : view.messages) {
      const bool now = has(message, condition);
      if (now && !on && is_panic) findings.push_back(instant(message.time_ms));
      if (now && !on) since_ms = message.time_ms;
      if (!now && on && !is_panic) findings.push_back(episode(since_ms, message.time_ms, condition));
      on = now;
    }
    if (on && !is_panic) findings.push_back(episode(since_ms, view.end_ms(), condition));
  }
  return findings;
}

Findings report_rule(const View& view) {
  const bool by_time = view.rule.kind == "report_interval";
  const auto messages = by_time ? view.messages : view.fixes();
  Findings findings;
  for (std::size_t i = 1; i < messages.size(); ++i) {
    const Message &earlier = messages[i - 1], &later = messages[i];
    const bool broken = by_time ? later.time_ms - earlier.time_ms > view.rule.duration_ms("interval")
                                : haversine_m(*earlier.fix, *later.fix) > view.rule.number("distance_m");
    if (broken) findings.push_back(episode(earlier.time_ms, later.time_ms));
  }
  return findings;
}

// By broker times alone: the silences between the records of the scope's messages, and the one that goes on.
Findings signal_lost(const View& view) {
  const TimeMs interval_ms = view.rule.duration_ms("interval");
  std::vector<TimeMs> heard_ms;
  for (const auto& message : view.messages) heard_ms.push_back(message.event->broker_ms);
  std::sort(heard_ms.begin(), heard_ms.end());
  Findings findings;
  for (std::size_t i = 1; i < heard_ms.size(); ++i)
    if (heard_ms[i] - heard_ms[i - 1] > interval_ms) findings.push_back(episode(heard_ms[i - 1], heard_ms[i]));
  if (heard_ms.empty()) return findings;
  const TimeMs silent_until_ms = view.end_ms().value_or(view.until_ms);
  if (silent_until_ms - heard_ms.back() > interval_ms) findings.push_back(episode(heard_ms.back(), view.end_ms()));
  return findings;
}

Findings clock_fault(const View& view) {
  Findings findings;
  bool faulty = false;
  TimeMs since_ms = 0;
  for (const auto& message : view.messages) {
    if (message.clock_fault && !faulty) since_ms = message.time_ms;
    if (!message.clock_fault && faulty) findings.push_back(episode(since_ms, message.time_ms));
    faulty = message.clock_fault;
  }
  if (faulty) findings.push_back(episode(since_ms, {}));
  return findings;
}

}  // namespace vigia::reference
