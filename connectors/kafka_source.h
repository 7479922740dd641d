// Reads topics of a Kafka cluster with librdkafka, alone or as a member of the application's consumer group.
//
// Each partition has its own queue, so that the records of a task are merged without holding more than the queues. The
// group's range assignment gives a member the same partition numbers of all topics. Offsets are never stored or committed
// behind our back, and a position that no longer exists is never skipped in silence: it stops the source, or is told of
// with the batch (PartitionStatus::lost). Bytes are copied once, into the batch: librdkafka frees its buffers in
// its own pattern while the batch lives as long as the epoch.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka_group_members.h"
#include "connectors/log_source.h"

namespace vigia {

struct KafkaSourceOptions {
  std::string brokers;
  std::string group;  // the application
  std::string
      instance;  // of a member that comes back under its own name (group.instance.id); empty: a new one each time
  std::map<std::string, std::string> properties;  // handed to librdkafka as they are; ours win where data would be lost
  std::vector<std::string> topics;                // by TopicIndex; all of one stage: the same number of partitions
  bool create_topics = false;                     // create what is missing, with the siblings' number of partitions
  std::int32_t create_partitions = 4;             // when no sibling exists
  bool accept_lost = false;                       // go on behind records that are gone, and say so; else stop
  std::vector<std::int32_t> only_partitions;      // no group: these and no others; empty: the group decides
  std::int32_t first_partitions = 0;              // no group: as if the topics had only so many; 0: all that they have
  std::size_t queue_bytes = std::size_t{128} << 20;  // memory for what is read ahead, over all partitions
  TimeMs request_timeout_ms = 10'000;                // of open()
  // What librdkafka has to say (syslog level 0 to 7). Called from its threads. May be empty.
  std::function<void(int level, const std::string& text)> log;
};

class KafkaSource : public LogSource {
 public:
  explicit KafkaSource(KafkaSourceOptions options);
  ~KafkaSource() override;

  // All partitions (or only_partitions), without the group's say.
  [[nodiscard]] Status open(std::span<const PartitionOffset> from) override;
  [[nodiscard]] std::int32_t partition_count() const override;
  [[nodiscard]] Status join() override;
  [[nodiscard]] Change change() override;
  [[nodiscard]] std::span<const PartitionId> numbers() const override;
  [[nodiscard]] Status take(std::span<const PartitionOffset> from) override;
  void give_up() override;
  [[nodiscard]] Status committed(std::span<const PartitionId> numbers, std::vector<TaskProgress>& out) override;
  [[nodiscard]] Status commit(std::span<const TaskProgress> progress) override;
  [[nodiscard]] Status others_end(TopicIndex topic, std::int64_t& end) override;
  [[nodiscard]] Status poll(RecordBatch& batch, const PollLimits& limits) override;
  [[nodiscard]] bool finished() const override { return false; }
  [[nodiscard]] Status read_range(const PartitionOffset& from, Offset end, TimeMs wait_ms, RecordBatch& batch) override;
  void close() override;
  [[nodiscard]] std::uint64_t queued_bytes() const override;

  // As committed(), of other topics that the group keeps something for.
  [[nodiscard]] Status committed_in(std::span<const std::string> topics, std::span<const PartitionId> numbers,
                                    TimeMs timeout_ms, std::vector<TaskProgress>& out);

  // Who is in the group, and which of them we are (empty: none yet). Any thread.
  [[nodiscard]] Status members(TimeMs timeout_ms, std::vector<GroupMember>& out, std::string& self);

  // The member that we are now, for a transaction that is to hold offsets: the caller destroys it. Null while it joins its
  // group again. Any thread.
  [[nodiscard]] rd_kafka_consumer_group_metadata_t* group_metadata() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
