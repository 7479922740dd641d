// Reads topics of a Kafka cluster with librdkafka.
//
// Partitions are assigned by hand, each with its own queue, so that the records of a task are merged without holding
// more than the queues. Offsets are never stored or committed behind our back, and a position that no longer exists stops
// the source instead of skipping data in silence. Bytes are copied once, into the batch: librdkafka frees its buffers in
// its own pattern while the batch lives as long as the epoch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/record_source.h"

namespace vigia {

struct KafkaSourceOptions {
  std::string brokers;
  std::string group;                              // the application
  std::map<std::string, std::string> properties;  // handed to librdkafka as they are; ours win where data would be lost
  std::vector<std::string> topics;                // by TopicIndex; all of one stage: the same number of partitions
  bool create_topics = false;                     // create what is missing, with the siblings' number of partitions
  std::int32_t create_partitions = 4;             // when no sibling exists
  std::vector<std::int32_t> only_partitions;      // static assignment; empty: all
  std::size_t queue_bytes = std::size_t{128} << 20;  // memory for what is read ahead, over all partitions
  TimeMs request_timeout_ms = 10'000;                // of open()
  // What librdkafka has to say (syslog level 0 to 7). Called from its threads. May be empty.
  std::function<void(int level, const std::string& text)> log;
};

class KafkaSource : public RecordSource {
 public:
  explicit KafkaSource(KafkaSourceOptions options);
  ~KafkaSource() override;

  [[nodiscard]] Status open(std::span<const PartitionOffset> from) override;
  [[nodiscard]] std::int32_t partition_count() const override;
  [[nodiscard]] Status poll(RecordBatch& batch, const PollLimits& limits) override;
  [[nodiscard]] bool finished() const override { return false; }
  [[nodiscard]] Status read_range(const PartitionOffset& from, Offset end, TimeMs wait_ms, RecordBatch& batch) override;
  void commit(std::span<const PartitionOffset> offsets) override;
  void close() override;
  [[nodiscard]] std::uint64_t queued_bytes() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
