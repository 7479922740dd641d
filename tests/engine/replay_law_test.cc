// The replay law on the engine itself: the same epochs give the same bytes; other epochs the same final alerts.
#include <gtest/gtest.h>

#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

TEST(ReplayLaw, TheSameEpochsGiveTheSameBytes) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const auto made = make_random_lines(seed % 3 == 0 ? Arrival::unnumbered : Arrival::backlog, seed, 12, 60);
    for (const std::size_t batch : {1u, 32u, 1024u}) {
      if (batch == 1 && seed > 1) continue;   // an epoch a record is slow on many threads
      const RunOptions plain{.batch = batch, .until_ms = made.until_ms};
      const auto expected = run(made.lines, plain);
      EXPECT_FALSE(expected.bytes.empty());
      for (const unsigned threads : {1u, 2u, 8u})
        for (const bool restarts : {false, true}) {
          auto options = plain;
          options.threads = threads;
          options.restart_each_epoch = restarts;
          const auto got = run(made.lines, options);
          ASSERT_TRUE(got.bytes == expected.bytes) << "seed " << seed << ", batch " << batch << ", threads " << threads << ", restarts " << restarts;
          EXPECT_EQ(got.account, expected.account);
          EXPECT_EQ(got.rejected, expected.rejected);
        }
    }
  }
}

TEST(ReplayLaw, OtherEpochsGiveTheSameFinalAlerts) {
  for (std::uint64_t seed = 101; seed <= 120; ++seed) {
    const auto made = make_random_lines(Arrival::backlog, seed);
    const auto expected = final_alerts(run(made.lines, {.batch = 1, .until_ms = made.until_ms}).revisions);
    for (const std::size_t batch : {3u, 50u, 100'000u})
      EXPECT_EQ(final_alerts(run(made.lines, {.batch = batch, .until_ms = made.until_ms}).revisions), expected) << "seed " << seed << ", batch " << batch;
  }
}

// An epoch may span more than the horizon: what ended before it is told all the same.
TEST(ReplayLaw, AnEpochLongerThanTheHorizon) {
  std::vector<Line> lines;
  for (std::uint32_t n = 1; n <= 400; ++n) lines.push_back(number_line("a", day_zero_ms + n * 15 * 60'000LL, n, n % 20 < 2 ? 200 : 7));
  const auto expected = final_alerts(run(lines, {.batch = 1}).revisions);
  EXPECT_EQ(expected, recompute(lines, lines.back().broker_ms));
  for (const std::size_t batch : {10u, 100u, 1024u}) EXPECT_EQ(final_alerts(run(lines, {.batch = batch}).revisions), expected) << batch;
}

TEST(ReplayLaw, SomethingOlderThanTheHorizonIsNeitherToldAgainNorWithdrawn) {
  std::vector<Line> lines{number_line("a", day_zero_ms, 1, spike_value), number_line("a", day_zero_ms + 1'000, 2, 200),
                          number_line("a", day_zero_ms + 2'000, 3, 7)};
  std::uint32_t sequence = 4;
  for (const TimeMs later_ms : {25 * hour_ms, 25 * hour_ms + 90'000, 26 * hour_ms, 50 * hour_ms, 51 * hour_ms})
    for (int i = 0; i < 60; ++i) lines.push_back(number_line("a", day_zero_ms + later_ms + i * 1'000, sequence++, i % 9 == 0 ? 300 : 7));
  for (const std::size_t batch : {1u, 13u, 1024u})
    for (const bool restarts : {false, true}) {
      const auto result = run(lines, {.batch = batch, .restart_each_epoch = restarts});
      EXPECT_EQ(broken_life_cycle(result.revisions), "") << "batch " << batch;
      EXPECT_EQ(final_alerts(result.revisions), recompute(lines, lines.back().broker_ms)) << "batch " << batch;
    }
}

}  // namespace
}  // namespace vigia::counting
