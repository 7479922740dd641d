// The simulator's dice: the same numbers from the same seed with every compiler and library, which <random>'s
// distributions do not promise.
#pragma once

#include <cstdint>

namespace vigia {

class SimulatedRandom {
 public:
  explicit SimulatedRandom(std::uint64_t seed) : state_(seed) {}

  // splitmix64
  [[nodiscard]] std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  // In [0, 1).
  [[nodiscard]] double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  [[nodiscard]] double between(double low, double high) { return low + (high - low) * unit(); }
  [[nodiscard]] std::int64_t between_ms(std::int64_t low_ms, std::int64_t high_ms) {
    return low_ms + static_cast<std::int64_t>(unit() * static_cast<double>(high_ms - low_ms));
  }
  [[nodiscard]] bool chance(double probability) { return unit() < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace vigia
