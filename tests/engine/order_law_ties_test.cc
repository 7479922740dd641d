// The order law where times do not decide: events of one time, clocks that step back, what has left the history.
#include <gtest/gtest.h>

#include <random>

#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

constexpr TimeMs second_ms = 1'000;

TEST(OrderLaw, TimeThenNumberThenStreamThenContent) {
  EventHead head;
  head.time_ms = 10;
  head.sequence = 5;
  head.stream_rank = 1;
  head.canonical = "5";
  const auto decides = [&](auto member, auto more) {
    auto later = head;
    later.*member = more;
    EXPECT_TRUE(ordered_before(head, later));
    EXPECT_FALSE(ordered_before(later, head));
    return later;
  };
  EXPECT_FALSE(ordered_before(head, head));
  head = decides(&EventHead::canonical, "6");
  head.canonical = "1";  // from here on what decided before says the opposite
  const auto by_stream = decides(&EventHead::stream_rank, 2);
  head = by_stream;
  head.stream_rank = 1;
  head.canonical = "0";
  const auto by_number = decides(&EventHead::sequence, 6u);
  head = by_number;
  head.stream_rank = 0;
  head.sequence = 4;
  decides(&EventHead::time_ms, TimeMs{11});
  head.evidence.offset = Offset{99};
  auto first = head;
  first.evidence.offset = Offset{1};
  EXPECT_FALSE(ordered_before(first, head) || ordered_before(head, first)) << "never by offset";
}

struct Tied {
  std::vector<Line> lines;  // in the order of the law
  TimeMs last_ms = 0;
};

// Groups of up to `most` events of one time; one more or less, or another order, changes all tenths that follow.
Tied tied(std::mt19937_64& random, bool numbered, std::size_t most) {
  Tied made;
  std::uint32_t sequence = 1;
  for (TimeMs time_ms = day_zero_ms; sequence < 400; time_ms += static_cast<TimeMs>(random() % 3 + 1) * second_ms) {
    const auto group = random() % most + 1;
    const bool is_high = random() % 3 == 0;
    for (std::size_t i = 0; i < group; ++i, ++sequence) {
      // Without numbers the content decides: three digits each, so that text and number have one order.
      const auto value = static_cast<std::int64_t>(is_high && i == group - 1 ? 700 : numbered ? random() % 50 : 10 + i);
      made.lines.push_back(number_line("a", time_ms, numbered ? sequence : 0, value));
    }
    made.last_ms = time_ms;
  }
  return made;
}

void expect_any_order(const Tied& made, std::mt19937_64& random, const char* what) {
  const auto received_ms = made.last_ms + 5 * second_ms;
  const auto expected = recompute(made.lines, received_ms);
  EXPECT_GE(expected.size(), 20u);
  for (const std::size_t batch : {1u, 7u, 64u, 1024u})
    for (const bool from_the_start : {true, false}) {
      auto lines = made.lines;
      std::shuffle(lines.begin() + (from_the_start ? 1 : static_cast<std::ptrdiff_t>(lines.size() / 2)), lines.end(),
                   random);
      for (auto& line : lines) line.broker_ms = received_ms;
      const auto result = run(lines, {.batch = batch});
      EXPECT_EQ(final_alerts(result.revisions), expected) << what << ", batch " << batch << ", all " << from_the_start;
      EXPECT_EQ(result.account.applied, lines.size()) << what << ", batch " << batch;
      EXPECT_EQ(broken_life_cycle(result.revisions), "");
    }
}

TEST(OrderLaw, EventsOfOneTimeGoByTheirNumbers) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    std::mt19937_64 random(seed);
    expect_any_order(tied(random, true, seed % 2 ? 6 : 120), random, "numbered");
  }
}

TEST(OrderLaw, EventsOfOneTimeWithoutNumbersGoByTheirContent) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    std::mt19937_64 random(seed);
    expect_any_order(tied(random, false, seed % 2 ? 6 : 40), random, "unnumbered");
  }
}

// A device whose clock was put right by some seconds: the next number, an earlier time.
TEST(OrderLaw, AClockThatStepsBack) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<Line> lines;
    for (std::uint32_t n = 1; n <= 300; ++n) {
      const auto time_ms = day_zero_ms + n * 10 * second_ms - (random() % 6 == 0 ? 25 * second_ms : 0);
      lines.push_back(number_line("a", std::max(time_ms, day_zero_ms + 10 * second_ms + n), n,
                                  static_cast<std::int64_t>(random() % 120)));
      lines.back().broker_ms = day_zero_ms + n * 10 * second_ms;
    }
    const auto expected = recompute(lines, lines.back().broker_ms);
    EXPECT_GE(expected.size(), 20u);
    for (const std::size_t batch : {1u, 7u, 1024u})
      EXPECT_EQ(final_alerts(run(lines, {.batch = batch}).revisions), expected)
          << "seed " << seed << ", batch " << batch;
  }
}

// Numbers left out within one time are owed like any others.
TEST(OrderLaw, WhatIsMissingWithinOneTimeIsWaitedFor) {
  std::vector<Line> lines{number_line("a", day_zero_ms, 1, 7), number_line("a", day_zero_ms, 4, 7)};
  for (std::uint32_t n = 5; n <= 400; ++n) lines.push_back(number_line("a", day_zero_ms + n * 10 * second_ms, n, 7));
  const auto received_ms = lines.back().broker_ms + second_ms;
  for (const std::uint32_t n : {3u, 2u})
    lines.push_back(number_line("a", day_zero_ms, n, spike_value, received_ms - day_zero_ms, true));
  for (const std::size_t batch : {1u, 1024u}) {
    const auto result = run(lines, {.batch = batch});
    EXPECT_EQ(result.account.applied, lines.size()) << "batch " << batch;
    EXPECT_EQ(final_alerts(result.revisions), recompute(lines, received_ms)) << "batch " << batch;
  }
}

// A limit that was sent for long ago asks for everything since to be folded again. What events found that have left the
// history can't be found again, so it stands: also what the very last of them found.
TEST(OrderLaw, WhatHasLeftTheHistoryStands) {
  for (const std::uint32_t odd : {0u, 1u})
    for (const std::size_t batch : {1u, 64u}) {
      std::vector<Line> lines;
      for (std::uint32_t n = 1; n <= 1'000; ++n)
        lines.push_back(number_line("a", day_zero_ms + n * 10 * second_ms, n, n % 2 == odd ? spike_value : 7));
      const auto expected = final_alerts(run(lines, {.batch = batch}).revisions);
      EXPECT_EQ(expected.size(), 1'000u) << "500 spikes, each of them high";
      auto limit = number_line("a", day_zero_ms, 0, default_limit, 10'001 * second_ms);
      limit.topic = 1;
      lines.push_back(limit);
      const auto result = run(lines, {.batch = batch});
      EXPECT_EQ(final_alerts(result.revisions), expected) << "odd " << odd << ", batch " << batch;
      EXPECT_EQ(broken_life_cycle(result.revisions), "");
    }
}

}  // namespace
}  // namespace vigia::counting
