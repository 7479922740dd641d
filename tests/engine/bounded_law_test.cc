// The bounded law on the engine itself: what is kept is accounted for, and no more is kept than late data may need.
#include <gtest/gtest.h>

#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

constexpr TimeMs second_ms = 1'000;

unsigned kept(const RunResult& result, const std::string& key) {
  unsigned owed = 0, events = 0;
  EXPECT_EQ(std::sscanf(result.described.at(key).c_str(), "owed %u kept %u", &owed, &events), 2);
  return events;
}

// A day of one message each 10 s.
std::vector<Line> a_day(const std::string& key, std::uint32_t missing = 0) {
  std::vector<Line> lines;
  for (std::uint32_t n = 1; n <= 8640; ++n)
    if (n != missing) lines.push_back(number_line(key, day_zero_ms + n * 10 * second_ms, n, 7));
  return lines;
}

TEST(BoundedLaw, WithoutGapsNoMoreThanTheAllowedLateness) {
  const auto lines = a_day("a");
  for (const std::size_t batch : {1u, 100u}) {
    const auto result = run(lines, {.batch = batch});
    // Ten minutes, a minute for disorder between brokers, and two blocks that are not full.
    EXPECT_LE(kept(result, "a"), 66u + 2 * HistoryBlock::full);
    EXPECT_GE(kept(result, "a"), 60u);
  }
}

TEST(BoundedLaw, AGapKeepsTheHistoryUntilItIsFilled) {
  auto lines = a_day("a", 5000);
  EXPECT_GE(kept(run(lines, {.batch = 100}), "a"), 8640u - 5000);
  lines.push_back(number_line("a", day_zero_ms + 50'000 * second_ms, 5000, 7, 40'000 * second_ms, true));
  for (std::uint32_t n = 8641; n < 8900; ++n) lines.push_back(number_line("a", day_zero_ms + n * 10 * second_ms + 40'000 * second_ms, n, 7));
  EXPECT_LE(kept(run(lines, {.batch = 100}), "a"), 66u + 2 * HistoryBlock::full);
}

TEST(BoundedLaw, AGapKeepsTheHistoryNoLongerThanTheHorizon) {
  const LatenessSettings two_hours{2 * hour_ms, 600'000, 300'000};
  const auto result = run(a_day("a", 1000), {.batch = 100, .lateness = two_hours});
  EXPECT_LE(kept(result, "a"), 66u + 2 * HistoryBlock::full);
  const auto recent = run(a_day("a", 8500), {.batch = 100, .lateness = two_hours});
  EXPECT_GE(kept(recent, "a"), 140u);
}

TEST(BoundedLaw, UnnumberedDevicesAndFaultyClocksCostNoMoreThanTheAllowedLateness) {
  std::vector<Line> unnumbered, faulty;
  for (std::uint32_t n = 1; n <= 8640; ++n) {
    unnumbered.push_back(number_line("a", day_zero_ms + n * 10 * second_ms, 0, 7));
    faulty.push_back(number_line("a", day_zero_ms + n * 10 * second_ms + 48 * hour_ms, n, 7, -48 * hour_ms));
  }
  for (const auto* lines : {&unnumbered, &faulty}) {
    const auto day = run(*lines, {.batch = 50});
    EXPECT_LE(kept(day, "a"), 66u + 3 * HistoryBlock::full);
    const auto tenth = run({lines->begin(), lines->begin() + 864}, {.batch = 50});
    EXPECT_LE(day.memory_bytes, tenth.memory_bytes + tenth.memory_bytes / 4) << "ten times the events, the same memory";
  }
}

TEST(BoundedLaw, MemoryIsThatOfTheKeysNotOfTheInput) {
  const auto with_keys = [](int keys, std::uint32_t events) {
    std::vector<Line> lines;
    for (std::uint32_t n = 1; n <= events; ++n)
      for (int key = 0; key < keys; ++key) lines.push_back(number_line("device-" + std::to_string(key), day_zero_ms + n * 30 * second_ms, n, 7));
    return run(lines, {.batch = 4096}).memory_bytes;
  };
  const auto few = with_keys(500, 60), long_run = with_keys(500, 240), many = with_keys(4'000, 60);
  EXPECT_LT(long_run, few + few / 2) << "four times the input of the same keys";
  EXPECT_GT(many, 2 * few) << "memory_bytes follows what is kept";
  EXPECT_LT(many, 16 * few);
}

TEST(BoundedLaw, HistoryAlertsAndLimitsAreAccountedFor) {
  const auto empty_bytes = run({number_line("a", day_zero_ms, 1, 7)}).memory_bytes;
  std::vector<Line> gap{number_line("a", day_zero_ms, 1, 7)};
  for (std::uint32_t n = 3; n < 3'003; ++n) gap.push_back(number_line("a", day_zero_ms + n * second_ms, n, 7));
  EXPECT_GT(run(gap, {.batch = 1}).memory_bytes, empty_bytes + 3'000 * sizeof(HistoryEntry));
  std::vector<Line> alarms;
  for (std::uint32_t n = 1; n < 1'001; ++n) alarms.push_back(number_line("a", day_zero_ms + n * second_ms, n, spike_value));
  EXPECT_GT(run(alarms, {.batch = 1}).memory_bytes, empty_bytes + 1'000 * (sizeof(Candidate) + sizeof(ToldAlert)));
}

TEST(BoundedLaw, WhatIsOlderThanTheHorizonIsForgotten) {
  const LatenessSettings two_hours{2 * hour_ms, 600'000, 300'000};
  const auto spikes_for = [&](int hours) {
    std::vector<Line> lines;
    for (std::uint32_t n = 1; n <= static_cast<std::uint32_t>(hours) * 360; ++n)
      lines.push_back(number_line("a", day_zero_ms + n * 10 * second_ms, n, n % 6 == 0 ? spike_value : 7));
    return run(lines, {.batch = 64, .lateness = two_hours}).memory_bytes;
  };
  EXPECT_LT(spikes_for(24), spikes_for(6) * 3 / 2);
}

// What was accounted for is what there is: after a restart it is counted anew.
TEST(BoundedLaw, TheAccountOfMemoryDoesNotDrift) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto made = make_random_lines(Arrival::backlog, seed, 6, 200);
    const auto on = run(made.lines, {.batch = 20}).memory_bytes;
    const auto restarted = run(made.lines, {.batch = 20, .restart_each_epoch = true}).memory_bytes;
    EXPECT_NEAR(static_cast<double>(on), static_cast<double>(restarted), static_cast<double>(on) * 0.2) << "seed " << seed;
  }
}

}  // namespace
}  // namespace vigia::counting
