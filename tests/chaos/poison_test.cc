// Records that make no sense among the good ones, while the engine dies.
#include <fmt/format.h>

#include <algorithm>

#include "chaos_test.h"

namespace vigia::test {
namespace {

using PoisonTest = ChaosTest;

TEST_F(PoisonTest, OfNoBytesAndOfTenMegabytesEachADeadLetterOnce) {
  begin();
  const std::vector<std::optional<std::string>> bad{"", "{", std::nullopt, std::string(10'000'000, 'x'),
                                                    R"({"device_time_ms":1})"};
  int number = 0;
  for (int round = 0; round < 3; ++round) {
    for (const auto& value : bad) {
      for (const auto* name : {"seals", "trips"}) {
        kafka().produce(topic(name), {{.key = fmt::format("{}-{}", poison_key, number++),
                                       .value = value,
                                       .headers = {},
                                       .timestamp_ms = feeder().now_ms()}});
      }
    }
    ASSERT_TRUE(progress(1 + dice().roll(20))) << engine().log_of_this_life();
    engine().kill();
    engine().start();
  }
  judge();
}

// Somebody sets the group's offsets back, with a tool that knows nothing of the journal, while the engine is down.
TEST_F(PoisonTest, OffsetsThatAreRewoundByHand) {
  begin();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(progress(20 + dice().roll(40))) << engine().log_of_this_life();
    engine().kill();
    for (const auto* name : {"seals", "trips"}) {
      auto offsets = kafka().committed(application(), topic(name), 2);
      for (auto& [partition, offset] : offsets)
        offset = static_cast<std::int64_t>(dice().roll(static_cast<std::size_t>(std::max<std::int64_t>(1, offset))));
      kafka().commit(application(), topic(name), offsets);
    }
    engine().start();
  }
  judge();
}

}  // namespace
}  // namespace vigia::test
