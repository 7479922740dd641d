// Opening hours as text: "Mon-Fri 06:00-20:00, Sat 08:00-12:00". Local time; an end at or before its start runs past
// midnight and belongs to the day it began.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/identity.h"

namespace vigia {

// A span of minutes since the week began (Monday 00:00), start inclusive, end exclusive. An end beyond the week's 10080
// minutes is that of the week after.
struct OpenSpan {
  std::int32_t start_min = 0;
  std::int32_t end_min = 0;
  friend bool operator==(const OpenSpan&, const OpenSpan&) = default;
};

// Days are Mon to Sun, in ranges that may wrap ("Sat-Mon"); times are 00:00 to 24:00. Nothing when the text is not so,
// or empty.
[[nodiscard]] std::optional<std::vector<OpenSpan>> parse_opening_hours(std::string_view text);

// Whether a moment by the local clock (operators/local_days.h) lies in one of the spans; no spans: always.
[[nodiscard]] bool is_open_at(const std::vector<OpenSpan>& spans, TimeMs local_ms);

// For "expected".
inline constexpr std::string_view opening_hours_form = "hours such as \"Mon-Fri 06:00-20:00, Sat 08:00-12:00\"";

}  // namespace vigia
