#include "operators/correlation.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace vigia {
namespace {

constexpr std::uint64_t free_value = 0;

std::uint64_t key_of(std::uint64_t value) { return value == free_value ? UINT64_MAX : value; }

std::size_t slot_of(const std::vector<std::pair<std::uint64_t, std::int64_t>>& table, std::uint64_t value) {
  const auto mask = table.size() - 1;
  auto at = (value * 0x9E3779B97F4A7C15u >> 32) & mask;
  while (table[at].first != free_value && table[at].first != value) at = (at + 1) & mask;
  return at;
}

// Whether each of the rules `first` to `last` can have an event of its own. `taken[i]` is the rule that event i is given
// to; Kuhn's algorithm.
bool give(std::span<const CorrelationEvent> events, TimeMs end_ms, std::size_t rule, std::vector<int>& taken,
          std::vector<bool>& tried) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (tried[i] || (events[i].rules >> rule & 1) == 0 || events[i].end_ms < end_ms) continue;
    tried[i] = true;
    if (taken[i] >= 0 && !give(events, end_ms, static_cast<std::size_t>(taken[i]), taken, tried)) continue;
    taken[i] = static_cast<int>(rule);
    return true;
  }
  return false;
}

bool can_share(std::span<const CorrelationEvent> events, TimeMs end_ms, std::size_t first, std::size_t last) {
  std::vector<int> taken(events.size(), -1);
  std::vector<bool> tried(events.size());
  for (auto rule = first; rule <= last; ++rule) {
    tried.assign(events.size(), false);
    if (!give(events, end_ms, rule, taken, tried)) return false;
  }
  return true;
}

}  // namespace

void IncidentSearch::enter(const CorrelationSpec& spec, const CorrelationEvent& event) {
  ++events_;
  if (spec.type == CorrelationType::value_count) {
    auto& [value, count] = values_[slot_of(values_, key_of(event.value))];
    value = key_of(event.value);
    if (++count == 1) ++distinct_;
  } else if (spec.type == CorrelationType::temporal) {
    for (auto rules = event.rules; rules != 0; rules &= rules - 1)
      if (++of_rule_[static_cast<std::size_t>(std::countr_zero(rules))] == 1) ++rules_seen_;
  }
}

void IncidentSearch::leave(const CorrelationSpec& spec, const CorrelationEvent& event) {
  --events_;
  if (spec.type == CorrelationType::value_count) {
    if (--values_[slot_of(values_, key_of(event.value))].second == 0) --distinct_;
  } else if (spec.type == CorrelationType::temporal) {
    for (auto rules = event.rules; rules != 0; rules &= rules - 1)
      if (--of_rule_[static_cast<std::size_t>(std::countr_zero(rules))] == 0) --rules_seen_;
  }
}

bool IncidentSearch::holds(const CorrelationSpec& spec) const {
  switch (spec.type) {
    case CorrelationType::event_count: return events_ >= spec.at_least;
    case CorrelationType::value_count: return distinct_ >= spec.at_least;
    case CorrelationType::temporal: return rules_seen_ == static_cast<std::int64_t>(spec.rules);
    default: return false;
  }
}

// Chains that end in events of this moment: runs of rules, each with an event of its own, behind a chain that was there
// before or none.
void IncidentSearch::extend_chains(const CorrelationSpec& spec, std::span<const CorrelationEvent> moment,
                                   std::vector<TimeMs>& extended) const {
  extended.assign(spec.rules, no_time_ms);
  if (moment.size() == 1) {
    for (std::size_t rule = 0; rule < spec.rules; ++rule)
      if (moment.front().rules >> rule & 1)
        extended[rule] = std::min(moment.front().end_ms, rule == 0 ? never_ms : chains_[rule - 1]);
    return;
  }
  std::vector<TimeMs> ends;
  for (const auto& event : moment) ends.push_back(event.end_ms);
  std::ranges::sort(ends);
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  for (const auto end_ms : ends) {
    for (std::size_t last = 0; last < spec.rules; ++last) {
      for (std::size_t first = last + 1; first-- > 0 && can_share(moment, end_ms, first, last);) {
        const auto before = first == 0 ? never_ms : chains_[first - 1];
        extended[last] = std::max(extended[last], std::min(before, end_ms));
      }
    }
  }
}

bool IncidentSearch::completes_chain(const CorrelationSpec& spec, std::span<const CorrelationEvent> moment,
                                     TimeMs from_ms) {
  thread_local std::vector<TimeMs> extended;
  extend_chains(spec, moment, extended);
  for (std::size_t rule = 0; rule < spec.rules; ++rule) chains_[rule] = std::max(chains_[rule], extended[rule]);
  return extended.back() >= from_ms && extended.back() != no_time_ms;
}

void IncidentSearch::find_absences(const CorrelationSpec& spec, std::span<const CorrelationEvent> events,
                                   TimeMs clock_ms, std::vector<Incident>& out, TimeMs& due_ms) {
  // By rising start the latest end so far; enough to tell whether one that began before touches a time.
  thread_local std::vector<std::pair<TimeMs, TimeMs>> seconds;
  seconds.clear();
  for (const auto& event : events) {
    if ((event.rules & 2) == 0) continue;
    seconds.emplace_back(event.start_ms,
                         seconds.empty() ? event.end_ms : std::max(event.end_ms, seconds.back().second));
  }
  for (const auto& event : events) {
    if ((event.rules & 1) == 0) continue;
    const auto from_ms = spec.before ? event.start_ms - spec.timespan_ms : event.start_ms;
    const auto to_ms = spec.before ? event.start_ms : event.start_ms + spec.timespan_ms;
    const auto behind = std::ranges::upper_bound(seconds, to_ms, {}, &std::pair<TimeMs, TimeMs>::first);
    if (behind != seconds.begin() && std::prev(behind)->second >= from_ms) continue;
    if (spec.before) {
      out.push_back({event.start_ms, event.start_ms, true});
    } else if (clock_ms > to_ms) {
      out.push_back({event.start_ms, to_ms, true});
    } else {
      due_ms = std::min(due_ms, to_ms);
    }
  }
}

TimeMs IncidentSearch::find(const CorrelationSpec& spec, std::span<const CorrelationEvent> events, TimeMs clock_ms,
                            std::vector<Incident>& out) {
  out.clear();
  TimeMs due_ms = never_ms;
  if (spec.type == CorrelationType::absence) {
    find_absences(spec, events, clock_ms, out, due_ms);
    return due_ms;
  }
  const bool counts = spec.type == CorrelationType::event_count || spec.type == CorrelationType::value_count;
  if (counts && static_cast<std::int64_t>(events.size()) < spec.at_least) return due_ms;
  events_ = distinct_ = rules_seen_ = 0;
  if (spec.type == CorrelationType::value_count)
    values_.assign(std::bit_ceil(events.size() * 2), {free_value, 0});
  else if (spec.type == CorrelationType::temporal)
    of_rule_.assign(spec.rules, 0);
  else if (spec.type == CorrelationType::temporal_ordered)
    chains_.assign(spec.rules, no_time_ms);
  has_left_.assign(events.size(), false);
  by_end_.resize(events.size());
  std::iota(by_end_.begin(), by_end_.end(), 0u);
  const auto end_of = [&](std::uint32_t i) { return events[i].end_ms; };
  if (!std::ranges::is_sorted(by_end_, {}, end_of)) std::ranges::stable_sort(by_end_, {}, end_of);

  std::size_t leaving = 0, first = 0;
  for (std::size_t i = 0, next = 0; i < events.size(); i = next) {
    const auto at_ms = events[i].start_ms, from_ms = at_ms - spec.timespan_ms;
    while (next < events.size() && events[next].start_ms == at_ms) enter(spec, events[next++]);
    for (; leaving < events.size() && events[by_end_[leaving]].end_ms < from_ms; ++leaving) {
      leave(spec, events[by_end_[leaving]]);
      has_left_[by_end_[leaving]] = true;
    }
    while (has_left_[first]) ++first;
    const bool is_hit = spec.type == CorrelationType::temporal_ordered
                            ? completes_chain(spec, events.subspan(i, next - i), from_ms)
                            : holds(spec);
    if (!is_hit) continue;
    if (out.empty() || at_ms - out.back().end_ms > spec.timespan_ms) {
      auto begins = first;  // a chain begins with an event of the first rule
      while (spec.type == CorrelationType::temporal_ordered && (has_left_[begins] || (events[begins].rules & 1) == 0))
        ++begins;
      out.push_back({events[begins].start_ms, at_ms, true});
    }
    out.back().end_ms = at_ms;
  }
  for (auto incident = out.rbegin(); incident != out.rend(); ++incident) {
    if (clock_ms > incident->end_ms + spec.timespan_ms) break;
    incident->is_over = false;
    due_ms = incident->end_ms + spec.timespan_ms;
  }
  return due_ms;
}

}  // namespace vigia
