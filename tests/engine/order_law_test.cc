// The order law on the engine itself: the final alerts of a key depend only on the set of its events.
#include <gtest/gtest.h>

#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

void expect_recomputed(const RandomLines& made, const RunOptions& options, std::uint64_t seed) {
  const auto result = run(made.lines, options);
  EXPECT_EQ(final_alerts(result.revisions), recompute(made.lines, options.until_ms))
      << "seed " << seed << ", batch " << options.batch << ", threads " << options.threads << ", restarts "
      << options.restart_each_epoch;
  EXPECT_EQ(broken_life_cycle(result.revisions), "") << "seed " << seed;
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.account.too_late, 0u) << "seed " << seed;
  EXPECT_TRUE(result.account.adds_up());
}

void try_seeds(Arrival arrival, std::uint64_t seeds) {
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    const auto made = make_random_lines(arrival, seed);
    for (const std::size_t batch : {1u, 32u, 1024u}) {
      const auto variant = seed + batch;
      expect_recomputed(made,
                        {.batch = batch,
                         .threads = batch > 1 && variant % 3 == 0 ? 8u : 1u,
                         .restart_each_epoch = variant % 5 == 0 && (batch > 1 || seed < 10),
                         .until_ms = made.until_ms,
                         .weak_hash = variant % 7 == 0},
                        seed);
    }
  }
}

TEST(OrderLaw, InOrder) { try_seeds(Arrival::in_order, 10); }
TEST(OrderLaw, BacklogsOfNumberedDevices) { try_seeds(Arrival::backlog, 40); }
TEST(OrderLaw, UnnumberedDevicesWithinTheLateness) { try_seeds(Arrival::unnumbered, 30); }

// Live first, then a backlog of a gap in descending order; in ascending order; in halves.
TEST(OrderLaw, AGapFilledFromEitherEnd) {
  std::vector<Line> live, backlog;
  for (std::uint32_t n = 1; n <= 300; ++n) {
    const auto time_ms = day_zero_ms + n * 10'000;
    const std::int64_t value = n % 40 < 5 ? 200 : 7;
    if (n > 100 && n <= 250)
      backlog.push_back(number_line("a", time_ms, n, value, 3'100'000 - n * 10'000, true));
    else
      live.push_back(number_line("a", time_ms, n, value));
  }
  auto all = live;
  all.insert(all.end(), backlog.begin(), backlog.end());
  const auto clock_ms = all.back().broker_ms;
  const auto expected = recompute(all, clock_ms);
  EXPECT_FALSE(expected.empty());
  for (const std::size_t batch : {1u, 7u, 1024u}) {
    EXPECT_EQ(final_alerts(run(all, {.batch = batch}).revisions), expected) << "ascending, batch " << batch;
    auto descending = live;
    descending.insert(descending.end(), backlog.rbegin(), backlog.rend());
    EXPECT_EQ(final_alerts(run(descending, {.batch = batch}).revisions), expected) << "descending, batch " << batch;
  }
}

// A limit that comes late changes what was found after its time.
TEST(OrderLaw, WhatHoldsFromBeforeRevisesWhatWasFound) {
  std::vector<Line> lines;
  for (std::uint32_t n = 1; n <= 20; ++n)
    lines.push_back(number_line("a", day_zero_ms + n * 1'000, n, n == 10 ? 120 : 7));
  EXPECT_EQ(final_alerts(run(lines).revisions).size(), 1u);
  auto limit = number_line("a", day_zero_ms + 5'000, 0, 150, 16'000);
  limit.topic = 1;
  lines.push_back(limit);
  const auto result = run(lines, {.batch = 1});
  EXPECT_TRUE(final_alerts(result.revisions).empty());
  ASSERT_FALSE(result.revisions.empty());
  EXPECT_EQ(result.revisions.back().status, schema::AlertStatus::withdrawn);
}

TEST(OrderLaw, AProvisionalAlertIsWithdrawnByTheBacklog) {
  std::vector<Line> lines{number_line("a", day_zero_ms, 1, 7), number_line("b", day_zero_ms + 200'000, 1, 7),
                          number_line("a", day_zero_ms + 210'000, 5, 7)};
  const auto raised = run(lines, {.batch = 1});
  ASSERT_FALSE(raised.revisions.empty());
  EXPECT_EQ(raised.revisions.front().status, schema::AlertStatus::provisional);
  EXPECT_EQ(raised.revisions.front().detected_ms, day_zero_ms + quiet_ms);
  for (std::uint32_t n = 2; n <= 4; ++n)
    lines.push_back(number_line("a", day_zero_ms + n * 50'000, n, 7, 220'000, true));
  EXPECT_EQ(final_alerts(run(lines, {.batch = 1}).revisions), recompute(lines, lines.back().broker_ms));
}

}  // namespace
}  // namespace vigia::counting
