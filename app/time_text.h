// Times as people write and read them, in a time zone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/identity.h"

namespace vigia {

// "2026-03-04 07:15:30"; "-" for no time. An unknown zone counts as UTC.
[[nodiscard]] std::string format_time(TimeMs time_ms, const std::string& zone);

// A length of time in at most two units: "906 ms", "45 s", "19 min 3 s", "2 h 5 min", "1 d 4 h".
[[nodiscard]] std::string length_words(TimeMs length_ms);

// Milliseconds since 1970 ("1772600400000"), or a date with or without a time ("2026-03-04", "2026-03-04T07:15",
// "2026-03-04 07:15:30"), in the zone, or in UTC with a Z at the end.
[[nodiscard]] std::optional<TimeMs> parse_time(std::string_view text, const std::string& zone);

// What to say of a text that it can't read.
[[nodiscard]] std::string no_time_words(std::string_view text);

}  // namespace vigia
