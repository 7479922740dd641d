// Snapshots on a compacted topic of the application, so that who takes a task over needs not the disk of who had it.
//
// Partition N holds the tasks with number N: each key's last image, and each task's last head. A snapshot is published as
// what changed since the one before, in one transaction: a read_committed reader sees it whole, and compaction, which
// counts only what is committed, never mixes two. The transaction holds an offset of the group for this topic too: the
// snapshot's epoch. So the group refuses the snapshot of a process that has lost the task, and tells which is the last.
//
//   key: "h" TASK, 4 bytes of 0             value: the head as in the store, in pieces
//   key: "k" TASK 0x00 KEY, 4 bytes piece   value: 4 bytes number of pieces (little-endian), piece of the image
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "connectors/kafka_producer.h"
#include "connectors/kafka_source.h"
#include "connectors/kafka_transaction.h"
#include "connectors/snapshot_store.h"

namespace vigia {

struct SnapshotTopicOptions {
  std::string brokers;
  std::string topic;
  std::string transactional_id;
  std::map<std::string, std::string> properties;
  TimeMs patience_ms = 30'000;  // without progress, while reading
  KafkaLog log;
};

// One value of a snapshot, in as many records as it takes, or, for a key that is gone, in as many tombstones. Part of the
// transaction that `producer` has open. `key`: as above, without the piece.
[[nodiscard]] Status produce_snapshot_value(KafkaProducer& producer, const std::string& topic, PartitionId number,
                                            const std::string& key, std::string_view value, bool is_gone = false);
[[nodiscard]] std::string snapshot_head_key(const std::string& task);
[[nodiscard]] std::string snapshot_image_key(const std::string& task, std::string_view key);

// publish() may run on one thread while the others run on another.
class SnapshotTopic {
 public:
  // `source` is the group's member, and outlives it.
  SnapshotTopic(SnapshotTopicOptions options, KafkaSource& source);

  [[nodiscard]] Status open(bool create, std::int32_t partitions);

  // The epoch of the last snapshot of this number's task that is there; 0: none. Fault::retry also while it is undecided:
  // who published has crashed on the way, and the brokers have not given its transaction up yet.
  [[nodiscard]] Status last_epoch(PartitionId number, std::uint64_t& epoch);

  // What `store` has of the task behind `after_epoch` (0: everything). Breaks off with Fault::retry when `stop` is set.
  [[nodiscard]] Status publish(const SnapshotStore& store, const std::string& task, PartitionId number,
                               std::uint64_t after_epoch, const std::atomic<bool>& stop);

  // The last snapshot of the task that is there, whole; of epoch 0 when there is none. Fault::retry: it should be of
  // `epoch` at least, and that one has not come yet.
  [[nodiscard]] Status fetch(const std::string& task, PartitionId number, std::uint64_t epoch, TaskSnapshot& out);

 private:
  [[nodiscard]] Status open_reader();

  SnapshotTopicOptions options_;
  KafkaSource& source_;
  KafkaProducer producer_;
  KafkaTransaction transaction_;
  KafkaClient reader_;
};

}  // namespace vigia
