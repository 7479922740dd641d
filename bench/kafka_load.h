// Records on their way into topics, and the least that can be done with them there: count.
#pragma once

#include <cstdint>
#include <string>

#include "bench/record_list.h"
#include "connectors/kafka_client.h"

namespace vigia::bench {

// All of these end the process when the broker does not do what is asked of it.

inline constexpr std::int32_t kafka_partitions = 2;

void create_topic(const std::string& topic);
// Behind the last record of the partition, committed or not.
[[nodiscard]] std::int64_t end_of(const std::string& topic, std::int32_t partition);

struct OutgoingRecord {
  const std::string& topic;
  std::int32_t partition;  // -1: by the key
  TimeMs timestamp_ms;     // 0: now
  std::string_view key, value;
};

// Waits while the client's queue is full; the bytes are copied.
void produce(KafkaClient& client, const OutgoingRecord& record);
// Returns when the broker has all records.
void flush(KafkaClient& client);

// Returns when the broker has all records of the list, with their broker times.
void preload(const std::string& topic, std::int32_t partition, const RecordList& list);

// How fast something went through `records`, from the first one on.
struct Consumption {
  double records = 0;
  double wall_s = 0;
  double cpu_s = 0;  // of the whole process: librdkafka's threads too
};

// Reads all partitions from their beginning through one callback queue until `records` have come, and counts.
[[nodiscard]] Consumption count_records(const std::string& topic, std::uint64_t records);

}  // namespace vigia::bench
