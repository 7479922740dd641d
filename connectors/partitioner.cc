#include "connectors/partitioner.h"

#include <array>
#include <cstdlib>

namespace vigia {

namespace {

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xedb88320U ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  return table;
}

std::uint32_t byte_at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

}  // namespace

std::uint32_t murmur2(std::string_view key) {
  constexpr std::uint32_t m = 0x5bd1e995U;
  std::uint32_t hash = 0x9747b28cU ^ static_cast<std::uint32_t>(key.size());
  std::size_t i = 0;
  for (; i + 4 <= key.size(); i += 4) {
    std::uint32_t k =
        byte_at(key, i) | byte_at(key, i + 1) << 8 | byte_at(key, i + 2) << 16 | byte_at(key, i + 3) << 24;
    k *= m;
    k ^= k >> 24;
    k *= m;
    hash *= m;
    hash ^= k;
  }
  const std::size_t left = key.size() - i;
  if (left >= 3) hash ^= byte_at(key, i + 2) << 16;
  if (left >= 2) hash ^= byte_at(key, i + 1) << 8;
  if (left >= 1) {
    hash ^= byte_at(key, i);
    hash *= m;
  }
  hash ^= hash >> 13;
  hash *= m;
  hash ^= hash >> 15;
  return hash;
}

std::uint32_t crc32(std::string_view key) {
  static constexpr auto table = crc_table();
  std::uint32_t value = 0xffffffffU;
  for (std::size_t i = 0; i < key.size(); ++i) value = table[(value ^ byte_at(key, i)) & 0xffU] ^ (value >> 8);
  return value ^ 0xffffffffU;
}

std::uint32_t fnv1a(std::string_view key) {
  std::uint32_t hash = 0x811c9dc5U;
  for (std::size_t i = 0; i < key.size(); ++i) hash = (hash ^ byte_at(key, i)) * 0x01000193U;
  return hash;
}

std::int32_t murmur2_partition(std::string_view key, std::int32_t partitions) {
  return static_cast<std::int32_t>((murmur2(key) & 0x7fffffffU) % static_cast<std::uint32_t>(partitions));
}

std::int32_t crc32_partition(std::string_view key, std::int32_t partitions) {
  return static_cast<std::int32_t>(crc32(key) % static_cast<std::uint32_t>(partitions));
}

// The hash counts as signed and the remainder loses its sign.
std::int32_t fnv1a_partition(std::string_view key, std::int32_t partitions) {
  const auto hash = static_cast<std::int64_t>(static_cast<std::int32_t>(fnv1a(key)));
  return static_cast<std::int32_t>(std::llabs(hash) % partitions);
}

}  // namespace vigia
