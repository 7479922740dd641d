// What the events of one group amount to under a correlation: incidents. A pure function of the set of events and the
// clock, so that a late event, or one that is taken back, needs nothing but to ask again.
//
// An event at t looks at [t - timespan, t]. A hit is an event with which the condition holds over its window. Hits at most
// `timespan` apart are one incident, from the first event in the first hit's window (of an ordered chain: the first that a
// chain can begin with) to the last hit; it is over when the clock is past the last hit by more than `timespan`.
//
// An event may be an interval (an alert). Then it stands at its start, and is in a window when it touches it.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/identity.h"
#include "operators/sigma_rule.h"

namespace vigia {

struct CorrelationEvent {
  TimeMs start_ms = 0;
  TimeMs end_ms = 0;        // of a point its start; never_ms while it lasts
  std::uint64_t value = 0;  // hash of what value_count counts
  std::uint32_t rules = 0;  // bit i: it is one of the correlation's i-th rule
};

struct CorrelationSpec {
  static constexpr std::size_t rules_max = 32;

  CorrelationType type = CorrelationType::event_count;
  std::size_t rules = 1;      // how many, at most rules_max
  TimeMs timespan_ms = 0;     // over 0
  std::int64_t at_least = 1;  // of event_count and value_count
  bool before = false;        // absence: none of the second before the first, instead of after
};

struct Incident {
  TimeMs start_ms = 0;
  TimeMs end_ms = 0;  // the last hit
  bool is_over = false;
  friend bool operator==(const Incident&, const Incident&) = default;
};

// Finds incidents; keep one and reuse it, it owns what the search needs beside. One thread at a time.
class IncidentSearch {
 public:
  // `events` by rising start. All incidents as of the clock, by rising start, replace those in `out`. Returns when the clock
  // alone will change them: once it is past that time; never_ms: it won't.
  TimeMs find(const CorrelationSpec& spec, std::span<const CorrelationEvent> events, TimeMs clock_ms,
              std::vector<Incident>& out);

 private:
  void find_absences(const CorrelationSpec& spec, std::span<const CorrelationEvent> events, TimeMs clock_ms,
                     std::vector<Incident>& out, TimeMs& due_ms);
  void enter(const CorrelationSpec& spec, const CorrelationEvent& event);
  void leave(const CorrelationSpec& spec, const CorrelationEvent& event);
  [[nodiscard]] bool holds(const CorrelationSpec& spec) const;
  [[nodiscard]] bool completes_chain(const CorrelationSpec& spec, std::span<const CorrelationEvent> moment,
                                     TimeMs from_ms);
  void extend_chains(const CorrelationSpec& spec, std::span<const CorrelationEvent> moment,
                     std::vector<TimeMs>& extended) const;

  std::vector<std::uint32_t> by_end_;  // events by rising end
  std::vector<bool> has_left_;
  std::vector<std::int64_t> of_rule_;                           // how many in the window, by rule
  std::vector<std::pair<std::uint64_t, std::int64_t>> values_;  // in the window, with how many of each; a hash table
  std::int64_t events_ = 0, distinct_ = 0, rules_seen_ = 0;
  // By rule: of all chains through the rules up to it, the latest of their earliest ends: what a window must not begin after.
  std::vector<TimeMs> chains_;
};

}  // namespace vigia
