#include "connectors/partitioner.h"

#include <gtest/gtest.h>

namespace vigia::test {
namespace {

// Kafka's own test vectors (org.apache.kafka.common.utils.Utils.murmur2).
TEST(Partitioner, Murmur2IsThatOfTheJavaClient) {
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("21")), -973932308);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("foobar")), -790332482);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("a-little-bit-long-string")), -985981536);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("a-little-bit-longer-string")), -1486304829);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")), -58897971);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("abc")), 479470107);
}

// The check values of the two algorithms.
TEST(Partitioner, Crc32AndFnv1a) {
  EXPECT_EQ(crc32("123456789"), 0xcbf43926U);
  EXPECT_EQ(fnv1a("foobar"), 0xbf9cf968U);
}

TEST(Partitioner, PartitionsAreNeverNegative) {
  for (const char* key : {"", "21", "foobar", "abc", "x"}) {
    for (const std::int32_t partitions : {1, 2, 7, 100}) {
      for (const auto partition :
           {murmur2_partition(key, partitions), crc32_partition(key, partitions), fnv1a_partition(key, partitions)}) {
        EXPECT_GE(partition, 0);
        EXPECT_LT(partition, partitions);
      }
    }
  }
}

}  // namespace
}  // namespace vigia::test
