// A source as a member of its consumer group.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "broker_fixture.h"
#include "connectors/kafka_source.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

class KafkaSourceGroupTest : public BrokerFixture {
 protected:
  KafkaSourceOptions options() {
    KafkaSourceOptions o;
    o.brokers = bootstrap();
    o.group = unique("group");
    o.topics = {unique("shared")};
    kafka().create_topic(o.topics.front(), 1);
    return o;
  }

  // Until the group says so.
  static bool hears(KafkaSource& source, LogSource::Change what) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (std::chrono::steady_clock::now() < deadline) {
      if (source.change() == what) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }

  // Of its polls.
  static Status first_trouble(KafkaSource& source, RecordBatch& batch) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    Status status;
    while (status.ok() && std::chrono::steady_clock::now() < deadline) status = source.poll(batch, {});
    return status;
  }
};

// While the group waits for a member to give its partitions back the client fetches nothing for it: who waits for records
// of the journal then waits for nothing, and lets everybody wait.
TEST_F(KafkaSourceGroupTest, WhoReadsTheJournalsRecordsDoesNotKeepTheGroupWaiting) {
  const KafkaSourceOptions o = options();
  const std::string topic = o.topics.front();
  KafkaSource source(o);
  ASSERT_TRUE(source.join().ok());
  ASSERT_TRUE(hears(source, LogSource::Change::offered));
  ASSERT_TRUE(source.take({}).ok());

  std::atomic<bool> done = false;
  std::thread other([&] {
    KafkaSource second(o);
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
  EXPECT_EQ(status.text, "the consumer group " + o.group + " shares its partitions out anew");
  EXPECT_EQ(status.fault, Fault::retry);
  EXPECT_EQ(source.change(), LogSource::Change::withdrawn);
}

// As it fences itself when the answer to its joining is lost on the way: the group then knows it under an id that it has
// not heard.
TEST_F(KafkaSourceGroupTest, AMemberThatIsFencedJoinsAgainAndTheSecondTimeItIsSomebodyElse) {
  KafkaSourceOptions o = options();
  o.instance = "one";
  KafkaSource source(o);
  ASSERT_TRUE(source.join().ok());
  ASSERT_TRUE(hears(source, LogSource::Change::offered));
  ASSERT_TRUE(source.take({}).ok());
  KafkaSource twin(o);
  ASSERT_TRUE(twin.join().ok());
  ASSERT_TRUE(hears(twin, LogSource::Change::offered));

  RecordBatch batch;
  ASSERT_EQ(first_trouble(source, batch).fault, Fault::retry) << "also when a poll is the first to know";
  ASSERT_TRUE(hears(source, LogSource::Change::lost));
  source.give_up();
  ASSERT_TRUE(hears(source, LogSource::Change::offered));
  ASSERT_TRUE(source.take({}).ok());
  ASSERT_TRUE(source.poll(batch, {}).ok());

  KafkaSource again(o);
  ASSERT_TRUE(again.join().ok());
  ASSERT_TRUE(hears(again, LogSource::Change::offered));
  const Status status = first_trouble(source, batch);
  EXPECT_EQ(status.fault, Fault::fenced) << status.text;
}

TEST_F(KafkaSourceGroupTest, HowFarThePartitionsOfOthersAreIsAskedForAndNeverWaitedFor) {
  KafkaSourceOptions o = options();
  const std::string topic = unique("apart");
  o.topics = {topic};
  kafka().create_topic(topic, 3);
  o.only_partitions = {0};
  KafkaSource source(o);
  ASSERT_TRUE(source.open({}).ok());
  std::int64_t end = -1;
  EXPECT_EQ(source.others_end(TopicIndex{0}, end).fault, Fault::retry) << "it only asks";
  const auto comes_to = [&](std::int64_t wanted) {
    return wait_until([&] { return source.others_end(TopicIndex{0}, end).ok() && end == wanted; });
  };
  EXPECT_TRUE(comes_to(0)) << end;
  for (const std::int32_t partition : {0, 1, 2})
    kafka().produce(topic, {{.key = "k", .value = "v", .headers = {}, .timestamp_ms = 1'000, .partition = partition}});
  EXPECT_TRUE(comes_to(2)) << end;
  source.close();

  o.only_partitions = {0, 1, 2};
  KafkaSource whole(o);
  ASSERT_TRUE(whole.open({}).ok());
  end = -1;
  EXPECT_TRUE(whole.others_end(TopicIndex{0}, end).ok());
  EXPECT_EQ(end, -1) << "there are none";
}

}  // namespace
}  // namespace vigia::test
