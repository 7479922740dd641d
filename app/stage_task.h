// One task of a running stage with what the runner knows about it: its clock, its epoch, and how far it has read.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/configurations.h"
#include "connectors/journal.h"
#include "connectors/log_source.h"
#include "connectors/record_batch.h"
#include "connectors/snapshot_store.h"
#include "engine/stage_clock.h"
#include "engine/task.h"

namespace vigia {

struct StageTask {
  StageTask(std::string task_name, PartitionId number, std::unique_ptr<Task> empty_task,
            std::span<const std::string> topics, StageClock::Mode mode, TimeMs max_clock_skew_ms);

  std::string name;  // on disk
  PartitionId partition;
  std::unique_ptr<Task> task;
  StageClock clock;                      // slot i is topic i
  std::uint64_t epoch = 0;               // the last one applied
  ConfigurationHash configuration;       // under which `task` was made
  std::uint64_t snapshot_epoch = 0;      // the last one that a snapshot was taken of
  bool snapshot_is_of_another = false;   // configuration: the next one holds every key, in a key set of its own
  std::uint64_t key_set = 0;             // of the last snapshot
  std::uint64_t public_epoch = 0;        // the last one that is public
  std::uint64_t term = 0;                // of its journal entries
  bool is_ours = false;                  // it was taken on here, and nobody else has had it since, as far as is known
  JournalPosition journal = 0;           // where those behind the snapshot begin
  std::optional<TaskSnapshot> snapshot;  // under way: its keys come in slices between the epochs
  bool snapshot_is_due = false;          // its turn comes
  bool snapshot_complete = false;        // it has all its keys, and waits for its epoch to be public
  std::vector<PartitionOffset> next;     // by topic: where to read on
  std::vector<JournalSilence> silences;  // that last; of the task with number 0

  [[nodiscard]] SnapshotHead head() const;
  [[nodiscard]] TaskProgress progress() const { return {partition, epoch, next}; }
  // Goes on with `successor`, which has taken over under another configuration. What is under way of a snapshot is left.
  void adopt(std::unique_ptr<Task> successor, ConfigurationHash hash);
  // Makes it, has it take over, and goes on with it.
  [[nodiscard]] Status change(Configurations& configurations, ConfigurationHash hash, EpochResult& result);
  // Goes on from a snapshot. Topics that the snapshot does not know are read from their beginning.
  void go_on_from(const SnapshotHead& head);
};

// Gives each record the broker time that it is taken at, and in `clocks_ms` the clock that it sets, up to limit_ms. A
// journalled epoch's clock as the limit gives the same again: the limit it had then shows in it when it mattered.
void set_clocks(StageClock& clock, std::span<InputRecord> records, TimeMs wall_ms, TimeMs limit_ms,
                std::vector<TimeMs>& clocks_ms);

}  // namespace vigia
