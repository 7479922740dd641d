// An epoch as the journal has it, applied again: exactly its records, in their order, by the clocks that they had. What
// recovery and the proof have in common.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "app/stage_task.h"
#include "connectors/journal.h"
#include "connectors/log_source.h"

namespace vigia {

inline constexpr TimeMs journalled_wait_ms = 30'000;  // where nothing else waits meanwhile

// Sees the records before they are applied; a fault ends it. May be empty.
using InspectRecords = std::function<Status(std::span<const InputRecord>)>;

// The epoch's records of the topic; null: it has none.
[[nodiscard]] const JournalRange* range_of(const JournalEntry& entry, const std::string& topic);

// Moves the position in a topic to the epoch's first record of it. False: it has none, and the position is behind the epoch.
[[nodiscard]] bool find_first(const JournalEntry& entry, PartitionOffset& next);

// What a journalled epoch is applied with.
struct EpochReader {
  LogSource& source;
  const InspectRecords& inspect;
  TimeMs wait_ms = journalled_wait_ms;       // for records, without progress
  Configurations* configurations = nullptr;  // null: the task stays under its own
};

// REQUIRES: `task` is as it was before the epoch, and the source was taken at the first records needed and not polled since.
// Afterwards the task is as it was behind the epoch; after a fault as it was before, and the source must be taken anew.
// Fault::refused also where the entry is the mark of a repartition.
// Rejected records in `result` point into `batch`.
[[nodiscard]] Status apply_journalled(const JournalEntry& entry, const EpochReader& reader, StageTask& task,
                                      RecordBatch& batch, EpochResult& result);

}  // namespace vigia
