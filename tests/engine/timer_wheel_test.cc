#include "engine/timer_wheel.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace vigia {
namespace {

using Fired = std::vector<std::pair<std::uint32_t, TimeMs>>;

Fired advance(TimerWheel& wheel, TimeMs clock_ms) {
  Fired fired;
  wheel.advance(clock_ms, [&](std::uint32_t record, TimeMs due_ms) { fired.push_back({record, due_ms}); });
  return fired;
}

TEST(TimerWheel, FiresWhatIsDueBeforeTheClock) {
  TimerWheel wheel;
  wheel.schedule(1, 1000);
  EXPECT_TRUE(advance(wheel, 999).empty());
  EXPECT_TRUE(advance(wheel, 1000).empty()) << "due at the clock is not due before it";
  EXPECT_EQ(advance(wheel, 1001), (Fired{{1, 1000}}));
  EXPECT_TRUE(advance(wheel, 5000).empty()) << "once";
}

TEST(TimerWheel, WithinOneSlotOnlyWhatIsDue) {
  TimerWheel wheel;
  for (std::uint32_t i = 0; i < 10; ++i) wheel.schedule(i, 2000 + i);
  EXPECT_EQ(advance(wheel, 2005).size(), 5u);
  EXPECT_EQ(advance(wheel, 2005).size(), 0u);
  EXPECT_EQ(advance(wheel, 2010).size(), 5u);
}

TEST(TimerWheel, TimesBeforeTheEpochAndFarAhead) {
  TimerWheel wheel;
  wheel.schedule(1, -5000);
  wheel.schedule(2, 4'000'000'000'000);
  EXPECT_EQ(advance(wheel, -4999), (Fired{{1, -5000}}));
  EXPECT_TRUE(advance(wheel, 4'000'000'000'000).empty());
  EXPECT_EQ(advance(wheel, 4'000'000'000'001).size(), 1u);
}

TEST(TimerWheel, WhatFiresMayScheduleAgain) {
  TimerWheel wheel;
  wheel.schedule(1, 100);
  int count = 0;
  wheel.advance(10'000, [&](std::uint32_t record, TimeMs due_ms) {
    if (++count < 5) wheel.schedule(record, due_ms + 1000);
  });
  EXPECT_EQ(count, 5);
}

// Against a plain list.
TEST(TimerWheel, RandomTimersFireOnceAndInTime) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    TimerWheel wheel;
    std::vector<std::pair<TimeMs, std::uint32_t>> waiting;
    TimeMs clock_ms = 0;
    for (std::uint32_t step = 0; step < 300; ++step) {
      const TimeMs due_ms = clock_ms + static_cast<TimeMs>(random() % 5000);
      wheel.schedule(step, due_ms);
      waiting.push_back({due_ms, step});
      clock_ms += static_cast<TimeMs>(random() % 700);
      auto fired = advance(wheel, clock_ms);
      Fired expected;
      std::erase_if(waiting, [&](const auto& timer) {
        if (timer.first < clock_ms) expected.push_back({timer.second, timer.first});
        return timer.first < clock_ms;
      });
      std::sort(fired.begin(), fired.end());
      std::sort(expected.begin(), expected.end());
      ASSERT_EQ(fired, expected) << "seed " << seed << ", clock " << clock_ms;
    }
  }
}

TEST(TimerWheel, GivesItsMemoryBack) {
  TimerWheel wheel;
  for (std::uint32_t i = 0; i < 10'000; ++i) wheel.schedule(i, i * 100);
  const auto full_bytes = wheel.memory_bytes();
  EXPECT_GT(full_bytes, 10'000u * 12);
  advance(wheel, 2'000'000);
  EXPECT_LT(wheel.memory_bytes(), full_bytes / 100);
}

}  // namespace
}  // namespace vigia
