// Names of which findings hold only a hash: of holders, tracks. Each is kept until it has not been heard for as long as findings
// are.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/bytes.h"
#include "engine/identity.h"

namespace vigia {

class HeardNames {
 public:
  // True: it is new. Those that have not been heard for keep_ms may go.
  bool hear(std::uint64_t hash, std::string_view name, TimeMs at_ms, TimeMs keep_ms) {
    if (known_.size() >= trim_at_) {
      trim(at_ms - keep_ms);
      trim_at_ = 2 * known_.size() + first_trim;
    }
    const auto at = place_of(hash);
    if (at != known_.end() && at->hash == hash) {
      at->heard_ms = std::max(at->heard_ms, at_ms);
      return false;
    }
    known_.insert(at, {hash, at_ms, std::string(name)});
    return true;
  }
  // Empty: not known.
  [[nodiscard]] std::string_view name_of(std::uint64_t hash) const {
    const auto at = const_cast<HeardNames*>(this)->place_of(hash);
    return at == known_.end() || at->hash != hash ? std::string_view() : std::string_view(at->name);
  }
  void trim(TimeMs before_ms) {
    std::erase_if(known_, [&](const Known& known) { return known.heard_ms < before_ms; });
  }

  [[nodiscard]] std::size_t memory_bytes() const {
    auto bytes = known_.capacity() * sizeof(Known);
    for (const auto& known : known_) bytes += known.name.capacity() > 15 ? known.name.capacity() + 1 : 0;
    return bytes;
  }
  void write(ByteWriter& out) const {
    out.put(static_cast<std::uint32_t>(known_.size()));
    for (const auto& known : known_) {
      out.put(known.hash);
      out.put(known.heard_ms);
      out.put_text(known.name);
    }
  }
  void read(ByteReader& in) {
    for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
      const auto hash = in.get<std::uint64_t>();
      const auto heard_ms = in.get<TimeMs>();
      known_.push_back({hash, heard_ms, std::string(in.get_text())});
    }
  }

 private:
  static constexpr std::size_t first_trim = 64;
  struct Known {
    std::uint64_t hash = 0;
    TimeMs heard_ms = 0;
    std::string name;
  };
  std::vector<Known>::iterator place_of(std::uint64_t hash) {
    return std::ranges::lower_bound(known_, hash, {}, &Known::hash);
  }

  std::vector<Known> known_;          // sorted by hash
  std::size_t trim_at_ = first_trim;  // when there are so many
};

}  // namespace vigia
