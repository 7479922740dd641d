// Brokers that have no transactions: librdkafka's own in memory, which is told not to know them.
#include "connectors/kafka_transaction.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka_mock.h>

namespace vigia {
namespace {

constexpr std::int16_t init_producer_id = 22;  // of Kafka's protocol

struct MockCluster {
  MockCluster() {
    EXPECT_TRUE(client.open(RD_KAFKA_PRODUCER, {}).ok());
    cluster = rd_kafka_mock_cluster_new(client.handle(), 1);
  }
  ~MockCluster() { rd_kafka_mock_cluster_destroy(cluster); }

  KafkaClient client;
  rd_kafka_mock_cluster_t* cluster = nullptr;
};

TEST(KafkaTransaction, BrokersWithoutTransactionsAreRefusedWithWhatToDo) {
  MockCluster brokers;
  rd_kafka_mock_set_apiversion(brokers.cluster, init_producer_id, -1, -1);
  KafkaProducerOptions options;
  options.brokers = rd_kafka_mock_cluster_bootstraps(brokers.cluster);
  options.client = "test";
  options.transactional_id = "test-one";
  KafkaProducer producer(options);
  ASSERT_TRUE(producer.open().ok());
  KafkaSource source({});
  KafkaTransaction transaction(producer, source, {"topic"});
  Status status = Status::of(Fault::retry, "");
  for (int attempt = 0; attempt < 10 && status.fault == Fault::retry; ++attempt) status = transaction.init();
  EXPECT_EQ(status.fault, Fault::refused) << status.text;
  EXPECT_NE(status.text.find("these brokers have no transactions"), std::string::npos) << status.text;
  EXPECT_NE(status.text.find("set delivery: at_least_once"), std::string::npos) << status.text;
}

}  // namespace
}  // namespace vigia
