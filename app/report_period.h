// The time that a report is about, from what stands on the command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/identity.h"

namespace vigia {

struct ReportPeriod {
  TimeMs from_ms = 0, to_ms = 0;  // from the one, up to the other and without it

  [[nodiscard]] bool holds(TimeMs time_ms) const { return from_ms <= time_ms && time_ms < to_ms; }
  friend bool operator==(const ReportPeriod&, const ReportPeriod&) = default;
};

// As given; empty: not.
struct PeriodOptions {
  std::string day = {};            // "2026-03-04"
  std::string month = {};          // "2026-03"
  std::string from = {}, to = {};  // as parse_time reads them
};

// What a day is, and what is taken when no period is given: the last whole one of these.
enum class PeriodForm : std::uint8_t {
  day,            // midnight to midnight
  day_at_eight,   // the 24 hours before 08:00 of the day
  month,          // a day is midnight to midnight
  must_be_given,  // likewise
};

// One that is not over ends now. In `zone`, whose clock change days are shorter and longer. Empty: what is wrong was
// added to `errors`, all of it.
[[nodiscard]] std::optional<ReportPeriod> period_of(const PeriodOptions& options, PeriodForm form, TimeMs now_ms,
                                                    const std::string& zone, std::vector<std::string>& errors);

}  // namespace vigia
