// What the seals of a chaos run send: endless, dense in alerts, and a function of the seed alone. Seals lose their
// coverage and then send the newest message first and the backlog behind it in any order; gateways repeat themselves.
// Everything comes within its time, so the Order law holds for all of it. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/integration/kafka_test_client.h"

namespace vigia::test {

constexpr TimeMs load_start_ms = 1'700'005'200'000;  // 2023-11-14T23:40Z: a day is soon over
constexpr TimeMs tick_ms = 30'000;                   // between two messages of a seal, in the time of the load

// Dice that fall the same with every library.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  // From 0 to sides - 1.
  [[nodiscard]] std::uint64_t roll(std::uint64_t sides) { return engine_() % sides; }
  [[nodiscard]] bool one_in(std::uint64_t sides) { return roll(sides) == 0; }
  [[nodiscard]] int between(int low, int high) {
    return low + static_cast<int>(roll(static_cast<std::uint64_t>(high - low + 1)));
  }

 private:
  std::mt19937_64 engine_;
};

struct LoadOptions {
  std::uint64_t seed = 1;
  int seals = 40;
  std::int32_t partitions = 2;
};

// What reaches the two topics at one time, in this order: trips first.
struct LoadTick {
  std::vector<KafkaRecord> trips;
  std::vector<KafkaRecord> seals;
};

class LoadedSeal;

class Load {
 public:
  explicit Load(const LoadOptions& options);
  ~Load();

  [[nodiscard]] LoadTick next();
  // Instead of the next tick: every backlog comes out, and then one record in each partition of both topics at the same,
  // much later time. So the clocks of all tasks end where that of a replay ends.
  [[nodiscard]] LoadTick last();

  [[nodiscard]] TimeMs now_ms() const { return now_ms_; }  // broker time of the next tick

 private:
  LoadOptions options_;
  TimeMs now_ms_ = load_start_ms;
  std::vector<std::unique_ptr<LoadedSeal>> seals_;
};

// The GeoJSON that the load's trips drive on.
[[nodiscard]] std::string load_routes_geojson();

}  // namespace vigia::test
