// Names that the events of a key have used: of providers, zones, classes. Within the key each has a code, in the order in which
// they were first heard: a kept event holds the code, and findings the hash, which does not depend on that order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <xxhash.h>

#include "engine/bytes.h"

namespace vigia {

// Never 0, which is nobody.
[[nodiscard]] inline std::uint32_t name_hash(std::string_view name) {
  const auto hash = static_cast<std::uint32_t>(XXH3_64bits(name.data(), name.size()));
  return name.empty() ? 0 : hash == 0 ? 1 : hash;
}

class NumberedNames {
 public:
  static constexpr std::uint8_t codes_max = 255;  // what comes after them counts as nobody

  // From 1 on; a new one for a name not heard before.
  std::uint8_t code_of(std::uint32_t hash, std::string_view name) {
    for (std::size_t i = 0; i < known_.size(); ++i)
      if (known_[i].hash == hash) return static_cast<std::uint8_t>(i + 1);
    if (known_.size() == codes_max) return 0;
    known_.push_back({hash, std::string(name)});
    return static_cast<std::uint8_t>(known_.size());
  }
  [[nodiscard]] std::size_t count() const { return known_.size(); }
  [[nodiscard]] std::uint32_t hash_of(std::uint8_t code) const {
    return code == 0 || code > known_.size() ? 0 : known_[code - 1u].hash;
  }
  [[nodiscard]] std::string_view name_at(std::uint8_t code) const {
    return code == 0 || code > known_.size() ? std::string_view() : std::string_view(known_[code - 1u].name);
  }
  [[nodiscard]] std::string_view name_of(std::uint32_t hash) const {
    for (const auto& known : known_)
      if (known.hash == hash) return known.name;
    return {};
  }

  [[nodiscard]] std::size_t memory_bytes() const {
    auto bytes = known_.capacity() * sizeof(Known);
    for (const auto& known : known_) bytes += known.name.capacity() > 15 ? known.name.capacity() + 1 : 0;
    return bytes;
  }
  void write(ByteWriter& out) const {
    out.put(static_cast<std::uint8_t>(known_.size()));
    for (const auto& known : known_) out.put_text(known.name);
  }
  void read(ByteReader& in) {
    for (auto count = in.get<std::uint8_t>(); count > 0 && !in.failed; --count) {
      const auto name = in.get_text();
      known_.push_back({name_hash(name), std::string(name)});
    }
  }

 private:
  struct Known {
    std::uint32_t hash = 0;
    std::string name;
  };
  std::vector<Known> known_;
};

}  // namespace vigia
