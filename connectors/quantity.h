// Durations and sizes as configuration files write them: an integer and a unit, nothing between.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/identity.h"

namespace vigia {

// "15m" is 900000. Units: ms s m h d. Nothing when it is not a duration or does not fit in 64 bits.
[[nodiscard]] std::optional<TimeMs> parse_duration(std::string_view text);

// "2GiB" is 2147483648. Units: KiB MiB GiB.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);

// The same the other way, in the largest unit that loses nothing: "15m", "90s", "0ms", "2GiB". Not negative.
[[nodiscard]] std::string format_duration(TimeMs duration_ms);
[[nodiscard]] std::string format_size(std::int64_t size_bytes);

}  // namespace vigia
