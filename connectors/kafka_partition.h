// One assigned partition of the Kafka source: its queue in librdkafka, and the records taken out of it that no batch has
// got yet. Used by the source's thread alone, but for the blocks, which batches keep and give back from any thread.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka_fetch_watch.h"
#include "connectors/record_batch.h"
#include "connectors/status.h"

namespace vigia {

// Records and their bytes; shared by the partition and the batches that hold some of its records.
struct RecordBlock {
  ByteArena bytes;
  std::vector<InputRecord> records;
};

// Blocks to be used again: their memory is warm. Thread-safe.
class RecordBlockPool : public std::enable_shared_from_this<RecordBlockPool> {
 public:
  // An empty block, which comes back here when the last owner lets it go.
  [[nodiscard]] std::shared_ptr<RecordBlock> get();

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<RecordBlock>> free_;
};

class KafkaPartition {
 public:
  // `watch` outlives it. `position` is an offset or RD_KAFKA_OFFSET_BEGINNING. Writes to `wake_fd` (an eventfd) when the
  // queue fills. `limit_bytes`: of keys and values, at which librdkafka stops fetching.
  KafkaPartition(rd_kafka_t* handle, const KafkaFetchWatch& watch, std::string topic_name, TopicIndex topic,
                 PartitionId partition, std::int64_t position, int wake_fd, RecordBlockPool& pool,
                 std::size_t limit_bytes);
  ~KafkaPartition();
  KafkaPartition(const KafkaPartition&) = delete;
  KafkaPartition& operator=(const KafkaPartition&) = delete;

  // A lane of a task's merge (task_merge.h).
  [[nodiscard]] std::span<const InputRecord> staged() const { return std::span(block_->records).subspan(next_); }
  [[nodiscard]] bool refill();
  void take(std::size_t count, RecordBatch& batch);
  // No leader, or an error that has not passed.
  [[nodiscard]] bool lost() const { return leader < 0 || trouble_.fault == Fault::retry; }
  [[nodiscard]] TimeMs heard_ms() const { return answered_ms; }

  // Everything that the log had for us has been handed out, as of the leader's last answer: none has come since refill() began.
  // An upstream transaction that is still open makes no difference here, but to status().at_end.
  [[nodiscard]] bool drained() const {
    return is_empty() && looked_after_ > 0 && watch_.whole_answers(leader) == looked_after_;
  }
  void note_drained(bool drained) { was_drained_ = drained; }
  [[nodiscard]] PartitionStatus status() const;
  // Everything that may be read has been, and the log goes on behind it: a transaction upstream is open.
  [[nodiscard]] bool hides_records() const;
  [[nodiscard]] std::int64_t begins_at() const { return position_; }  // before anything was taken out of the queue
  // Forgets what belongs to one batch.
  void begin_batch();

  [[nodiscard]] std::uint64_t queued_bytes() const;
  // The queue was full and has room again, since the last call (see KafkaFetchNudge).
  [[nodiscard]] bool take_room() { return std::exchange(has_room_, false); }
  // The log does not have what was to be read next; said once all that it had before is handed out. Nothing more comes until
  // the partition is assigned anew.
  [[nodiscard]] bool is_misplaced() const { return misplaced_ && staged().empty(); }
  // The next assignment begins at `begin`.
  void skip_to(Offset begin);
  // What librdkafka said about this partition that ends the reading, or will pass. Good: nothing.
  [[nodiscard]] const Status& trouble() const { return trouble_; }
  [[nodiscard]] const std::string& topic_name() const { return topic_name_; }
  [[nodiscard]] std::string name() const;  // "TOPIC/PARTITION", for people

  const TopicIndex topic;
  const PartitionId partition;
  std::int32_t leader = -1;
  // KafkaFetchWatch's answers for the leader, asked before the queue is looked at.
  TimeMs complete_ms = no_time_ms;
  TimeMs answered_ms = no_time_ms;
  bool away = false;                    // nobody answers for it
  TimeMs hidden_since_ms = no_time_ms;  // steady: since when hides_records() has held; the source's

 private:
  [[nodiscard]] bool is_empty() const { return drained_ && next_ == block_->records.size(); }
  [[nodiscard]] double queued_payload_bytes() const {
    return static_cast<double>(rd_kafka_queue_length(queue_)) * record_bytes_;
  }
  static void on_message(rd_kafka_message_t* message, void* self);
  void add(const rd_kafka_message_t& message);
  void on_error(const rd_kafka_message_t& message);
  const RecordHeaders* copy_headers(const rd_kafka_message_t& message);

  rd_kafka_t* handle_;
  const KafkaFetchWatch& watch_;
  std::string topic_name_;
  rd_kafka_queue_t* queue_;
  RecordBlockPool& pool_;
  std::shared_ptr<RecordBlock> block_;
  std::size_t next_ = 0;
  bool block_kept_ = false;         // the current batch keeps block_
  bool drained_ = false;            // the end of the log was found behind what is in the block
  std::uint64_t looked_after_ = 0;  // KafkaFetchWatch::whole_answers() at refill()
  bool was_drained_ = false;        // when the batch was merged
  bool misplaced_ = false;
  std::int64_t position_;    // the offset after the last record in the block, or the end of the log when drained
  std::int64_t handed_out_;  // the offset after the last record handed out; negative: none yet
  std::int64_t batch_first_ = -1;
  std::uint64_t batch_count_ = 0;
  TimeMs last_broker_ms_ = no_time_ms;
  TimeMs end_seen_ms_ = no_time_ms;
  double record_bytes_ = 256;  // key and value, a running mean
  const double limit_bytes_;
  bool was_full_ = false, has_room_ = false;
  Status trouble_;
};

}  // namespace vigia
