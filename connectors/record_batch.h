// The records of one poll, with the bytes they point into and what is known of each partition after them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "connectors/byte_arena.h"
#include "connectors/offset_gap.h"
#include "engine/record.h"

namespace vigia {

// A Kafka header; a null value has value.data() == nullptr.
struct RecordHeader {
  std::string_view name;
  std::string_view value;
};

// What InputRecord::headers points to, when it is not null.
struct RecordHeaders {
  const RecordHeader* items = nullptr;
  std::size_t count = 0;
};

[[nodiscard]] inline std::span<const RecordHeader> headers_of(const InputRecord& record) {
  const auto* headers = static_cast<const RecordHeaders*>(record.headers);
  return headers == nullptr ? std::span<const RecordHeader>{} : std::span{headers->items, headers->count};
}

// A partition after the batch that carries it. The stage clock is made of these (see StageClock).
struct PartitionStatus {
  TopicIndex topic;
  PartitionId partition;
  Offset first{-1};         // of this batch's first record of the partition; -1: it has none here
  Offset next{0};           // where reading goes on: commit this once the batch is done; negative: not known yet
  std::uint64_t count = 0;  // records of this partition in this batch
  TimeMs last_broker_ms = no_time_ms;  // of the last record handed out since open(), in any batch

  // Everything up to the end of the log has been handed out. False while an upstream transaction hangs, and while the
  // broker is away, because what the log has then is not known.
  bool at_end = false;
  // Wall clock at the start of the last successful fetch that found the end, which has no record in it that was not
  // handed out; stands still while the broker is away. no_time_ms: never yet.
  TimeMs end_seen_ms = no_time_ms;
  // Records between `next` and the end of the log as last heard; -1: unknown. For people.
  std::int64_t lag = -1;
  // What was to be read before this batch's first record and is not in the log any more, where that is accepted.
  OffsetGap lost;
};

// Move-only. `records` stay readable until clear() or destruction. Of each partition number (the tasks) the records
// stand merged by (broker time, topic, partition, offset), offset order within a partition being kept: the order in
// which an epoch applies them (see record_merge.h). All records of a partition number may form one epoch.
struct RecordBatch {
  std::vector<InputRecord> records;
  std::vector<PartitionStatus> partitions;  // every assigned partition, sorted by (partition, topic)
  ByteArena bytes;
  std::vector<std::shared_ptr<const void>> keep;  // whatever else the records point into

  RecordBatch() = default;
  RecordBatch(RecordBatch&&) = default;
  RecordBatch& operator=(RecordBatch&&) = default;

  void clear() {
    records.clear();
    partitions.clear();
    bytes.clear();
    keep.clear();
  }
};

}  // namespace vigia
