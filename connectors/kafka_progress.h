// How far an application has come, where its consumer group keeps it: the offsets of its topics, and in their metadata
// the number of the epoch and of the partitions ("epoch 42 of 4 partitions"), so that offsets and journal can be told to
// belong together, and keys that have moved are noticed.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka_client.h"
#include "connectors/kafka_handles.h"
#include "connectors/log_source.h"

namespace vigia {

// As a list of offsets with metadata; offsets not known yet are left out.
[[nodiscard]] KafkaPartitionList progress_list(rd_kafka_t* handle, std::span<const TaskProgress> progress);

// Of each number; without any yet it has epoch 0 and no offsets. Transactions that are undecided are waited for at most
// timeout_ms, then Fault::retry.
[[nodiscard]] Status fetch_progress(KafkaClient& client, std::span<const std::string> topics,
                                    std::span<const PartitionId> numbers, int timeout_ms,
                                    std::vector<TaskProgress>& out);

// Without a transaction; waits for the answer. Fault::lost: the group says that the partitions are not ours any more.
[[nodiscard]] Status commit_progress(KafkaClient& client, std::span<const TaskProgress> progress);

// Whether an answer of the group means that this member is none any more, or not of this generation.
[[nodiscard]] bool is_outcast(rd_kafka_resp_err_t error);

}  // namespace vigia
