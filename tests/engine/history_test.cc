// Entries of history: what is appended to a block is read back the same, plain or extended.
#include <random>

#include <gtest/gtest.h>

#include "tests/engine/counting_stage.h"

namespace vigia::counting {
namespace {

struct Kept {
  EventHead head;
  Number number;
  std::string canonical;
};

EventHead make_head(TimeMs time_ms, std::uint32_t sequence, TimeMs delay_ms = 0) {
  EventHead head;
  head.time_ms = head.sent_ms = time_ms;
  head.broker_ms = time_ms + delay_ms;
  head.sequence = sequence;
  head.stream_rank = CountingStage::plain_stream_rank;
  head.evidence = {TopicIndex{0}, PartitionId{3}, Offset{17}};
  return head;
}

std::unique_ptr<HistoryBlock> empty_block() { return HistoryBlock::make(reinterpret_cast<const std::byte*>(""), 0); }

class HistoryTest : public testing::Test {
 protected:
  void append(const EventHead& head, std::int64_t value) {
    HistoryBlock::reserve_one_more(owner);
    append_to_block(stage, *owner, PartitionId{3}, head, Number{value}, last_ms, last_sequence);
    offsets.see(head.evidence);
    last_ms = head.time_ms;
    last_sequence = head.sequence;
  }
  [[nodiscard]] bool last_is_extended() const {
    return (owner->entries()[owner->count - 1].bits & entry_extended) != 0;
  }
  std::vector<Kept> read() const {
    std::vector<Kept> kept;
    BlockReader<CountingStage> reader(stage, offsets, PartitionId{3}, *owner);
    for (Kept one; reader.next(one.head, one.number); one = {}) {
      one.canonical = one.head.canonical;
      kept.push_back(one);
    }
    return kept;
  }

  CountingStage stage{usual_lateness};
  std::unique_ptr<HistoryBlock> owner = empty_block();
  OffsetReference offsets;
  TimeMs last_ms = 0;
  std::uint32_t last_sequence = 0;
};

TEST_F(HistoryTest, TheNextNumberIsPlainAndTwentyBytes) {
  append(make_head(1'000'000, 7), 5);
  append(make_head(1'030'000, 8, 800), -6);
  EXPECT_FALSE(last_is_extended());
  EXPECT_EQ(owner->side, nullptr);
  const auto kept = read();
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[1].head.time_ms, 1'030'000);
  EXPECT_EQ(kept[1].head.broker_ms, 1'030'800);
  EXPECT_EQ(kept[1].head.sequence, 8u);
  EXPECT_EQ(kept[1].head.evidence, (EvidenceRef{TopicIndex{0}, PartitionId{3}, Offset{17}}));
  EXPECT_EQ(kept[1].number.value, -6);
}

TEST_F(HistoryTest, WhatDoesNotFitIsExtended) {
  const auto follows = [&](auto change, std::int64_t value = 5) {
    append(make_head(last_ms + 1000, last_sequence + 1), 1);
    auto head = make_head(last_ms + 1000, last_sequence + 1);
    change(head);
    append(head, value);
    EXPECT_TRUE(last_is_extended());
    const auto kept = read().back();
    EXPECT_EQ(kept.head.time_ms, head.time_ms);
    EXPECT_EQ(kept.head.sent_ms, head.sent_ms);
    EXPECT_EQ(kept.head.broker_ms, head.broker_ms);
    EXPECT_EQ(kept.head.sequence, head.sequence);
    EXPECT_EQ(kept.head.stream_rank, head.stream_rank);
    EXPECT_EQ(kept.head.clock_fault, head.clock_fault);
    EXPECT_EQ(kept.head.evidence, head.evidence);
    EXPECT_EQ(kept.canonical, head.canonical);
    EXPECT_EQ(kept.number.value, value);
  };
  follows([](EventHead& head) { head.sequence += 5; });
  follows([](EventHead& head) { head.time_ms = head.sent_ms += 1 << 24; });
  follows([](EventHead& head) { head.broker_ms += 1 << 23; });
  follows([](EventHead& head) { head.broker_ms -= (1 << 23) + 1; });
  follows([](EventHead& head) { head.clock_fault = true; });
  follows([](EventHead& head) { head.sent_ms += 3; });
  follows([](EventHead& head) { head.stream_rank = 0; });
  follows([](EventHead& head) { head.evidence.topic = TopicIndex{4}; });
  follows([](EventHead& head) { head.evidence.partition = PartitionId{9}; });
  follows([](EventHead&) {}, largest_plain_value + 1);
  follows([](EventHead& head) {
    head.sequence = 0;
    head.canonical = "some canonical form, thirteen";
  });
}

TEST_F(HistoryTest, TheBoundsOfAPlainEntry) {
  append(make_head(1'000'000, 1), 0);
  append(make_head(last_ms + (1 << 24) - 1, 2, (1 << 23) - 1), largest_plain_value);
  EXPECT_FALSE(last_is_extended());
  append(make_head(last_ms, 3, -(1 << 23)), -largest_plain_value);
  EXPECT_FALSE(last_is_extended());
  const auto kept = read();
  EXPECT_EQ(kept[1].head.broker_ms - kept[1].head.time_ms, (1 << 23) - 1);
  EXPECT_EQ(kept[2].head.broker_ms - kept[2].head.time_ms, -(1 << 23));
  EXPECT_EQ(kept[2].number.value, -largest_plain_value);
}

// A FlatBuffer among side bytes is read in place.
TEST_F(HistoryTest, SideBytesAreAligned) {
  for (int length = 0; length < 20; ++length) {
    const std::string canonical(static_cast<std::size_t>(length), 'c');
    auto head = make_head(1000 + length, 0);
    head.canonical = canonical;
    append(head, length);
    const auto at = static_cast<std::size_t>(owner->entries()[owner->count - 1].a);
    EXPECT_EQ(at % 8, 0u);
    EXPECT_EQ((owner->side->size() - sizeof(std::int64_t)) % 8, 0u) << "the payload stands at the end";
  }
  EXPECT_EQ(read().size(), 20u);
}

TEST_F(HistoryTest, OffsetsBeyondFourBillion) {
  append(make_head(1000, 1), 0);
  const std::int64_t around = std::int64_t{5} << 32;
  for (const std::int64_t offset : {around - 2, around - 1, around, around + 1}) {
    auto head = make_head(last_ms + 1, last_sequence + 1);
    head.evidence.offset = Offset{offset};
    append(head, 1);
  }
  const auto kept = read();
  EXPECT_EQ(kept[1].head.evidence.offset.value, around - 2) << "the highest seen lies beyond a multiple of 2^32";
  EXPECT_EQ(kept[4].head.evidence.offset.value, around + 1);
}

TEST_F(HistoryTest, RandomEventsRoundTrip) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    owner = empty_block();
    offsets = {};
    std::mt19937_64 random(seed);
    const auto one_in = [&](std::uint64_t n) { return random() % n == 0; };
    std::vector<Kept> expected;
    std::vector<std::string> texts;
    texts.reserve(60);
    last_ms = 1'772'409'600'000;
    last_sequence = static_cast<std::uint32_t>(random());
    std::int64_t offset = static_cast<std::int64_t>(random() % (std::uint64_t{1} << 40));
    for (int i = 0; i < 60; ++i) {
      auto head = make_head(last_ms + static_cast<TimeMs>(random() % (one_in(8) ? 50'000'000 : 90'000)),
                            last_sequence + (one_in(5) ? 3 : 1),
                            static_cast<TimeMs>(random() % (one_in(8) ? 90'000'000 : 5'000)));
      head.evidence.topic = TopicIndex{static_cast<std::uint16_t>(random() % 3)};
      head.evidence.offset = Offset{offset += static_cast<std::int64_t>(random() % 100'000)};
      if (one_in(6)) head.sequence = 0, texts.push_back(std::string(random() % 30, 'x')), head.canonical = texts.back();
      if (one_in(10)) head.clock_fault = true, head.sent_ms += 1'000'000;
      const auto value = static_cast<std::int64_t>(random() % (one_in(4) ? 10'000'000'000 : 1000));
      append(head, value);
      expected.push_back({head, {value}, std::string(head.canonical)});
    }
    const auto kept = read();
    ASSERT_EQ(kept.size(), expected.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const auto &got = kept[i].head, &want = expected[i].head;
      ASSERT_EQ(std::tuple(got.time_ms, got.sent_ms, got.broker_ms, got.sequence, got.clock_fault,
                           got.evidence.offset.value, kept[i].canonical, kept[i].number.value),
                std::tuple(want.time_ms, want.sent_ms, want.broker_ms, want.sequence, want.clock_fault,
                           want.evidence.offset.value, expected[i].canonical, expected[i].number.value))
          << "seed " << seed << ", event " << i;
    }
  }
}

TEST_F(HistoryTest, ABlockIsFullByItsEventsAndInAFloodByItsTime) {
  const auto count_until_full = [&](TimeMs every_ms) {
    owner = empty_block();
    last_sequence = 0;
    for (std::uint32_t n = 1;; ++n) {
      append(make_head(n * every_ms, n), 7);
      if (owner->is_full((n + 1) * every_ms)) return owner->count;
    }
  };
  EXPECT_EQ(count_until_full(1'000), HistoryBlock::full);
  EXPECT_EQ(count_until_full(6), HistoryBlock::full);
  EXPECT_EQ(count_until_full(1), HistoryBlock::span_min_ms);
  EXPECT_EQ(count_until_full(0), HistoryBlock::full_of_flood);
}

}  // namespace
}  // namespace vigia::counting
