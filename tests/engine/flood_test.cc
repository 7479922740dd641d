// A device that says 500 things a second, of which some are late: what it keeps in large blocks comes out as it does in small
// ones.
#include <algorithm>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/engine/counting_run.h"
#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

constexpr std::uint32_t flood_events = 6'000;

// Without numbers, and no two at one time. In the order of their arrival.
std::vector<Line> flood(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::int64_t end) { return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random); };
  std::vector<Line> lines;
  for (std::uint32_t n = 0; n < flood_events; ++n) {
    const auto time_ms = day_zero_ms + 2 * n;
    lines.push_back(number_line("flood", time_ms, 0, below(150) == 0 ? 200 : 2 * below(40) + 1));
    if (below(50) == 0) lines.push_back(number_line("flood", time_ms + 1, 0, below(120), below(4'000)));
    if (below(50) == 0) lines.push_back(number_line(fmt::format("quiet-{}", below(5)), time_ms, 0, below(150)));
  }
  std::ranges::stable_sort(lines, {}, &Line::broker_ms);
  return lines;
}

TEST(FloodLaw, TheAlertsAreThoseOfTheSet) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const auto lines = flood(seed);
    const auto until_ms = lines.back().broker_ms + usual_lateness.allowed_lateness_ms;
    const auto expected = recompute(lines, until_ms);
    EXPECT_GT(expected.size(), 30u);
    for (const std::size_t batch : {50u, 500u, 20'000u}) {
      const auto got = run(lines, {.batch = batch, .until_ms = until_ms});
      EXPECT_EQ(final_alerts(got.revisions), expected) << "seed " << seed << ", batch " << batch;
      EXPECT_EQ(broken_life_cycle(got.revisions), "");
    }
  }
}

TEST(FloodLaw, SpillingAndRestartsChangeNothing) {
  const auto lines = flood(3);
  const auto expected = run(lines, {.batch = 250});
  for (const auto budget : {std::uint64_t{0}, expected.peak_memory_bytes / 4 * 3})
    for (const bool restarts : {false, true}) {
      const auto got = run(lines, {.batch = 250, .restart_each_epoch = restarts, .memory_bytes = budget});
      EXPECT_EQ(got.error, "");
      EXPECT_TRUE(got.bytes == expected.bytes) << "budget " << budget << ", restarts " << restarts;
      EXPECT_EQ(got.account, expected.account);
      EXPECT_EQ(got.described, expected.described);
    }
}

}  // namespace
}  // namespace vigia::counting
