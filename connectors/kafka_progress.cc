#include "connectors/kafka_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

namespace vigia {

namespace {

// Reads "epoch N of M partitions"; what is not there stays 0.
void read_metadata(const rd_kafka_topic_partition_t& element, TaskProgress& task) {
  const std::string text(static_cast<const char*>(element.metadata), element.metadata_size);
  unsigned long long epoch = 0;
  int partitions = 0;
  if (std::sscanf(text.c_str(), "epoch %llu of %d partitions", &epoch, &partitions) < 1) return;
  task.epoch = std::max<std::uint64_t>(task.epoch, epoch);
  task.partitions = std::max(task.partitions, partitions);
}

Status later(const char* what, rd_kafka_resp_err_t error) {
  return Status::of(Fault::retry, fmt::format("{}: {}", what, rd_kafka_err2str(error)));
}

}  // namespace

KafkaPartitionList progress_list(rd_kafka_t* handle, std::span<const TaskProgress> progress) {
  KafkaPartitionList list(rd_kafka_topic_partition_list_new(16));
  for (const TaskProgress& task : progress) {
    const std::string metadata = fmt::format("epoch {} of {} partitions", task.epoch, task.partitions);
    for (const PartitionOffset& offset : task.next) {
      auto* element = rd_kafka_topic_partition_list_add(list.get(), offset.topic.c_str(), offset.partition.value);
      // An offset that is not known yet is that of the beginning: the epoch counts all the same.
      element->offset = std::max<std::int64_t>(offset.next.value, 0);
      element->metadata = rd_kafka_mem_malloc(handle, metadata.size());
      element->metadata_size = metadata.size();
      std::memcpy(element->metadata, metadata.data(), metadata.size());
    }
  }
  return list;
}

Status fetch_progress(KafkaClient& client, std::span<const std::string> topics, std::span<const PartitionId> numbers,
                      int timeout_ms, std::vector<TaskProgress>& out) {
  out.clear();
  if (numbers.empty()) return Status::good();
  KafkaPartitionList list(rd_kafka_topic_partition_list_new(16));
  for (const PartitionId number : numbers) {
    for (const std::string& topic : topics) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), number.value);
  }
  if (const auto error = rd_kafka_committed(client.handle(), list.get(), timeout_ms);
      error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return later("committed offsets", error);
  }
  int at = 0;
  for (const PartitionId number : numbers) {
    TaskProgress& task = out.emplace_back();
    task.partition = number;
    for (const std::string& topic : topics) {
      const rd_kafka_topic_partition_t& element = list->elems[at++];
      if (element.err != RD_KAFKA_RESP_ERR_NO_ERROR) return later("committed offsets", element.err);
      read_metadata(element, task);
      if (element.offset >= 0) task.next.push_back({topic, number, Offset{element.offset}});
    }
  }
  return Status::good();
}

Status commit_progress(KafkaClient& client, std::span<const TaskProgress> progress) {
  const KafkaPartitionList list = progress_list(client.handle(), progress);
  if (list->cnt == 0) return Status::good();
  const rd_kafka_resp_err_t error = rd_kafka_commit(client.handle(), list.get(), 0);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::good();
  if (is_outcast(error)) return Status::of(Fault::lost, fmt::format("offsets refused: {}", rd_kafka_err2str(error)));
  return later("offsets not committed", error);
}

bool is_outcast(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS: return true;
    default: return false;
  }
}

}  // namespace vigia
