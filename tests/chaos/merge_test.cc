// One answer may bring what two topics got meanwhile, and its partitions come into their queues one after another: the one that
// was read to its end before is not to be passed over for that.
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "chaos_test.h"
#include "connectors/kafka_fetch_watch.h"
#include "connectors/kafka_source.h"

namespace vigia::test {
namespace {

class MergeTest : public ChaosTest {
 protected:
  void produce(const std::string& topic, std::size_t count, TimeMs first_ms) {
    std::vector<KafkaRecord> records;
    for (std::size_t i = 0; i < count; ++i)
      records.push_back({.key = "k", .value = std::string(100, 'x'), .headers = {}, .timestamp_ms = first_ms++});
    kafka_.produce(topic, records);
  }

  KafkaTestClient kafka_{outside().straight()};
};

TEST_F(MergeTest, AfterTheNetworkHasHeldEverythingTheOlderComesFirst) {
  const std::string suffix = std::to_string(::getpid()) + "." + std::to_string(seed());
  const std::string seals = "merge.seals." + suffix, trips = "merge.trips." + suffix;
  for (const std::string& topic : {seals, trips}) {
    kafka_.create_topic(topic, 1);
    produce(topic, 1, 0);
  }
  KafkaSourceOptions options;
  options.brokers = outside().proxied();
  options.group = "merge." + suffix;
  options.topics = {trips, seals};  // the one that would be passed over is looked at first
  KafkaSource source(options);
  ASSERT_TRUE(source.open({}).ok());
  constexpr std::size_t rounds = 40, trip_count = 1'000, seal_count = 1'000;
  std::size_t early = 0, seals_read = 0, trips_read = 0;
  for (std::size_t round = 0; round <= rounds; ++round) {
    bool is_early = false;  // of the seals' records those behind the first, which is older than the trips'
    ASSERT_TRUE(wait_until([&] {
      RecordBatch batch;
      EXPECT_NE(source.poll(batch, {}).fault, Fault::fatal);
      for (const InputRecord& record : batch.records) ++(record.topic.value == 1 ? seals_read : trips_read);
      is_early = is_early || (seals_read > 2 + (round - 1) * seal_count && trips_read < 1 + round * trip_count);
      return seals_read == 1 + round * seal_count && trips_read == 1 + round * trip_count;
    })) << seals_read
        << " seals, " << trips_read << " trips in round " << round;
    early += round > 0 && is_early ? 1 : 0;
    outside().proxy().set({.held = true});
    const TimeMs first_ms = 1'000'000 * static_cast<TimeMs>(round + 1);
    produce(seals, 1, first_ms);  // what the broker answers at once; the rest comes with the next answer
    produce(trips, trip_count, first_ms + 1);
    produce(seals, seal_count - 1, first_ms + 500'000);
    outside().proxy().pass();
  }
  EXPECT_EQ(early, 0u) << "of " << rounds;
}

}  // namespace
}  // namespace vigia::test
