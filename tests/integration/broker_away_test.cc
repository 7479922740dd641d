// What source and producer do while their broker is away and when it is back. A broker of its own.
#include <gtest/gtest.h>

#include "broker.h"
#include "broker_fixture.h"
#include "connectors/kafka_fetch_watch.h"
#include "connectors/kafka_producer.h"
#include "connectors/kafka_source.h"
#include "kafka_test_client.h"

namespace vigia::test {
namespace {

constexpr TimeMs patience_ms = 60'000;

TEST(BrokerAway, TimeStandsStillAndNothingIsLostOrDoubled) {
  Broker broker;
  VIGIA_NEED_BROKER(broker.start());
  KafkaTestClient kafka(broker.bootstrap());
  kafka.create_topic("t", 1);
  kafka.create_topic("out", 1);
  kafka.produce("t", {{.key = "k", .value = "before", .headers = {}}});

  KafkaSourceOptions options;
  options.brokers = broker.bootstrap();
  options.group = "g";
  options.topics = {"t"};
  KafkaSource source(options);
  ASSERT_TRUE(source.open({}).ok());
  RecordBatch batch;
  std::vector<std::string> values;
  const auto poll = [&] {
    const Status status = source.poll(batch, {});
    for (const auto& record : batch.records) values.emplace_back(record.value);
    return status;
  };
  TimeMs deadline_ms = wall_clock_ms() + patience_ms;
  do {
    ASSERT_TRUE(poll().ok());
  } while ((values.empty() || batch.partitions[0].end_seen_ms == no_time_ms) && wall_clock_ms() < deadline_ms);

  broker.kill();
  const TimeMs killed_ms = wall_clock_ms();
  Status status;
  deadline_ms = killed_ms + patience_ms;
  while (status.ok() && wall_clock_ms() < deadline_ms) status = poll();
  EXPECT_EQ(status.fault, Fault::retry);
  EXPECT_NE(status.text.find("no answer from Kafka at " + broker.bootstrap()), std::string::npos) << status.text;
  for (int i = 0; i < 5; ++i) (void)poll();
  EXPECT_LE(batch.partitions[0].end_seen_ms, killed_ms);  // the stage clock can't go beyond it
  EXPECT_FALSE(batch.partitions[0].at_end);               // what it has meanwhile is not known

  KafkaProducerOptions out;
  out.brokers = broker.bootstrap();
  out.client = "test";
  out.flush_timeout_ms = 500;
  KafkaProducer producer(out);
  ASSERT_TRUE(producer.open().ok());
  ASSERT_TRUE(producer.produce("out", "k", "never", {}).ok());
  status = producer.flush();
  EXPECT_EQ(status.fault, Fault::retry);
  EXPECT_NE(status.text.find("not acknowledged"), std::string::npos) << status.text;

  const Status back = broker.start_again();
  ASSERT_TRUE(back.ok()) << back.text;
  kafka.produce("t", {{.key = "k", .value = "after", .headers = {}}});
  deadline_ms = wall_clock_ms() + patience_ms;
  while (values.size() < 2 && wall_clock_ms() < deadline_ms) (void)poll();
  EXPECT_EQ(values, (std::vector<std::string>{"before", "after"}));
  while (batch.partitions[0].end_seen_ms <= killed_ms && wall_clock_ms() < deadline_ms) (void)poll();
  EXPECT_GT(batch.partitions[0].end_seen_ms, killed_ms);

  do {
    ASSERT_TRUE(producer.produce("out", "k", "again", {}).ok());
  } while (!producer.flush().ok() && wall_clock_ms() < deadline_ms);
  const auto written = kafka.read_all("out");
  ASSERT_FALSE(written.empty());
  for (const auto& record : written) EXPECT_EQ(*record.value, "again");
}

}  // namespace
}  // namespace vigia::test
