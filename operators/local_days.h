// The days of a time zone, from midnight to midnight: 23 or 25 hours long where the clocks change.
//
// Plain data, made from the time-zone database (connectors/timezone.h). Immutable: any number of threads may read it.
#pragma once

#include <string>
#include <vector>

#include "engine/identity.h"

namespace vigia {

class LocalDays {
 public:
  struct Change {
    TimeMs from_ms;
    TimeMs offset_ms;  // local time - UTC from then on
  };
  // [start_ms, end_ms)
  struct Day {
    TimeMs start_ms = 0, end_ms = 0;
    friend bool operator==(const Day&, const Day&) = default;
  };

  // UTC. `changes` in the order of time; before the first its offset holds.
  explicit LocalDays(std::string zone = "UTC", std::vector<Change> changes = {});

  // The day that the moment lies in. A day begins at the first moment whose local date is it or a later one: where
  // midnight is left out, with the moment after it; where the clocks go back over midnight, once.
  [[nodiscard]] Day day_of(TimeMs time_ms) const;
  // The moment by the local clock, as milliseconds since 1970-01-01 00:00 of it.
  [[nodiscard]] TimeMs local_ms(TimeMs time_ms) const;
  // The first moment, not before from_ms, at which the local clock has reached this.
  [[nodiscard]] TimeMs reached_ms(TimeMs local_ms, TimeMs from_ms) const;
  // "2026-03-05"
  [[nodiscard]] std::string date_of(TimeMs time_ms) const;

  [[nodiscard]] const std::string& zone() const { return zone_; }

 private:
  [[nodiscard]] std::int64_t number_of(TimeMs time_ms) const;
  [[nodiscard]] TimeMs start_of(std::int64_t number) const;

  std::string zone_;
  std::vector<Change> changes_;  // never empty; the first from no_time_ms on
};

}  // namespace vigia
