// Which partition a key belongs to, by the partitioners that Kafka clients use. Never negative.
#pragma once

#include <cstdint>
#include <string_view>

namespace vigia {

// Java's default and librdkafka's murmur2, murmur2_random.
[[nodiscard]] std::uint32_t murmur2(std::string_view key);
// librdkafka's default: consistent, consistent_random.
[[nodiscard]] std::uint32_t crc32(std::string_view key);
// Sarama's default.
[[nodiscard]] std::uint32_t fnv1a(std::string_view key);

[[nodiscard]] std::int32_t murmur2_partition(std::string_view key, std::int32_t partitions);
[[nodiscard]] std::int32_t crc32_partition(std::string_view key, std::int32_t partitions);
[[nodiscard]] std::int32_t fnv1a_partition(std::string_view key, std::int32_t partitions);

}  // namespace vigia
