// What makes replay exact: of every epoch of every task, the offsets it took and the clocks it ran by.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "connectors/configuration_hash.h"
#include "connectors/status.h"
#include "engine/identity.h"

namespace vigia::rocks {
class Reader;
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

// A source that began to be silent at this epoch, or ended to be: seen by the wall clock, so it can't be derived again from
// the records alone.
struct JournalSilence {
  std::string topic;
  TimeMs from_ms = 0;     // broker time of the last record before it
  TimeMs end_ms = 0;      // of the first one after it; 0: it lasts
  bool answered = false;  // the brokers answered and had nothing; else they did not, or an open transaction hides it

  friend bool operator==(const JournalSilence&, const JournalSilence&) = default;
};

// Records that were never read, because they were not in the log any more when their turn came: offsets [first, end), before
// those of the epoch's range of the topic. The configuration accepted it.
struct JournalLoss {
  std::string topic;
  Offset first, end;
  TimeMs at_ms = 0;  // the task's clock before the epoch: up to then nothing is known to be missing

  friend bool operator==(const JournalLoss&, const JournalLoss&) = default;
};

// The order of the records follows from the ranges (record_merge.h). Their clocks follow from the ranges, the last
// broker times before the epoch (in the task's snapshot, or the entries before) and `wall_ms`.
struct JournalEntry {
  std::string task;
  PartitionId partition;             // the task's number
  std::uint64_t epoch = 0;           // 1, 2, 3... of each task, without gaps
  std::uint64_t term = 0;            // grows each time that somebody takes the task over
  TimeMs clock_ms = no_time_ms;      // the clock at the epoch's end
  TimeMs wall_ms = no_time_ms;       // the wall clock that bounded the records' clocks; no_time_ms: it was not read
  std::vector<JournalRange> ranges;  // all partitions of the task, those without records too
  std::vector<JournalSilence> silences = {};  // what changed about them; of the task with number 0 only
  std::vector<JournalLoss> losses = {};
  ConfigurationHash configuration = {};  // by which it was judged; another than before: the task changed to it first
  // 0: an epoch. Else the mark of a repartition, which has no records: the topics had so many partitions before, and the
  // task goes on from the snapshot of this epoch, with the keys that it was dealt.
  std::int32_t partitions_before = 0;

  friend bool operator==(const JournalEntry&, const JournalEntry&) = default;
};

// Where in the journal a task's entries from some epoch on lie at the earliest; 0: at its beginning.
using JournalPosition = std::int64_t;

class Journal {
 public:
  virtual ~Journal() = default;

  // Epochs of a task come in order. With transactions they are written when the transaction is committed; without, good
  // means that they survive whatever happens. One thread.
  [[nodiscard]] virtual Status append(std::span<const JournalEntry> entries) = 0;

  // The entries of `task` from `first_epoch` on, in order, looked for from `position` on. Entries up to `committed_epoch`
  // must be there: they are waited for. Of two entries of an epoch the one of the later term counts: the other one is
  // that of a process which had lost the task and did not know it. Fault::damaged on a gap in the epochs or a bad
  // checksum; Fault::refused when the journal does not reach back so far.
  [[nodiscard]] virtual Status read(const std::string& task, PartitionId partition, JournalPosition position,
                                    std::uint64_t first_epoch, std::uint64_t committed_epoch,
                                    const std::function<void(const JournalEntry&)>& sink) = 0;

  // Behind the last entry of the partition that append() has written, as far as is known.
  [[nodiscard]] virtual JournalPosition position(PartitionId partition) const = 0;
};

// Brings the entries of one task into order while they are read: drops those before `first_epoch` and those of an older
// term that a later one has overruled.
class JournalOrder {
 public:
  JournalOrder(std::string task, std::uint64_t first_epoch) : task_(std::move(task)), first_epoch_(first_epoch) {}

  [[nodiscard]] Status add(JournalEntry entry);
  [[nodiscard]] std::uint64_t last_epoch() const;  // 0: none
  [[nodiscard]] const std::vector<JournalEntry>& entries() const { return entries_; }

 private:
  std::string task_;
  std::uint64_t first_epoch_;
  std::vector<JournalEntry> entries_;
};

[[nodiscard]] std::unique_ptr<Journal> make_memory_journal();

// As part of an entry, or of a snapshot's head.
void append_silences(std::string& out, std::span<const JournalSilence> silences);
void read_silences(rocks::Reader& in, std::vector<JournalSilence>& out);

// The bytes of an entry, version 3: every integer 8 bytes big-endian, strings with their length before them, the version
// first, and XXH3 of all before it at the end. Losses and the number of partitions are only there when there are some.
// Version 2, which has no configuration, is read.
[[nodiscard]] std::string encode(const JournalEntry& entry);
[[nodiscard]] bool decode(std::string_view bytes, JournalEntry& out);

}  // namespace vigia
