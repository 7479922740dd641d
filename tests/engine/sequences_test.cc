// What a device's counter says about what it owes: gaps, resets, first contact, duplicates (semantics 1.2, 1.4, 1.6).
#include <gtest/gtest.h>

#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

constexpr TimeMs second_ms = 1'000;

Line at_second(std::int64_t second, std::uint32_t sequence, TimeMs delay_ms = 0, bool buffered = false) {
  return number_line("a", day_zero_ms + second * second_ms, sequence, 7, delay_ms, buffered);
}

struct Outcome {
  std::string described;
  Account account;
};

Outcome outcome(const std::vector<Line>& lines, std::size_t batch = 1) {
  const auto result = run(lines, {.batch = batch});
  EXPECT_TRUE(result.account.adds_up());
  return {result.described.at("a"), result.account};
}

TEST(Sequences, AGapOwesWhatIsMissing) {
  EXPECT_EQ(outcome({at_second(0, 5), at_second(10, 6), at_second(20, 11)}).described, "owed 4 kept 3 arrived 3");
}

// A limit waits for the end of the epoch; the number behind it goes the short way meanwhile.
TEST(Sequences, WhatCameInTheEpochOfALateEventIsNotOwed) {
  auto limit = at_second(15, 0);
  limit.topic = 1;
  const std::vector<Line> lines{at_second(0, 1),  at_second(10, 2), limit,
                                at_second(20, 3), at_second(30, 4), at_second(40, 5)};
  for (const std::size_t batch : {1u, 2u, 3u, 100u})
    EXPECT_EQ(outcome(lines, batch).described, "owed 0 kept 6 arrived 6") << batch;
}

TEST(Sequences, FirstContactOwesNothing) {
  EXPECT_EQ(outcome({at_second(0, 4711)}).described, "owed 0 kept 1 arrived 1");
}

TEST(Sequences, AGapIsFilledInAnyOrder) {
  const std::vector<std::uint32_t> orders[] = {{2, 3, 4, 5, 6}, {6, 5, 4, 3, 2}, {4, 2, 6, 3, 5}};
  for (const auto& order : orders)
    for (const std::size_t batch : {1u, 3u, 100u}) {
      std::vector<Line> lines{at_second(1, 1), at_second(7, 7)};
      auto left = order.size();
      for (const auto sequence : order) {
        lines.push_back(at_second(sequence, sequence, 60 * second_ms, true));
        --left;
        EXPECT_TRUE(outcome(lines, batch).described.starts_with("owed " + std::to_string(left) + " kept"))
            << outcome(lines, batch).described;
      }
      EXPECT_EQ(outcome(lines, batch).account.applied, 7u);
    }
}

TEST(Sequences, ASecondDeliveryIsADuplicate) {
  const std::vector<Line> lines{at_second(1, 1),
                                at_second(2, 2),
                                at_second(5, 5),
                                at_second(3, 3, 60 * second_ms, true),
                                at_second(2, 2),
                                at_second(5, 5),
                                at_second(3, 3, 90 * second_ms, true),
                                at_second(1, 1)};
  for (const std::size_t batch : {1u, 2u, 100u}) {
    const auto [described, account] = outcome(lines, batch);
    EXPECT_EQ(described, "owed 1 kept 4 arrived 4") << batch;
    EXPECT_EQ(account.applied, 4u);
    EXPECT_EQ(account.duplicate, 4u);
  }
}

TEST(Sequences, TheSameNumberAtALaterTimeIsAReset) {
  const std::vector<Line> lines{at_second(1, 100), at_second(2, 101), at_second(3, 105), at_second(10, 1),
                                at_second(11, 2)};
  const auto [described, account] = outcome(lines);
  EXPECT_EQ(described, "owed 0 kept 5 arrived 5") << "what the old run owed is not waited for";
  EXPECT_EQ(account.applied, 5u);
  EXPECT_EQ(account.duplicate, 0u);
}

TEST(Sequences, AWrappedCounterIsAReset) {
  const auto [described, account] =
      outcome({at_second(1, 0xfffffffe), at_second(2, 0xffffffff), at_second(3, 1), at_second(4, 2)});
  EXPECT_EQ(described, "owed 0 kept 4 arrived 4");
  EXPECT_EQ(account.applied, 4u);
}

TEST(Sequences, AfterAResetWhatWasBeforeHasTheAllowedLateness) {
  std::vector<Line> lines{at_second(0, 100), at_second(60, 103), at_second(120, 1)};
  lines.push_back(at_second(20, 101, 500 * second_ms, true));  // within ten minutes: applied
  lines.push_back(at_second(40, 102, 700 * second_ms, true));  // beyond
  const auto account = outcome(lines).account;
  EXPECT_EQ(account.applied, 4u);
  EXPECT_EQ(account.too_late, 1u);
}

TEST(Sequences, FirstContactInTheMiddleOfABacklog) {
  std::vector<Line> lines{at_second(1000, 50, 0, true)};
  for (std::uint32_t n = 1; n < 50; ++n)
    lines.push_back(at_second(n * 20, n, 1010 * second_ms - n * 20 * second_ms, true));
  const auto account = outcome(lines).account;
  // Received at 1010 s: what was made before 410 s is too late.
  EXPECT_EQ(account.too_late, 20u);
  EXPECT_EQ(account.applied, 30u);
}

TEST(Sequences, UnnumberedEventsOweNothingAndAreToldApartByTheirContent) {
  std::vector<Line> lines{number_line("a", day_zero_ms, 0, 1), number_line("a", day_zero_ms, 0, 2),
                          number_line("a", day_zero_ms, 0, 1)};
  for (const std::size_t batch : {1u, 3u}) {
    const auto [described, account] = outcome(lines, batch);
    EXPECT_EQ(described, "owed 0 kept 2 arrived 2");
    EXPECT_EQ(account.duplicate, 1u);
  }
}

TEST(Sequences, AGapIsForgivenAfterTheHorizon) {
  std::vector<Line> lines{at_second(0, 1), at_second(10, 3)};
  for (std::uint32_t n = 0; n < 200; ++n) lines.push_back(at_second(20 + n * 600, 4 + n));  // 33 hours
  EXPECT_TRUE(outcome(lines).described.starts_with("owed 0 ")) << outcome(lines).described;
  lines.push_back(at_second(5, 2, 34 * hour_ms, true));
  EXPECT_EQ(outcome(lines).account.too_late, 1u);
}

// Its time as sent is the identity, whatever the engine made of it.
TEST(Sequences, ADuplicateOfACorrectedTimeIsFound) {
  for (const std::uint32_t sequence : {0u, 2u})
    for (const std::size_t batch : {1u, 100u}) {
      std::vector<Line> lines{at_second(0, 1)};
      auto ahead = number_line("a", day_zero_ms + 48 * hour_ms, sequence, 5, -48 * hour_ms + 5 * second_ms);
      lines.push_back(ahead);
      ahead.broker_ms += 20 * second_ms;
      lines.push_back(ahead);
      const auto account = outcome(lines, batch).account;
      EXPECT_EQ(account.applied, 2u) << "sequence " << sequence << ", batch " << batch;
      EXPECT_EQ(account.duplicate, 1u) << "sequence " << sequence << ", batch " << batch;
    }
}

// What is never too late is taken at the latest time that it may claim; delivered again later, it is still the same event.
TEST(Sequences, ADuplicateOfAClampedTimeIsFound) {
  for (const std::size_t batch : {1u, 100u}) {
    std::vector<Line> lines{at_second(0, 1)};
    for (const TimeMs delay_ms : {0 * hour_ms, 1 * hour_ms, 1 * hour_ms + 5'000, 20 * hour_ms}) {
      lines.push_back(number_line("a", day_zero_ms + 10, 0, 120, delay_ms));
      lines.back().topic = 1;
    }
    const auto account = outcome(lines, batch).account;
    EXPECT_EQ(account.applied, 2u) << "batch " << batch;
    EXPECT_EQ(account.duplicate, 3u) << "batch " << batch;
  }
}

}  // namespace
}  // namespace vigia::counting
