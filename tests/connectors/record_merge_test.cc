#include "connectors/record_merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "connectors/memory_source.h"

namespace vigia::test {
namespace {

InputRecord record(std::uint16_t topic, std::int32_t partition, std::int64_t offset, TimeMs broker_ms) {
  return {.topic = TopicIndex{topic},
          .partition = PartitionId{partition},
          .offset = Offset{offset},
          .broker_ms = broker_ms,
          .key = {},
          .value = {}};
}

std::string text(const std::vector<InputRecord>& records) {
  std::string out;
  for (const auto& r : records) {
    out += std::to_string(r.topic.value) + "/" + std::to_string(r.partition.value) + "@" +
           std::to_string(r.offset.value) + " ";
  }
  return out;
}

TEST(RecordMerge, ByBrokerTimeThenTopic) {
  std::vector records{record(0, 0, 0, 10), record(0, 0, 1, 30), record(1, 0, 0, 10), record(1, 0, 1, 20)};
  merge_records(records);
  EXPECT_EQ(text(records), "0/0@0 1/0@0 1/0@1 0/0@1 ");
}

TEST(RecordMerge, APartitionKeepsItsOrderWhenItsTimesGoBack) {
  std::vector records{record(0, 0, 0, 100), record(0, 0, 1, 1), record(1, 0, 0, 50)};
  merge_records(records);
  EXPECT_EQ(text(records), "1/0@0 0/0@0 0/0@1 ");
}

TEST(RecordMerge, TheInterleavingGivenMakesNoDifference) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::vector<InputRecord>> lanes(4);
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      const auto count = static_cast<std::int64_t>(random() % 20);
      for (std::int64_t i = 0; i < count; ++i) {
        lanes[lane].push_back(
            record(static_cast<std::uint16_t>(lane % 2), static_cast<std::int32_t>(lane / 2), i, random() % 30));
      }
    }
    std::string expected;
    for (int shuffle = 0; shuffle < 4; ++shuffle) {
      std::vector<InputRecord> records;
      std::vector<std::size_t> next(lanes.size());
      while (true) {  // a random interleaving
        std::vector<std::size_t> left;
        for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
          if (next[lane] < lanes[lane].size()) left.push_back(lane);
        }
        if (left.empty()) break;
        const std::size_t lane = left[random() % left.size()];
        records.push_back(lanes[lane][next[lane]++]);
      }
      merge_by_partition(records);
      if (shuffle == 0) expected = text(records);
      EXPECT_EQ(text(records), expected);
    }
  }
}

TEST(MemorySource, GivesMergedBatchesAndTheStateOfItsPartitions) {
  MemorySource source({"seal", "trip"}, 2);
  source.add(0, 0, 10, "a", "1");
  source.add(1, 0, 5, "a", "2");
  source.add(0, 1, 7, "b", "3");
  source.set_fetch_ms(99);
  ASSERT_TRUE(source.open({}).ok());
  RecordBatch batch;
  ASSERT_TRUE(source.poll(batch, {}).ok());
  EXPECT_EQ(text(batch.records), "1/0@0 0/0@0 0/1@0 ");
  ASSERT_EQ(batch.partitions.size(), 4u);
  EXPECT_TRUE(batch.partitions[0].at_end);
  EXPECT_EQ(batch.partitions[0].end_seen_ms, 99);
  EXPECT_EQ(batch.partitions[0].next.value, 1);
  source.fail_with(Status::of(Fault::retry, "away"));
  source.add(0, 0, 11, "a", "4");
  EXPECT_EQ(source.poll(batch, {}).fault, Fault::retry);
  EXPECT_TRUE(batch.records.empty());
  EXPECT_FALSE(batch.partitions[0].at_end);
}

}  // namespace
}  // namespace vigia::test
