#include "engine/ledger.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

Candidate opened(std::uint16_t rule, TimeMs at_ms) {
  Candidate candidate;
  candidate.rule = rule;
  candidate.start_ms = candidate.opened_at_ms = at_ms;
  return candidate;
}

Candidate closed(std::uint16_t rule, TimeMs at_ms, TimeMs end_ms, TimeMs closed_at_ms) {
  auto candidate = opened(rule, at_ms);
  candidate.end_ms = end_ms;
  candidate.closed_at_ms = closed_at_ms;
  candidate.closed_by = {TopicIndex{1}, PartitionId{2}, Offset{3}};
  return candidate;
}

TEST(Ledger, FindsTheOpenOneOfARuleAndDiscriminator) {
  Ledger ledger;
  ledger.candidates = {closed(1, 10, 20, 20), opened(1, 30), opened(2, 30)};
  ASSERT_NE(ledger.find_open(1, 0), nullptr);
  EXPECT_EQ(ledger.find_open(1, 0)->start_ms, 30);
  EXPECT_EQ(ledger.find_open(1, 5), nullptr);
  EXPECT_EQ(ledger.find_open(3, 0), nullptr);
}

TEST(Ledger, RollsBackToABoundary) {
  Ledger ledger;
  ledger.candidates = {closed(1, 10, 20, 20), closed(1, 30, 45, 50), opened(2, 40), opened(3, 50)};
  const auto before = ledger.roll_back(50);
  EXPECT_EQ(before.size(), 4u);
  ASSERT_EQ(ledger.candidates.size(), 3u) << "what the event at the boundary opened is gone";
  EXPECT_FALSE(ledger.candidates[0].is_open());
  EXPECT_TRUE(ledger.candidates[1].is_open()) << "what the event at the boundary closed is open again";
  EXPECT_EQ(ledger.candidates[1].end_ms, 0);
  EXPECT_EQ(ledger.candidates[1].closed_by, EvidenceRef{});
  EXPECT_TRUE(ledger.candidates[2].is_open());
}

TEST(Ledger, ConvergesWhereTheSameIsOpenAndTakesTheRestOver) {
  Ledger ledger;
  ledger.candidates = {closed(1, 10, 60, 60), opened(2, 70)};
  const auto before = ledger.roll_back(20);
  EXPECT_TRUE(ledger.converge(before, 50));
  ASSERT_EQ(ledger.candidates.size(), 2u);
  EXPECT_EQ(ledger.candidates[0].end_ms, 60) << "its end is taken over";
  EXPECT_EQ(ledger.candidates[1].start_ms, 70);
}

TEST(Ledger, DoesNotConvergeWhenTheFoldFoundSomethingElse) {
  Ledger ledger;
  ledger.candidates = {closed(1, 10, 60, 60)};
  const auto before = ledger.roll_back(20);
  auto again = ledger;
  again.candidates[0].end_ms = again.candidates[0].closed_at_ms = 30;  // now closed by a late event
  EXPECT_FALSE(again.converge(before, 50));
  again = ledger;
  again.candidates.push_back(opened(4, 35));  // another one is open
  EXPECT_FALSE(again.converge(before, 50));
  again = ledger;
  again.candidates[0].context = 9;  // the same, of another trip
  EXPECT_FALSE(again.converge(before, 50));
}

// A finding opened and closed between the boundaries was made again by the fold: it is not taken over twice.
TEST(Ledger, WhatWasFoundBetweenIsNotDoubled) {
  Ledger ledger;
  ledger.candidates = {closed(1, 30, 40, 40), closed(1, 70, 80, 80)};
  const auto before = ledger.roll_back(20);
  ledger.candidates.push_back(closed(1, 30, 40, 40));
  EXPECT_TRUE(ledger.converge(before, 50));
  ASSERT_EQ(ledger.candidates.size(), 2u);
  EXPECT_EQ(ledger.candidates[1].start_ms, 70);
}

}  // namespace
}  // namespace vigia
