// The account law: every event ends in exactly one of applied, duplicate, too late, dead letter; the counters add up and
// are part of the snapshot.
#include <map>

#include <gtest/gtest.h>

#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

constexpr TimeMs minute_ms = 60'000;

TEST(AccountLaw, OneOfEach) {
  const std::vector<Line> lines{
      number_line("a", day_zero_ms, 1, 7),                                // applied
      number_line("a", day_zero_ms, 1, 7, 5'000),                         // duplicate
      number_line("a", day_zero_ms + 1'000, 2, 7, 25 * hour_ms, true),    // too late: buffered, beyond the horizon
      number_line("u", day_zero_ms, 0, 7, 11 * minute_ms),                // too late: unnumbered
      number_line("u", day_zero_ms + 30 * hour_ms, 0, 7, -20 * hour_ms),  // a clock ahead: applied at broker time
      number_line("b", day_zero_ms, 9, 7, 25 * hour_ms),          // old without buffered: a clock fault, applied
      {"a", day_zero_ms + 26 * hour_ms, "no numbers at all", 0},  // dead letter
      {"a", day_zero_ms + 26 * hour_ms, "", 0},                   // dead letter
      {"c", day_zero_ms, "1772409600000,1,7;rubbish;1772409601000,2,7", 0},  // a batch: two applied, one dead letter
  };
  for (const std::size_t batch : {1u, 3u, 100u}) {
    const auto result = run(lines, {.batch = batch, .threads = 2});
    const auto& account = result.account;
    EXPECT_TRUE(account.adds_up());
    EXPECT_EQ(account.decoded, 9u);
    EXPECT_EQ(account.unreadable, 2u);
    EXPECT_EQ(account.applied, 5u);
    EXPECT_EQ(account.duplicate, 1u);
    EXPECT_EQ(account.too_late, 2u);
    EXPECT_EQ(account.dead_letter, 3u);
    const std::vector<Rejection> expected{{RejectKind::too_late, 2, -1},
                                          {RejectKind::too_late, 3, -1},
                                          {RejectKind::dead_letter, 6, -1},
                                          {RejectKind::dead_letter, 7, -1},
                                          {RejectKind::dead_letter, 8, 1}};
    EXPECT_EQ(result.rejected, expected) << "kept aside, in the order of the records";
  }
}

TEST(AccountLaw, TheBoundsAreExact) {
  const auto applied = [](const Line& line) {
    return run({number_line("a", day_zero_ms - 48 * hour_ms, 1, 7), line}).account.applied == 2;
  };
  EXPECT_TRUE(applied(number_line("a", day_zero_ms, 2, 7, 24 * hour_ms, true)));
  EXPECT_FALSE(applied(number_line("a", day_zero_ms, 2, 7, 24 * hour_ms + 1, true)));
  EXPECT_TRUE(applied(number_line("a", day_zero_ms, 0, 7, 10 * minute_ms)));
  EXPECT_FALSE(applied(number_line("a", day_zero_ms, 0, 7, 10 * minute_ms + 1)));
}

// Where the time was not taken as sent, the second delivery stands elsewhere than the first; it is a duplicate all the same.
TEST(AccountLaw, ASecondDeliveryIsADuplicateWhateverBecameOfItsTime) {
  const auto with_a_second = [](Line line, TimeMs later_ms) {
    std::vector<Line> lines{number_line("a", day_zero_ms, 1, 7), line};
    line.broker_ms += later_ms;
    lines.push_back(line);
    return lines;
  };
  auto limit = number_line("a", day_zero_ms, 0, 120, 2 * hour_ms);
  limit.topic = 1;
  for (const std::size_t batch : {1u, 100u})
    for (const auto& lines : {with_a_second(number_line("a", day_zero_ms + 48 * hour_ms, 2, 7, -48 * hour_ms), 5'000),
                              with_a_second(number_line("a", day_zero_ms - 48 * hour_ms, 2, 7, 49 * hour_ms), 5'000),
                              with_a_second(limit, 3 * hour_ms)}) {
      const auto account = run(lines, {.batch = batch}).account;
      EXPECT_EQ(account.applied, 2u) << lines.back().value;
      EXPECT_EQ(account.duplicate, 1u) << lines.back().value;
    }
}

// By its own record it comes in time, but the clock is further and its place has gone: too late, for it was never applied.
TEST(AccountLaw, WhatWasNeverAppliedIsNoDuplicate) {
  std::vector<Line> lines;
  for (std::uint32_t n = 0; n < 500; ++n) lines.push_back(number_line("a", day_zero_ms + n * 10'000, 100 + n, 7));
  lines.push_back(number_line("a", day_zero_ms - 5'000, 99, 7, 6'000));
  const auto account = run(lines, {.batch = 1}).account;
  EXPECT_EQ(account.applied, 500u);
  EXPECT_EQ(account.duplicate, 0u);
  EXPECT_EQ(account.too_late, 1u);
}

TEST(AccountLaw, AnAlarmIsNeverTooLate) {
  for (const std::uint32_t sequence : {0u, 2u}) {
    const std::vector<Line> lines{number_line("a", day_zero_ms + 25 * hour_ms, 1, 7),
                                  number_line("a", day_zero_ms, sequence, spike_value, 30 * hour_ms, true)};
    const auto result = run(lines, {.batch = 1});
    EXPECT_EQ(result.account.too_late, 0u);
    EXPECT_EQ(result.account.applied, 2u);
    const Final spike{"spike", "a", day_zero_ms, day_zero_ms, "confirmed"};
    const auto alerts = final_alerts(result.revisions);
    EXPECT_EQ(std::count(alerts.begin(), alerts.end(), spike), 1) << "judged by itself, at its own time";
  }
}

TEST(AccountLaw, WhatIsNotADevicesIsNeverTooLate) {
  std::vector<Line> lines;
  for (std::uint32_t n = 1; n < 300; ++n) lines.push_back(number_line("a", day_zero_ms + n * minute_ms, n, 120));
  lines.push_back(number_line("a", day_zero_ms, 0, 150, 299 * minute_ms));
  lines.back().topic = 1;
  const auto result = run(lines, {.batch = 10});
  EXPECT_EQ(result.account.too_late, 0u);
  EXPECT_EQ(result.account.applied, lines.size());
}

TEST(AccountLaw, RandomInputAddsUpInEveryEpochAndOverRestarts) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    auto made = make_random_lines(seed % 2 ? Arrival::backlog : Arrival::unnumbered, seed);
    std::mt19937_64 random(seed);
    for (auto& line : made.lines) {
      if (random() % 20 == 0) line.value = "rubbish";
      if (random() % 20 == 0)
        line.broker_ms += static_cast<TimeMs>(random() % 40) * hour_ms;  // far too late, some of them
      if (random() % 20 == 0) line.value += ";" + line.value + ";x";
    }
    std::stable_sort(made.lines.begin(), made.lines.end(),
                     [](const Line& a, const Line& b) { return a.broker_ms < b.broker_ms; });
    const auto result = run(made.lines, {.batch = 7, .threads = 2, .restart_each_epoch = true});
    EXPECT_TRUE(result.account.adds_up()) << "seed " << seed;
    EXPECT_EQ(result.account, result.total) << "the account survives restarts, seed " << seed;
    EXPECT_EQ(result.rejected.size(), result.account.dead_letter + result.account.too_late) << "seed " << seed;
    EXPECT_GT(result.account.too_late, 0u);
    EXPECT_EQ(run(made.lines, {.batch = 1}).account, result.account) << "seed " << seed;
  }
}

}  // namespace
}  // namespace vigia::counting
