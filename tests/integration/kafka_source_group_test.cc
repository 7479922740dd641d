// A source as a member of its consumer group.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "broker_fixture.h"
#include "connectors/kafka_source.h"

namespace vigia::test {
namespace {

class KafkaSourceGroupTest : public BrokerFixture {};

// While the group waits for a member to give its partitions back the client fetches nothing for it: who waits for records
// of the journal then waits for nothing, and lets everybody wait.
TEST_F(KafkaSourceGroupTest, WhoReadsTheJournalsRecordsDoesNotKeepTheGroupWaiting) {
  const std::string topic = unique("shared");
  kafka().create_topic(topic, 1);
  KafkaSourceOptions options;
  options.brokers = bootstrap();
  options.group = unique("group");
  options.topics = {topic};
  KafkaSource source(options);
  ASSERT_TRUE(source.join().ok());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (source.change() != LogSource::Change::offered && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_TRUE(source.take({}).ok());

  std::atomic<bool> done = false;
  std::thread other([&] {
    KafkaSource second(options);
    EXPECT_TRUE(second.join().ok());
    while (!done) {
      (void)second.change();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  RecordBatch batch;
  Status status;
  for (std::int64_t next = 0; status.ok(); ++next) {
    kafka().produce(topic, {{.key = "k", .value = "v", .headers = {}, .timestamp_ms = 1'000, .partition = 0}});
    status = source.read_range({topic, PartitionId{0}, Offset{next}}, Offset{next + 1}, 20'000, batch);
  }
  done = true;
  other.join();
  EXPECT_EQ(status.text, "the consumer group " + options.group + " shares its partitions out anew");
  EXPECT_EQ(status.fault, Fault::retry);
  EXPECT_EQ(source.change(), LogSource::Change::withdrawn);
}

}  // namespace
}  // namespace vigia::test
