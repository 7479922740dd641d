// The search of a group that hears much: it remembers how far it has come. Behind that place it goes through the last events
// only, and back to it, so that an event costs the same whether the group has a thousand or a million of them.
//
// The place lies `lag` events behind the last one. An event of an earlier time lets the search begin anew, and doubles the
// lag: what comes late in turn soon finds it wide enough.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "operators/correlation.h"

namespace vigia {

// Of one group under one correlation. One thread at a time.
class HotSearch {
 public:
  // As IncidentSearch::find. REQUIRES: not an absence; no event is an interval; change() was told of what is not as it was.
  TimeMs find(const CorrelationSpec& spec, std::span<const CorrelationEvent> events, TimeMs clock_ms,
              std::vector<Incident>& out);

  // An event of this time came, went or is another now.
  void change(TimeMs start_ms) {
    if (start_ms > settled_ms_) return;
    forget();
    lag_ *= 2;
  }
  // The events have other positions.
  void forget() { is_begun_ = false, settled_ms_ = no_time_ms; }

  [[nodiscard]] std::uint64_t steps() const { return scan_.steps(); }
  [[nodiscard]] std::size_t memory_bytes() const { return sizeof *this + scan_.memory_bytes(); }

 private:
  IncidentScan scan_;
  IncidentScan::Place place_;
  TimeMs settled_ms_ = no_time_ms;  // time of the last event before the place
  std::size_t lag_ = 64;
  bool is_begun_ = false;
};

}  // namespace vigia
