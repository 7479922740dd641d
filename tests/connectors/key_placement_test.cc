#include "connectors/key_placement.h"

#include <gtest/gtest.h>

#include "connectors/partitioner.h"
#include "tests/connectors/temp_directory.h"

namespace vigia::test {
namespace {

using PartitionOf = std::int32_t (*)(std::string_view, std::int32_t);

constexpr std::int32_t partitions = 4;

SourceSpec source(const std::string& topic, Partitioner partitioner = Partitioner::automatic) {
  SourceSpec spec;
  spec.topic = topic;
  spec.partitioner = partitioner;
  return spec;
}

class KeyPlacementTest : public testing::Test {
 protected:
  // Records of `count` keys as a producer with that partitioner writes them.
  Status give(KeyPlacements& placements, std::uint16_t topic, PartitionOf partition_of, int count, int first = 0) {
    for (int i = first; i < first + count; ++i) {
      const std::string key = "seal-" + std::to_string(i);
      if (Status status = give(placements, topic, key, partition_of(key, partitions)); !status.ok()) return status;
    }
    return Status::good();
  }
  static Status give(KeyPlacements& placements, std::uint16_t topic, const std::string& key, std::int32_t partition) {
    InputRecord record;
    record.topic = TopicIndex{topic};
    record.partition = PartitionId{partition};
    record.key = key;
    return placements.observe({&record, 1});
  }

  TempDirectory dir;
  const std::string file = dir / "partitioners";
};

TEST_F(KeyPlacementTest, TellsEachPartitionerFromItsFirstRecords) {
  for (const auto& [partition_of, name] :
       {std::pair{&murmur2_partition, "murmur2"}, {&crc32_partition, "crc32"}, {&fnv1a_partition, "fnv1a"}}) {
    KeyPlacements placements({source(name)});
    ASSERT_TRUE(placements.open(file, partitions).ok());
    ASSERT_TRUE(give(placements, 0, partition_of, 200).ok());
    const std::int32_t right = partition_of("stray", partitions);
    EXPECT_EQ(placements.of(0)->problem("stray", PartitionId{right}), "");
    const std::string problem = placements.of(0)->problem("stray", PartitionId{(right + 1) % partitions});
    EXPECT_NE(problem.find("'stray' belongs to partition " + std::to_string(right) + " by " + name), std::string::npos)
        << problem;
  }
}

TEST_F(KeyPlacementTest, ThePartitionerOfAllTopicsIsThatOfThoseThatAreKnown) {
  KeyPlacements placements({source("seal"), source("trip")});
  ASSERT_TRUE(placements.open(file, partitions).ok());
  EXPECT_EQ(placements.partitioner(), Partitioner::automatic);
  ASSERT_TRUE(give(placements, 0, &crc32_partition, 200).ok());
  EXPECT_EQ(placements.partitioner(), Partitioner::crc32) << "the other one has no records yet";
  for (const char* key : {"seal-1", "seal-2", "x"})
    EXPECT_EQ(partition_of(placements.partitioner(), key, 7).value, crc32_partition(key, 7));
  KeyPlacements unknown({source("seal", Partitioner::murmur2), source("trip", Partitioner::unchecked)});
  ASSERT_TRUE(unknown.open(file, partitions).ok());
  EXPECT_EQ(unknown.partitioner(), Partitioner::unchecked);
}

TEST_F(KeyPlacementTest, AStrayAmongTheFirstRecordsDoesNotMislead) {
  KeyPlacements placements({source("seal")});
  ASSERT_TRUE(placements.open(file, partitions).ok());
  ASSERT_TRUE(give(placements, 0, "stray", (murmur2_partition("stray", partitions) + 1) % partitions).ok());
  ASSERT_TRUE(give(placements, 0, murmur2_partition, 200).ok());
  EXPECT_NE(placements.of(0)->problem("a", PartitionId{(murmur2_partition("a", partitions) + 1) % partitions}), "");
}

TEST_F(KeyPlacementTest, UntilItIsKnownNothingIsRefused) {
  KeyPlacements placements({source("seal")});
  ASSERT_TRUE(placements.open(file, partitions).ok());
  ASSERT_TRUE(give(placements, 0, murmur2_partition, 15).ok());
  for (std::int32_t p = 0; p < partitions; ++p) EXPECT_EQ(placements.of(0)->problem("a", PartitionId{p}), "");
}

TEST_F(KeyPlacementTest, KeysSpreadAtRandomAreComplainedOf) {
  KeyPlacements placements({source("seal")});
  ASSERT_TRUE(placements.open(file, partitions).ok());
  int turn = 0;
  Status status;
  for (int i = 0; i < 500 && status.ok(); ++i)
    status = give(placements, 0, "seal-" + std::to_string(i), turn++ % partitions);
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_NE(status.text.find("topic 'seal'"), std::string::npos) << status.text;
  EXPECT_NE(status.text.find("partitioner: unchecked"), std::string::npos) << status.text;
}

TEST_F(KeyPlacementTest, TopicsOfOneStageWithDifferentPartitionersAreRefused) {
  KeyPlacements configured({source("seal", Partitioner::murmur2), source("trip", Partitioner::crc32)});
  Status status = configured.open(file, partitions);
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_NE(status.text.find("'seal' is written with murmur2, 'trip' with crc32"), std::string::npos) << status.text;

  KeyPlacements told({source("seal", Partitioner::murmur2), source("trip")});
  ASSERT_TRUE(told.open(file, partitions).ok());
  status = give(told, 1, crc32_partition, 200);
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_NE(status.text.find("'trip' with crc32"), std::string::npos) << status.text;
}

TEST_F(KeyPlacementTest, UncheckedAndASinglePartitionAreGood) {
  KeyPlacements unchecked({source("seal", Partitioner::unchecked), source("trip", Partitioner::crc32)});
  ASSERT_TRUE(unchecked.open(file, partitions).ok());
  EXPECT_EQ(unchecked.of(0), nullptr);
  KeyPlacements single({source("seal", Partitioner::murmur2), source("trip", Partitioner::crc32)});
  ASSERT_TRUE(single.open(file, 1).ok());
  EXPECT_EQ(single.of(0)->problem("a", PartitionId{0}), "");
}

TEST_F(KeyPlacementTest, WhatWasToldIsKnownAfterARestart) {
  {
    KeyPlacements placements({source("seal"), source("trip")});
    ASSERT_TRUE(placements.open(file, partitions).ok());
    ASSERT_TRUE(give(placements, 0, crc32_partition, 200).ok());
  }
  KeyPlacements again({source("seal"), source("trip")});
  ASSERT_TRUE(again.open(file, partitions).ok());
  const std::int32_t right = crc32_partition("a", partitions);
  EXPECT_EQ(again.of(0)->problem("a", PartitionId{right}), "");
  EXPECT_NE(again.of(0)->problem("a", PartitionId{(right + 1) % partitions}), "");
  EXPECT_EQ(again.of(1)->problem("a", PartitionId{(right + 1) % partitions}), "");  // of this one nothing is known yet
}

}  // namespace
}  // namespace vigia::test
