// Runs a stage: from a source, epoch by epoch, through one task for each partition number, to the sinks; and after a
// restart from where the last process was.
//
// An epoch is what one poll brought. Its way: clocks are set; the journal notes ranges and clocks while the tasks apply
// the records; when both are done the results are delivered and acknowledged; then the journal notes that, and offsets
// are committed. While there is much to read, an epoch is delivered in the background and the next one is polled and
// applied meanwhile: at most two are on their way. Every so often the keys that changed go to the snapshot store.
//
// One thread calls it. Faults that pass (Fault::retry, Fault::storage) are returned, and the same call goes on where it
// stopped: meanwhile no input is taken. After any other fault the runner is of no more use.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/result_delivery.h"
#include "app/stage_task.h"
#include "connectors/journal.h"
#include "connectors/record_source.h"
#include "connectors/snapshot_store.h"
#include "engine/stage_clock.h"

namespace vigia {

struct RunnerOptions {
  std::string stage = "seal-trip";  // part of the tasks' names on disk
  std::vector<std::string> topics;  // by TopicIndex
  StageClock::Mode clock = StageClock::Mode::wall;
  TimeMs max_clock_skew_ms = 300'000;
  TimeMs snapshot_every_ms = 10'000;
  TimeMs idle_epoch_ms = 1000;            // how often the clock alone makes an epoch
  std::size_t overlap_records = 2048;     // an epoch of so many is delivered while the next one is made
  std::uint64_t memory_budget_bytes = 0;  // of state, history and what waits for the disk; 0: no limit
  PollLimits poll;
};

// All outlive the runner.
struct RunnerParts {
  RecordSource& source;
  Journal& journal;
  SnapshotStore& snapshots;
  ResultDelivery& delivery;
  std::function<std::unique_ptr<Task>()> make_task;
  std::function<TimeMs()> wall_ms;
  // Sees all records before they are applied, in the order of reading; a fault ends the run. May be empty.
  std::function<Status(std::span<const InputRecord>)> inspect = {};
};

class EpochRunner {
 public:
  EpochRunner(RunnerParts parts, RunnerOptions options);

  // Restores what the snapshots hold, applies the journalled epochs that followed (delivering again what was never
  // acknowledged, the same bytes), and opens the source there. May be called again after a passing fault.
  [[nodiscard]] Status start();

  // One poll and all that follows from it, but for a delivery that goes on in the background.
  [[nodiscard]] Status step();

  // Waits until everything that was read is delivered and acknowledged.
  [[nodiscard]] Status settle();

  // Finishes what was polled, takes a last snapshot and waits until it is on disk. May be called again after a passing
  // fault. Closes the source when good.
  [[nodiscard]] Status stop();

  // At the memory budget: step() takes no input.
  [[nodiscard]] bool is_paused() const { return paused_; }

  [[nodiscard]] Account account() const;  // of the tasks' whole lives
  [[nodiscard]] std::uint64_t memory_bytes() const;
  [[nodiscard]] std::uint64_t key_count() const;
  [[nodiscard]] std::uint64_t replayed_epochs() const { return replayed_epochs_; }
  [[nodiscard]] std::int64_t lag() const { return lag_; }  // records not yet read, as last heard; -1: unknown
  [[nodiscard]] TimeMs clock_ms() const;                   // the earliest of the tasks' clocks
  [[nodiscard]] std::uint64_t records_read() const { return records_read_; }

 private:
  // One task's part of an epoch.
  struct Part {
    StageTask* task;
    std::span<InputRecord> records;
    std::vector<TimeMs> clocks_ms;
    JournalEntry entry;
  };
  // An epoch on its way; what is done need not be done again after a fault.
  struct Epoch {
    RecordBatch batch;
    std::vector<Part> parts;
    std::vector<PartitionOffset> next;  // where to read on when it is done; empty: it had no records
    std::vector<EpochResult> results;   // of the parts, once applied
    bool journalled = false;
    bool delivered = false;
  };

  [[nodiscard]] Status restore_tasks();
  [[nodiscard]] Status replay_journal(StageTask& task);
  [[nodiscard]] Status replay_epoch(StageTask& task, const JournalEntry& entry, std::uint64_t acknowledged);

  [[nodiscard]] bool make_epoch(Epoch& epoch);
  void add_part(Epoch& epoch, StageTask& task, std::span<InputRecord> records,
                std::span<const PartitionStatus> statuses, TimeMs wall_ms, bool idle);
  [[nodiscard]] Status journal_and_apply(Epoch& epoch);
  void apply(Epoch& epoch);
  [[nodiscard]] Status finish_delivery();
  [[nodiscard]] Status acknowledge(Epoch& epoch);
  void watch_memory();
  [[nodiscard]] Status snapshot_when_due();
  void begin_snapshots();
  void continue_snapshots(std::size_t keys_max);
  void trim_journal();

  RunnerParts parts_;
  RunnerOptions options_;
  SnapshotWriter writer_;
  std::vector<std::unique_ptr<StageTask>> tasks_;  // by partition number
  RecordBatch recovery_batch_;
  std::unique_ptr<Epoch> epoch_;       // being made: polled, then journalled and applied
  std::unique_ptr<Epoch> delivering_;  // applied, and on its way out
  std::unique_ptr<Epoch> spare_;       // memory of one that is done
  std::future<Status> delivery_;       // of delivering_, when it goes on in the background
  bool opened_ = false;
  bool paused_ = false;
  bool final_snapshot_taken_ = false;
  TimeMs snapshot_ms_ = no_time_ms;
  TimeMs idle_epoch_ms_ = no_time_ms;
  std::uint64_t replayed_epochs_ = 0;
  std::uint64_t records_read_ = 0;
  std::int64_t lag_ = -1;
};

}  // namespace vigia
