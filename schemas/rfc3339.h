// Times as text: RFC 3339, as JSON of other systems and the headers of our records have them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

// Milliseconds since 1970, UTC; finer fractions are cut off. Also takes an offset without its colon ("+0000") and one of
// hours alone. Nothing: it is no such time.
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text);

// "2023-11-14T22:13:20.123Z", always with milliseconds.
[[nodiscard]] std::string format_rfc3339(std::int64_t time_ms);

}  // namespace vigia
