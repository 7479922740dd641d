// Runs a stage: from a log, epoch by epoch, through one task for each partition number that this process has, to the
// sinks; and after a restart, or when it takes a task over, from where the last owner was.
//
// An epoch is what one poll brought. Its way: clocks are set, the tasks apply the records, and the EpochPublisher makes
// what came of it public, with the journal and the offsets, while the next epoch is made. Every so often the keys that
// changed go to the snapshot store: as of one epoch, and not before that epoch is public.
//
// The group says which partition numbers are ours (log_source.h). When it wants them back everything applied is made
// public first; when they are lost already nothing is. A task that comes straight back is still as it was.
//
// One thread calls it. Faults that pass (Fault::retry, Fault::storage) are returned, and the same call goes on where it
// stopped: meanwhile no input is taken. After any other fault the runner is of no more use.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/configurations.h"
#include "app/epoch_publisher.h"
#include "app/result_delivery.h"
#include "app/snapshot_sharing.h"
#include "app/source_alert.h"
#include "app/source_silence.h"
#include "app/stage_task.h"
#include "app/standby.h"
#include "app/task_restore.h"
#include "connectors/epoch_transaction.h"
#include "connectors/journal.h"
#include "connectors/log_source.h"
#include "connectors/snapshot_store.h"
#include "engine/stage_clock.h"

namespace vigia {

struct RunnerOptions {
  std::string stage = "seal-trip";  // part of the tasks' names on disk
  std::vector<std::string> topics;  // by TopicIndex
  StageClock::Mode clock = StageClock::Mode::wall;
  TimeMs max_clock_skew_ms = 300'000;
  std::string application;       // in the ids of alerts about sources
  TimeMs source_silence_ms = 0;  // Mode::wall only; 0: no source is ever silent
  TimeMs snapshot_every_ms = 10'000;
  TimeMs generation_every_ms = 600'000;   // how often a snapshot is kept beside those that follow it
  TimeMs proof_retention_ms = 0;          // one of each day (UTC) is kept for so long; 0: none
  TimeMs idle_epoch_ms = 1000;            // how often the clock alone makes an epoch
  bool exactly_once = false;              // what is in the journal is public; else what the group has noted is
  TimeMs standby_every_ms = 1000;         // how often copies of others' tasks are brought up to date; 0: by advance()
  std::uint64_t memory_budget_bytes = 0;  // of state, history and what waits for the disk; 0: no limit
  bool can_repartition = false;           // `vigia repartition` deals its state out to more partitions
  bool level_clocks = false;  // stop() brings all tasks to the clock of the foremost, if everything has been read
  PollLimits poll;
  PublisherOptions publish;
};

// All outlive the runner.
struct RunnerParts {
  LogSource& source;
  Journal& journal;
  EpochTransaction& transaction;
  SnapshotStore& snapshots;
  ResultDelivery& delivery;
  std::function<std::unique_ptr<Task>()> make_task;
  std::function<TimeMs()> wall_ms;
  // Sees all records before they are applied, in the order of reading; a fault ends the run. May be empty.
  std::function<Status(std::span<const InputRecord>)> inspect = {};
  SnapshotSharing* sharing = nullptr;     // null: snapshots are shared with nobody
  const StandbyParts* standby = nullptr;  // null: no copies of others' tasks are kept; `restore` is the runner's
  // Makes the tasks then, instead of make_task, and says which configuration holds; also on the standby's thread. Null: there
  // is one, without a name.
  Configurations* configurations = nullptr;
};

class EpochRunner {
 public:
  // REQUIRES: the source has been joined.
  EpochRunner(RunnerParts parts, RunnerOptions options);

  // Does what the group asks for, if anything: takes tasks on (from their snapshots and the journalled epochs behind
  // them) or gives them up. Part of step().
  [[nodiscard]] Status follow_group();

  // One poll and all that follows from it, but for what goes on in the background.
  [[nodiscard]] Status step();

  // Waits until everything that was read is public.
  [[nodiscard]] Status settle();

  // Finishes what was polled, takes a last snapshot and waits until it is on disk. May be called again after a passing
  // fault. Closes the source when good.
  [[nodiscard]] Status stop();

  // At the memory budget: step() takes no input.
  [[nodiscard]] bool is_paused() const { return paused_; }

  [[nodiscard]] Account account() const;                                   // of the tasks' whole lives
  [[nodiscard]] const UnlistedIds& unlisted() const { return unlisted_; }  // in what was applied here
  [[nodiscard]] std::uint64_t memory_bytes() const;
  [[nodiscard]] std::uint64_t key_count() const;
  [[nodiscard]] std::size_t task_count() const { return tasks_.size(); }
  [[nodiscard]] std::uint64_t replayed_epochs() const { return replayed_epochs_; }
  [[nodiscard]] std::int64_t lag() const { return lag_; }  // records not yet read, as last heard; -1: unknown
  [[nodiscard]] TimeMs clock_ms() const;                   // the earliest of the tasks' clocks
  [[nodiscard]] std::uint64_t records_read() const { return records_read_; }
  [[nodiscard]] Standby* standby() { return standby_.get(); }  // null: none

 private:
  // One task's part of an epoch.
  struct Part {
    StageTask* task;
    std::span<InputRecord> records;
    std::vector<TimeMs> clocks_ms;
    JournalEntry entry;
  };
  using Tasks = std::vector<std::unique_ptr<StageTask>>;  // by partition number

  // epoch_recovery.cc
  [[nodiscard]] Status take_tasks();
  [[nodiscard]] std::unique_ptr<StageTask> unpark(const TaskProgress& progress);
  [[nodiscard]] Status check_partitions(std::span<const TaskProgress> progress) const;
  [[nodiscard]] Status find_tasks(std::span<const TaskProgress> progress, Tasks& tasks);
  [[nodiscard]] static bool needs_journal(const StageTask& task, const TaskProgress& progress);
  [[nodiscard]] Status catch_up(std::span<const TaskProgress> progress, const Tasks& tasks);
  [[nodiscard]] Status read_journal(StageTask& task, std::uint64_t committed_epoch, std::vector<JournalEntry>& entries);
  [[nodiscard]] Status replay_journal(StageTask& task, std::uint64_t committed_epoch,
                                      std::vector<JournalEntry> entries);
  [[nodiscard]] Status replay_epoch(StageTask& task, const JournalEntry& entry, bool is_public);
  [[nodiscard]] Status give_up_tasks();
  void lose_tasks();
  void share_snapshots();

  // epoch_change.cc
  [[nodiscard]] Status follow_configuration();
  [[nodiscard]] static JournalEntry entry_of_change(StageTask& task);

  [[nodiscard]] Status check_publisher();
  void add_part(std::vector<Part>& parts, StageTask& task, std::span<InputRecord> records,
                std::span<const PartitionStatus> statuses, TimeMs wall_ms, bool idle,
                std::vector<JournalSilence> silences);
  [[nodiscard]] std::vector<JournalSilence> listen(const RecordBatch& batch, TimeMs wall_ms);
  void note_loss(const PartitionStatus& status, TimeMs before_ms, JournalEntry& entry);
  [[nodiscard]] SourceAlertOptions about_sources() const { return {options_.application, options_.source_silence_ms}; }
  [[nodiscard]] std::vector<Part> part_batch(RecordBatch& batch);
  void begin_entry(Part& part, TimeMs wall_ms) const;
  void level_clocks();
  void apply(std::vector<Part>& parts, AppliedEpoch& epoch);
  void note_public();
  void watch_memory();
  void share_budget();
  [[nodiscard]] std::uint64_t task_budget_bytes(std::size_t sharers) const;
  // Under a configuration; not known: the one that holds.
  [[nodiscard]] Status empty_task(PartitionId number, ConfigurationHash configuration,
                                  std::unique_ptr<StageTask>& out) const;
  [[nodiscard]] Status check(const StageTask& task) const;
  [[nodiscard]] Status snapshot_when_due();
  [[nodiscard]] bool snapshot_under_way() const;
  void begin_snapshot(StageTask& task);
  void continue_snapshots(std::size_t keys_max);
  void write_piece(TaskSnapshot& snapshot);
  [[nodiscard]] Status finish_snapshots();

  RunnerParts parts_;
  RunnerOptions options_;
  TaskRestore restore_;
  SnapshotWriter writer_;
  SourceSilence silence_;
  Tasks tasks_;
  Tasks parked_;       // given up, as they were; while tasks are taken on, the standby's copies too
  RecordBatch spare_;  // memory of a batch that is done
  UnlistedIds unlisted_;
  bool retake_ = false;  // taking the tasks on has not come to its end
  bool paused_ = false;
  bool clocks_are_level_ = false;
  bool final_snapshot_taken_ = false;
  bool snapshot_soon_ = false;  // not only when its time has come
  TimeMs snapshot_ms_ = no_time_ms;
  TimeMs generation_ms_ = no_time_ms;
  std::int64_t day_ = 0;  // since 1970, whose snapshot has been asked for
  TimeMs idle_epoch_ms_ = no_time_ms;
  std::uint64_t replayed_epochs_ = 0;
  std::uint64_t records_read_ = 0;
  std::int64_t lag_ = -1;
  std::size_t sharers_ = 0;   // of the memory budget: tasks and copies
  EpochPublisher publisher_;  // behind what its thread uses
  std::unique_ptr<Standby> standby_;
};

}  // namespace vigia
