// The final alerts of seals and trips, recomputed from the set of events by plain loops: the oracle that the engine is
// held against. No state survives from one event to the next, nothing is incremental, nothing is fast.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tests/reference/plain.h"

namespace vigia::reference {

struct ReferenceAlert {
  std::string kind, rule_id, subject_id, trip_id;
  TimeMs start_ms = 0;
  TimeMs end_ms = 0;          // 0 while it lasts
  std::string status;         // provisional, confirmed or cleared
  std::string discriminator;  // zone or condition, the numbers of service_quality; empty for most
  auto operator<=>(const ReferenceAlert&) const = default;
};

// REQUIRES: `rules` hold only kinds of semantics section 3 (others are left out) with every parameter filled in.
// `until_ms` is the clock at the end. Sorted. Rules about the arrival (signal_lost, clock_fault) need the true
// broker times and arrival order in `events`; the others need only the set.
[[nodiscard]] std::vector<ReferenceAlert> recompute(const std::vector<Event>& events, std::span<const RuleSpec> rules,
                                                    const PlainSite& site, const Settings& settings, TimeMs until_ms);

// Compares as multisets, times of zone rules to within `zone_tolerance_ms`. Returns what differs, for people.
// `with_status` and `with_trip` widen the comparison beyond kind, rule, subject, start and end.
struct Comparison {
  TimeMs zone_tolerance_ms = 0;
  bool with_status = false;
  bool with_trip = false;
};
[[nodiscard]] std::string difference(std::vector<ReferenceAlert> expected, std::vector<ReferenceAlert> got,
                                     const Comparison& how);

}  // namespace vigia::reference
