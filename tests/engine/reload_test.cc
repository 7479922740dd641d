// A task under other rules goes on with what another one has: unchanged rules as if nothing had happened, changed ones from
// the floor of each key's history, and what was decided stands.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

constexpr TimeMs second_ms = 1'000;
constexpr TimeMs minute_ms = 60'000;

void expect_same(const RunResult& got, const RunResult& expected, const std::string& how) {
  EXPECT_EQ(got.error, "") << how;
  EXPECT_TRUE(got.bytes == expected.bytes) << how;
  EXPECT_EQ(got.account, expected.account) << how;
  EXPECT_EQ(got.total, expected.total) << how;
  EXPECT_EQ(got.rejected, expected.rejected) << how;
}

TEST(ReplayLaw, UnderTheSameRulesATakeOverChangesNothing) {
  for (std::uint64_t seed = 1; seed <= 9; ++seed) {
    const auto arrival = seed % 3 == 0 ? Arrival::unnumbered : seed % 3 == 1 ? Arrival::backlog : Arrival::in_order;
    const auto made = make_random_lines(arrival, seed, 8, 60);
    for (const std::size_t batch : {1u, 7u, 64u}) {
      if (batch == 1 && seed > 3) continue;
      const auto expected = run(made.lines, {.batch = batch, .until_ms = made.until_ms});
      for (const unsigned threads : {1u, 2u})
        for (const std::uint64_t memory_bytes : {std::uint64_t{UINT64_MAX}, std::uint64_t{0}}) {
          const auto got = run(made.lines, {.batch = batch,
                                            .threads = threads,
                                            .take_over_each_epoch = true,
                                            .until_ms = made.until_ms,
                                            .memory_bytes = memory_bytes});
          expect_same(got, expected,
                      fmt::format("seed {}, batch {}, threads {}, {}", seed, batch, threads,
                                  memory_bytes == 0 ? "all spilled" : "in memory"));
        }
    }
  }
}

TEST(ReplayLaw, AReloadGivesTheSameBytesOnAnyNumberOfThreadsSpilledOrRestarted) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const auto made = make_random_lines(seed % 2 == 0 ? Arrival::unnumbered : Arrival::backlog, seed, 12, 60);
    RunOptions options{.batch = 8, .until_ms = made.until_ms};
    options.reloads = {{made.lines.size() / 3 / 8 * 8, {.limit = 1'000, .without = 1u << tenth | 1u << quiet}},
                       {made.lines.size() / 2 / 8 * 8, {.limit = 60, .without = 1u << high}}};
    const auto expected = run(made.lines, options);
    EXPECT_EQ(expected.error, "");
    EXPECT_EQ(broken_life_cycle(expected.revisions), "");
    for (const unsigned threads : {1u, 2u, 5u})
      for (const std::uint64_t memory_bytes : {std::uint64_t{UINT64_MAX}, std::uint64_t{0}, expected.peak_memory_bytes})
        for (const bool restarts : {false, true}) {
          auto how = options;
          how.threads = threads;
          how.memory_bytes = memory_bytes;
          how.restart_each_epoch = restarts;
          expect_same(
              run(made.lines, how), expected,
              fmt::format("seed {}, threads {}, memory {}, restarts {}", seed, threads, memory_bytes, restarts));
        }
  }
}

// One device, a number every 20 s, from `first` on.
void add_numbers(std::vector<Line>& lines, std::uint32_t first, std::uint32_t count, std::int64_t value) {
  for (std::uint32_t n = first; n < first + count; ++n)
    lines.push_back(number_line("a", day_zero_ms + n * 20 * second_ms, n, value));
}

std::vector<std::string> told(const RunResult& result, const std::string& rule) {
  std::vector<std::string> words;
  for (const auto& alert : result.revisions)
    if (alert.rule_id == rule)
      words.push_back(fmt::format("{}-{} {} r{}{}", (alert.start_ms - day_zero_ms) / second_ms,
                                  alert.end_ms == 0 ? 0 : (alert.end_ms - day_zero_ms) / second_ms,
                                  schema::EnumNameAlertStatus(alert.status), alert.revision,
                                  alert.message.ends_with(" gone") ? " gone" : ""));
  return words;
}

using Words = std::vector<std::string>;

TEST(Reload, AChangedLimitHoldsForWhatLastsAndForWhatIsKept) {
  std::vector<Line> lines;
  add_numbers(lines, 1, 10, 150);  // high under the old limit only
  add_numbers(lines, 11, 5, 10);
  add_numbers(lines, 16, 3, 150);  // and again, and it lasts
  RunOptions options{.batch = 1};
  options.reloads = {{18, {.limit = 200}}};
  EXPECT_EQ(told(run(lines, {.batch = 1}), "high"),
            (Words{"20-0 confirmed r1", "20-220 cleared r2", "320-0 confirmed r1"}));
  lines.push_back(number_line("a", day_zero_ms + 19 * 20 * second_ms, 19, 250));
  // All of it is kept, so all of it is judged again.
  EXPECT_EQ(told(run(lines, options), "high"),
            (Words{"20-0 confirmed r1", "20-220 cleared r2", "320-0 confirmed r1", "20-220 withdrawn r3",
                   "320-0 withdrawn r2", "380-0 confirmed r1"}));
}

TEST(Reload, WhatWasDecidedBeforeStandsAsItWasTold) {
  std::vector<Line> lines;
  add_numbers(lines, 1, 10, 150);
  add_numbers(lines, 11, 300, 10);  // beyond what late data may change
  RunOptions options{.batch = 1};
  options.reloads = {{305, {.limit = 200}}};
  options.until_ms = day_zero_ms + 30 * hour_ms;  // and is forgotten without a word
  EXPECT_EQ(told(run(lines, options), "high"), (Words{"20-0 confirmed r1", "20-220 cleared r2"}));
  // Neither is what was none then made one now.
  std::vector<Line> quiet_lines;
  add_numbers(quiet_lines, 1, 10, 90);
  add_numbers(quiet_lines, 11, 300, 10);
  options.reloads = {{305, {.limit = 50}}};
  EXPECT_EQ(told(run(quiet_lines, options), "high"), Words{});
}

TEST(Reload, WhatLastsGoesOnFromBeforeTheHistory) {
  std::vector<Line> lines;
  add_numbers(lines, 1, 300, 250);  // high under both limits, from far before what is kept
  add_numbers(lines, 301, 2, 10);
  RunOptions options{.batch = 1};
  options.reloads = {{290, {.limit = 200}}};
  EXPECT_EQ(told(run(lines, options), "high"), (Words{"20-0 confirmed r1", "20-6020 cleared r2"}));
}

TEST(Reload, WhatLastsUnderARuleThatIsGoneEnds) {
  std::vector<Line> lines;
  add_numbers(lines, 1, 10, 10);                                            // one tenth
  add_numbers(lines, 11, 5, 150);                                           // high, and it lasts
  lines.push_back(number_line("b", day_zero_ms + 500 * second_ms, 1, 11));  // quiet, as far as the clock knows
  RunOptions options{.batch = 1};
  options.reloads = {{16, {.without = 1u << high | 1u << quiet | 1u << tenth}}};
  lines.push_back(number_line("b", day_zero_ms + 501 * second_ms, 2, 11));
  const auto result = run(lines, options);
  EXPECT_EQ(told(result, "high"), (Words{"220-0 confirmed r1", "220-500 cleared r2 gone"}));
  EXPECT_EQ(told(result, "quiet"), (Words{"300-0 provisional r1", "300-0 withdrawn r2 gone"}));
  EXPECT_EQ(told(result, "tenth"), (Words{"200-200 confirmed r1"}));  // is over, and was right
  EXPECT_EQ(result.revisions[3].detected_ms, day_zero_ms + 500 * second_ms);
}

TEST(Reload, ARuleThatComesBackGivesNoIdTwice) {
  std::vector<Line> lines;
  add_numbers(lines, 1, 30, 150);
  RunOptions options{.batch = 1};
  options.reloads = {{20, {.without = 1u << high}}, {25, {}}};
  const auto result = run(lines, options);
  EXPECT_EQ(broken_life_cycle(result.revisions), "");
  EXPECT_EQ(told(result, "high").size(), 3u);  // raised, ended with its rule, and another one since
}

TEST(Reload, SpilledStateThatCanNotBeReadIsAFault) {
  const auto made = make_random_lines(Arrival::in_order, 3, 20, 20);
  const auto faults = std::make_shared<StoreFaults>();
  RunOptions options{.batch = 16, .memory_bytes = 0, .faults = faults};
  options.reloads = {{made.lines.size() / 2 / 16 * 16, {.limit = 200}}};
  EXPECT_EQ(run(made.lines, options).error, "");
  faults->damaged = true;
  EXPECT_NE(run(made.lines, options).error, "");
}

}  // namespace
}  // namespace vigia::counting
