#include "app/replay_range.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

JournalEntry entry(std::uint64_t epoch, std::int64_t first, std::int64_t end) {
  JournalEntry made;
  made.epoch = epoch;
  made.ranges = {{"seal", PartitionId{2}, Offset{first}, Offset{end}}, {"trip", PartitionId{2}, Offset{7}, Offset{7}}};
  return made;
}

TEST(ReplayRange, BothEndsAreInIt) {
  ReplayRange range;
  EXPECT_TRUE(range.holds(no_time_ms));
  range.from_ms = 10;
  range.to_ms = 20;
  EXPECT_FALSE(range.holds(9));
  EXPECT_TRUE(range.holds(10));
  EXPECT_TRUE(range.holds(20));
  EXPECT_FALSE(range.holds(21));
}

TEST(ReplayRange, AnOffsetBeginsAtTheEpochThatTookItsRecord) {
  const std::vector<JournalEntry> entries = {entry(1, 0, 5), entry(2, 5, 5), entry(3, 5, 9)};
  const auto first = [&](std::int64_t offset) {
    ReplayRange range;
    range.from_offset = {{"seal", PartitionId{2}, Offset{offset}}};
    return range.first_entry(entries, PartitionId{2});
  };
  EXPECT_EQ(first(0), 0U);
  EXPECT_EQ(first(4), 0U);
  EXPECT_EQ(first(5), 2U) << "the epoch between has no record";
  EXPECT_EQ(first(8), 2U);
  EXPECT_EQ(first(9), 3U) << "not read yet";
  EXPECT_EQ(ReplayRange().first_entry(entries, PartitionId{2}), 0U);
}

TEST(ReplayRange, AnOffsetEndsBeforeTheEpochThatTookItsRecord) {
  const std::vector<JournalEntry> entries = {entry(1, 0, 5), entry(2, 5, 5), entry(3, 5, 9)};
  const auto end = [&](std::int64_t offset, std::int32_t partition) {
    ReplayRange range;
    range.to_offset = {{"seal", PartitionId{partition}, Offset{offset}}};
    return range.end_entry(entries, PartitionId{2});
  };
  EXPECT_EQ(end(0, 2), 0U);
  EXPECT_EQ(end(4, 2), 0U) << "that epoch reaches behind it";
  EXPECT_EQ(end(5, 2), 2U) << "it lies wholly before, and so does the one without records";
  EXPECT_EQ(end(8, 2), 2U);
  EXPECT_EQ(end(9, 2), 3U);
  EXPECT_EQ(end(0, 1), 3U) << "of another partition";
  EXPECT_EQ(ReplayRange().end_entry(entries, PartitionId{2}), 3U);
}

TEST(ReplayRange, ASnapshotLiesBeforeItByTheClockOrByEveryOffset) {
  SnapshotHead head;
  head.clock_ms = 1000;
  head.offsets = {{"seal", PartitionId{2}, Offset{50}}, {"trip", PartitionId{2}, Offset{7}}};
  const auto by_time = [&](TimeMs from_ms) {
    ReplayRange range;
    range.from_ms = from_ms;
    return range.begins_after(head, PartitionId{2}, 100);
  };
  EXPECT_FALSE(by_time(no_time_ms)) << "everything: from the beginning";
  EXPECT_FALSE(by_time(1100));
  EXPECT_TRUE(by_time(1101));
  ReplayRange range;
  range.from_offset = {{"seal", PartitionId{2}, Offset{50}}};
  EXPECT_TRUE(range.begins_after(head, PartitionId{2}, 0)) << "the record is the next one";
  range.from_offset.push_back({"trip", PartitionId{2}, Offset{6}});
  EXPECT_FALSE(range.begins_after(head, PartitionId{2}, 0)) << "it has this one in it";
}

TEST(ReplayRange, OffsetsAreReadFromTheRight) {
  const auto good = parse_partition_offset("seal.events/3:1200");
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, (PartitionOffset{"seal.events", PartitionId{3}, Offset{1200}}));
  for (const char* bad : {"", "seal", "seal/3", "seal:5", "/3:5", "seal/:5", "seal/3:", "seal/-1:5", "seal/3:-5",
                          "seal/3:5x", "seal/x:5", "seal/99999999999:5"}) {
    EXPECT_FALSE(parse_partition_offset(bad)) << bad;
  }
}

}  // namespace
}  // namespace vigia
