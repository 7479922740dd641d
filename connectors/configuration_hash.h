// The name of a configuration: the hash of what it means (connectors/configuration.h).
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include <fmt/format.h>

namespace vigia {

struct ConfigurationHash {
  std::uint64_t value = 0;  // 0: not known; of entries and snapshots from before configurations had names

  [[nodiscard]] bool is_known() const { return value != 0; }
  [[nodiscard]] std::string text() const { return fmt::format("{:016x}", value); }
  friend auto operator<=>(const ConfigurationHash&, const ConfigurationHash&) = default;
};

}  // namespace vigia
