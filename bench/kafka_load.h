// A topic filled before the clock is started, and the least that can be done with it: count.
#pragma once

#include <cstdint>
#include <string>

#include "bench/record_list.h"

namespace vigia::bench {

inline constexpr std::int32_t kafka_partitions = 2;

// Creates the topic and returns when the broker has all records, with their broker times. `partition` is where they go.
// Ends the process when it can't.
void create_topic(const std::string& brokers, const std::string& topic);
void preload(const std::string& brokers, const std::string& topic, std::int32_t partition, const RecordList& list);

// How fast something went through `records`, from the first one on.
struct Consumption {
  double records = 0;
  double wall_s = 0;
  double cpu_s = 0;  // of the whole process: librdkafka's threads too
};

// Reads all partitions from their beginning through one callback queue until `records` have come, and counts.
[[nodiscard]] Consumption count_records(const std::string& brokers, const std::string& topic, std::uint64_t records);

}  // namespace vigia::bench
