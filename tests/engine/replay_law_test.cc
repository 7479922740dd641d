// The replay law on the engine itself: the same epochs give the same bytes; other epochs the same final alerts.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

TEST(ReplayLaw, TheSameEpochsGiveTheSameBytes) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const auto made = make_random_lines(seed % 3 == 0 ? Arrival::unnumbered : Arrival::backlog, seed, 12, 60);
    for (const std::size_t batch : {1u, 32u, 1024u}) {
      if (batch == 1 && seed > 1) continue;  // an epoch a record is slow on many threads
      const RunOptions plain{.batch = batch, .until_ms = made.until_ms};
      const auto expected = run(made.lines, plain);
      EXPECT_FALSE(expected.bytes.empty());
      for (const unsigned threads : {1u, 2u, 8u})
        for (const bool restarts : {false, true}) {
          auto options = plain;
          options.threads = threads;
          options.restart_each_epoch = restarts;
          const auto got = run(made.lines, options);
          ASSERT_TRUE(got.bytes == expected.bytes)
              << "seed " << seed << ", batch " << batch << ", threads " << threads << ", restarts " << restarts;
          EXPECT_EQ(got.account, expected.account);
          EXPECT_EQ(got.rejected, expected.rejected);
          EXPECT_EQ(got.described, expected.described)
              << "seed " << seed << ", batch " << batch << ", threads " << threads << ", restarts " << restarts;
        }
    }
  }
}

// Whatever devices do: bad clocks, counters that begin again, numbers left out, second deliveries, what comes too late, and
// all of it at the same moments.
std::vector<Line> ill_lines(std::uint64_t seed) {
  auto lines = make_random_lines(seed % 2 ? Arrival::backlog : Arrival::unnumbered, seed, 12, 60).lines;
  std::mt19937_64 random(seed);
  const auto some = [&](int percent) { return static_cast<int>(random() % 100) < percent; };
  const auto count = lines.size();
  for (std::size_t i = 0; i < count; ++i) {
    long long time_ms = 0, value = 0;
    unsigned sequence = 0;
    char buffered[16] = "";
    EXPECT_GE(std::sscanf(lines[i].value.c_str(), "%lld,%u,%lld%15s", &time_ms, &sequence, &value, buffered), 3);
    if (some(5)) sequence = 0;
    if (some(2)) sequence %= 50;
    if (some(4)) time_ms += (some(50) ? 48 : -48) * hour_ms;
    lines[i].value = fmt::format("{},{},{}{}", time_ms, sequence, value, buffered);
    if (some(2)) lines[i].value = "rubbish";
    if (some(4)) lines[i].broker_ms += static_cast<TimeMs>(random() % 40) * hour_ms;
    if (some(8)) lines.push_back(lines[i]), lines.back().broker_ms += static_cast<TimeMs>(random() % 2'000'000);
  }
  for (auto& line : lines) line.broker_ms = (line.broker_ms / 20'000 + 1) * 20'000;
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.broker_ms < b.broker_ms; });
  return lines;
}

TEST(ReplayLaw, TheSameEpochsOfIllInputGiveTheSameBytes) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const auto lines = ill_lines(seed);
    const std::size_t batch = seed % 3 == 0 ? 5 : 40;
    const auto expected = run(lines, {.batch = batch});
    EXPECT_GT(expected.account.too_late, 0u);
    EXPECT_GT(expected.account.duplicate, 0u);
    for (const unsigned threads : {1u, 2u, 8u})
      for (const bool restarts : {false, true}) {
        if (threads == 8 && batch == 5) continue;
        const auto got = run(lines, {.batch = batch, .threads = threads, .restart_each_epoch = restarts});
        const auto how = fmt::format("seed {}, batch {}, threads {}, restarts {}", seed, batch, threads, restarts);
        EXPECT_TRUE(got.bytes == expected.bytes) << how;
        EXPECT_EQ(got.account, expected.account) << how;
        EXPECT_EQ(got.rejected, expected.rejected) << how;
        EXPECT_EQ(got.described, expected.described) << how;
      }
  }
}

// The newest event has a number that its run does not explain; the next begins another run.
TEST(ReplayLaw, ARestartBetweenAFaultyClockAndANewCounter) {
  std::vector<Line> lines{
      number_line("a", day_zero_ms, 100, 7), number_line("a", day_zero_ms + 48 * hour_ms, 3, 7, -48 * hour_ms + 5'000),
      number_line("a", day_zero_ms + 10'000, 1, 7), number_line("a", day_zero_ms + 10'000, 1, 7, 1'000)};
  for (const bool restarts : {false, true}) {
    const auto account = run(lines, {.batch = 1, .restart_each_epoch = restarts}).account;
    EXPECT_EQ(account.applied, 3u) << "restarts " << restarts;
    EXPECT_EQ(account.duplicate, 1u) << "restarts " << restarts;
  }
}

TEST(ReplayLaw, OtherEpochsGiveTheSameFinalAlerts) {
  for (std::uint64_t seed = 101; seed <= 120; ++seed) {
    const auto made = make_random_lines(Arrival::backlog, seed);
    const auto expected = final_alerts(run(made.lines, {.batch = 1, .until_ms = made.until_ms}).revisions);
    for (const std::size_t batch : {3u, 50u, 100'000u})
      EXPECT_EQ(final_alerts(run(made.lines, {.batch = batch, .until_ms = made.until_ms}).revisions), expected)
          << "seed " << seed << ", batch " << batch;
  }
}

// An epoch may span more than the horizon: what ended before it is told all the same.
TEST(ReplayLaw, AnEpochLongerThanTheHorizon) {
  std::vector<Line> lines;
  for (std::uint32_t n = 1; n <= 400; ++n)
    lines.push_back(number_line("a", day_zero_ms + n * 15 * 60'000LL, n, n % 20 < 2 ? 200 : 7));
  const auto expected = final_alerts(run(lines, {.batch = 1}).revisions);
  EXPECT_EQ(expected, recompute(lines, lines.back().broker_ms));
  for (const std::size_t batch : {10u, 100u, 1024u})
    EXPECT_EQ(final_alerts(run(lines, {.batch = batch}).revisions), expected) << batch;
}

TEST(ReplayLaw, SomethingOlderThanTheHorizonIsNeitherToldAgainNorWithdrawn) {
  std::vector<Line> lines{number_line("a", day_zero_ms, 1, spike_value), number_line("a", day_zero_ms + 1'000, 2, 200),
                          number_line("a", day_zero_ms + 2'000, 3, 7)};
  std::uint32_t sequence = 4;
  for (const TimeMs later_ms : {25 * hour_ms, 25 * hour_ms + 90'000, 26 * hour_ms, 50 * hour_ms, 51 * hour_ms})
    for (int i = 0; i < 60; ++i)
      lines.push_back(number_line("a", day_zero_ms + later_ms + i * 1'000, sequence++, i % 9 == 0 ? 300 : 7));
  for (const std::size_t batch : {1u, 13u, 1024u})
    for (const bool restarts : {false, true}) {
      const auto result = run(lines, {.batch = batch, .restart_each_epoch = restarts});
      EXPECT_EQ(broken_life_cycle(result.revisions), "") << "batch " << batch;
      EXPECT_EQ(final_alerts(result.revisions), recompute(lines, lines.back().broker_ms)) << "batch " << batch;
    }
}

}  // namespace
}  // namespace vigia::counting
