// Strong types for the numbers that must not be mixed up.
#pragma once

#include <compare>
#include <cstdint>

namespace vigia {

template <class T, class Tag>
struct Strong {
  T value{};
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
};

using PartitionId = Strong<std::int32_t, struct PartitionTag>;
using Offset = Strong<std::int64_t, struct OffsetTag>;
using KeyHash = Strong<std::uint64_t, struct KeyHashTag>;
using Revision = Strong<std::uint32_t, struct RevisionTag>;
using TopicIndex = Strong<std::uint16_t, struct TopicTag>;  // position in the pipeline's list of sources

// Milliseconds since the Unix epoch, UTC, or a length in milliseconds. The name of a variable says whose time it is:
// event_ms (device or trip), broker_ms (the record's timestamp), clock_ms (the stage clock).
using TimeMs = std::int64_t;

inline constexpr TimeMs no_time_ms = INT64_MIN;  // "never yet"
inline constexpr TimeMs never_ms = INT64_MAX;    // "not any more"

}  // namespace vigia
