// The seeds that random tests go through.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <utility>

namespace vigia::scenarios {

// VIGIA_SEEDS=first-last hunts further than a test should take.
inline std::pair<std::uint64_t, std::uint64_t> seeds(std::uint64_t last) {
  std::uint64_t first = 1;
  if (const char* wanted = std::getenv("VIGIA_SEEDS")) {
    char* rest = nullptr;
    first = last = std::strtoull(wanted, &rest, 10);
    if (*rest == '-') last = std::strtoull(rest + 1, nullptr, 10);
  }
  return {first, last};
}

}  // namespace vigia::scenarios
