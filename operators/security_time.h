// The time of a security event: `@timestamp`, RFC 3339 or whole milliseconds.
#pragma once

#include <optional>
#include <string_view>

#include "engine/identity.h"

namespace vigia {

// "2026-03-05T10:00:00.123Z", with any number of decimals (what is below a millisecond is cut off) and any offset.
[[nodiscard]] std::optional<TimeMs> parse_rfc3339(std::string_view text);

}  // namespace vigia
