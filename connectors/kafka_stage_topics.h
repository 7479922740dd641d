// The topics of one stage: they exist, or are created, and have the same number of partitions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "connectors/kafka_client.h"
#include "connectors/status.h"

namespace vigia {

struct StageTopics {
  std::string brokers;  // for what is said
  std::vector<std::string> names;
  bool create = false;                 // what is missing, with the siblings' number of partitions
  std::int32_t create_partitions = 4;  // when no sibling exists
  TimeMs timeout_ms = 10'000;
};

// Fault::missing_topics names those that are not there and are not to be created, Fault::refused those whose numbers of
// partitions differ.
[[nodiscard]] Status find_stage_topics(KafkaClient& client, const StageTopics& topics, KafkaTopics& found,
                                       std::int32_t& partition_count);

}  // namespace vigia
