// What makes replay exact: of every epoch of every task, the offsets it took and the clocks it ran by. An entry is on
// disk before the epoch's alerts leave, so that what is produced twice is the same twice.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "connectors/status.h"
#include "engine/identity.h"

namespace rocksdb {
class Env;
}

namespace vigia {

// One partition's part of an epoch: records with offsets in [first, end).
struct JournalRange {
  std::string topic;
  PartitionId partition;
  Offset first, end;
  bool at_end = false;  // the flag with which the epoch's clocks were computed (PartitionStatus::at_end)

  friend bool operator==(const JournalRange&, const JournalRange&) = default;
};

// The order of the records follows from the ranges (record_merge.h). Their clocks follow from the ranges, the last
// broker times before the epoch (in the task's snapshot, or the entries before) and `wall_ms`.
struct JournalEntry {
  std::string task;
  std::uint64_t epoch = 0;           // 1, 2, 3... of each task, without gaps
  TimeMs clock_ms = no_time_ms;      // the clock at the epoch's end
  TimeMs wall_ms = no_time_ms;       // the wall clock that bounded the records' clocks; no_time_ms: it was not read
  std::vector<JournalRange> ranges;  // all partitions of the task, those without records too

  friend bool operator==(const JournalEntry&, const JournalEntry&) = default;
};

// One thread calls it. Here it lives in the state directory or in memory; the same seam fits a topic of the application.
class Journal {
 public:
  virtual ~Journal() = default;

  // All or nothing; good: they survive a loss of power. Epochs of a task come in order.
  [[nodiscard]] virtual Status append(std::span<const JournalEntry> entries) = 0;

  // The entries of `task` from `first_epoch` on, in order. Fault::damaged on a gap in the epochs or a bad checksum, and
  // when entries from `first_epoch` on have been trimmed.
  [[nodiscard]] virtual Status read(const std::string& task, std::uint64_t first_epoch,
                                    const std::function<void(const JournalEntry&)>& sink) = 0;

  // Epochs up to and with this one have their alerts delivered: a replay may leave their output out. Survives the
  // process, not a loss of power.
  [[nodiscard]] virtual Status acknowledge(const std::string& task, std::uint64_t epoch) = 0;
  [[nodiscard]] virtual Status acknowledged(const std::string& task, std::uint64_t& epoch) = 0;  // 0: none

  // Forgets the epochs up to and with `through_epoch`: a snapshot covers them.
  [[nodiscard]] virtual Status trim(const std::string& task, std::uint64_t through_epoch) = 0;
};

[[nodiscard]] std::unique_ptr<Journal> make_memory_journal();

// Opens or creates. Refuses a directory of another application or format.
[[nodiscard]] Status open_disk_journal(const std::string& directory, const std::string& application,
                                       std::unique_ptr<Journal>& out, rocksdb::Env* env = nullptr);

// The bytes of an entry, version 1: every integer 8 bytes big-endian, strings with their length before them, the version
// first, and XXH3 of all before it at the end.
[[nodiscard]] std::string encode(const JournalEntry& entry);
[[nodiscard]] bool decode(std::string_view bytes, JournalEntry& out);

}  // namespace vigia
