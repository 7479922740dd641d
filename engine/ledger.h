// What the fold of a key's events has found: candidates for alerts, each with the times of the events that opened and
// closed it, so that the finding can be taken back to any point of the history and made again. Whether a candidate is an
// alert is judged later, with what is known then (see engine/stage.h, episodes).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <tuple>
#include <vector>

#include "engine/event.h"

namespace vigia {

struct Candidate {
  std::uint16_t rule = 0;           // the stage's number of the rule
  std::uint16_t tag = 0;            // the stage's own
  std::uint32_t discriminator = 0;  // what tells apart candidates of one rule: a zone, a condition
  TimeMs start_ms = 0;
  TimeMs end_ms = 0;               // 0 while open
  TimeMs opened_at_ms = 0;         // time of the event that opened it
  TimeMs closed_at_ms = never_ms;  // time of the event that closed it; never_ms while open
  TimeMs detected_ms = 0;          // broker time of the record behind the last change
  TimeMs late_by_ms = 0;           // how late that record's event came
  double lat_deg = NAN;
  double lon_deg = NAN;
  std::uint64_t context = 0;  // the stage's own: which trip, say
  bool is_instant = false;    // over with the event that opened it
  EvidenceRef opened_by;
  EvidenceRef closed_by;

  [[nodiscard]] bool is_open() const { return closed_at_ms == never_ms; }
};

// Same finding, whatever record caused it.
[[nodiscard]] inline bool same_finding(const Candidate& a, const Candidate& b) {
  const auto same_degrees = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  return a.rule == b.rule && a.tag == b.tag && a.discriminator == b.discriminator && a.start_ms == b.start_ms &&
         a.opened_at_ms == b.opened_at_ms && a.context == b.context && same_degrees(a.lat_deg, b.lat_deg) &&
         same_degrees(a.lon_deg, b.lon_deg);
}

class Ledger {
 public:
  std::vector<Candidate> candidates;  // in the order of their opening

  [[nodiscard]] Candidate* find_open(std::uint16_t rule, std::uint32_t discriminator) {
    for (auto& candidate : candidates)
      if (candidate.is_open() && candidate.rule == rule && candidate.discriminator == discriminator) return &candidate;
    return nullptr;
  }

  // Takes the findings back to what events before `boundary_ms` had found; returns the findings as they were.
  [[nodiscard]] std::vector<Candidate> roll_back(TimeMs boundary_ms);

  // REQUIRES: the findings were rolled back and made again up to `boundary_ms`. True when what is open there is what was
  // open there in `before`; then the rest of `before` is taken over and need not be made again.
  [[nodiscard]] bool converge(const std::vector<Candidate>& before, TimeMs boundary_ms);

  // Drops the findings that are over, but for those that began as one with another that is not: what is told of them is
  // told from all.
  template <class IsOver>
  void forget(IsOver&& is_over);
};

inline std::vector<Candidate> Ledger::roll_back(TimeMs boundary_ms) {
  auto before = candidates;
  std::erase_if(candidates, [&](const Candidate& c) { return c.opened_at_ms >= boundary_ms; });
  for (auto& candidate : candidates) {
    if (candidate.is_open() || candidate.closed_at_ms < boundary_ms) continue;
    candidate.closed_at_ms = never_ms;
    candidate.end_ms = 0;
    candidate.closed_by = {};
  }
  return before;
}

template <class IsOver>
void Ledger::forget(IsOver&& is_over) {
  const auto series_of = [](const Candidate& c) { return std::tuple(c.rule, c.discriminator, c.start_ms); };
  if (std::none_of(candidates.begin(), candidates.end(), is_over)) return;
  std::set<std::tuple<std::uint16_t, std::uint32_t, TimeMs>> going_on;
  for (const auto& candidate : candidates)
    if (!is_over(candidate)) going_on.insert(series_of(candidate));
  std::erase_if(candidates, [&](const Candidate& c) { return is_over(c) && !going_on.contains(series_of(c)); });
}

inline bool Ledger::converge(const std::vector<Candidate>& before, TimeMs boundary_ms) {
  std::vector<const Candidate*> was_open;
  for (const auto& old : before)
    if (old.opened_at_ms < boundary_ms && old.closed_at_ms >= boundary_ms) was_open.push_back(&old);
  std::size_t at = 0;
  for (const auto& candidate : candidates) {
    if (!candidate.is_open()) continue;
    if (at == was_open.size() || !same_finding(candidate, *was_open[at])) return false;
    ++at;
  }
  if (at != was_open.size()) return false;
  at = 0;
  for (auto& candidate : candidates)
    if (candidate.is_open()) candidate = *was_open[at++];
  for (const auto& old : before)
    if (old.opened_at_ms >= boundary_ms) candidates.push_back(old);
  return true;
}

}  // namespace vigia
