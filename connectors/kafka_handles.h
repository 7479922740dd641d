// Owners of what librdkafka allocates, and how to move a consumer.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <string>

namespace vigia {

struct KafkaMessageFree {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using KafkaMessage = std::unique_ptr<rd_kafka_message_t, KafkaMessageFree>;

struct KafkaPartitionListFree {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using KafkaPartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaPartitionListFree>;

// Of an assigned partition. Waits until the client has taken it, so that nothing that was fetched before comes after it,
// the end of the log least of all: after another rd_kafka_assign() it may. Should it fail, the client reads on from where
// it is.
inline void kafka_seek(rd_kafka_t* handle, const std::string& topic, std::int32_t partition, std::int64_t offset) {
  constexpr int timeout_ms = 1000;
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  if (rd_kafka_error_t* error = rd_kafka_seek_partitions(handle, list.get(), timeout_ms)) rd_kafka_error_destroy(error);
}

}  // namespace vigia
