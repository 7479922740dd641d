// EpochRunner::start: snapshot, then journal, then live.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/epoch_runner.h"
#include "connectors/record_merge.h"

namespace vigia {
namespace {
constexpr TimeMs range_wait_ms = 30'000;  // for records of a journalled epoch, without progress
}

Status EpochRunner::start() {
  std::vector<std::string> names;
  if (Status status = parts_.snapshots.tasks(names); !status.ok()) return status;
  std::vector<PartitionOffset> from;
  for (const std::string& name : names) {
    std::optional<SnapshotHead> head;
    if (Status status = parts_.snapshots.head(name, head); !status.ok()) return status;
    if (head) from.insert(from.end(), head->offsets.begin(), head->offsets.end());
  }
  std::erase_if(from, [&](const PartitionOffset& offset) {
    return std::find(options_.topics.begin(), options_.topics.end(), offset.topic) == options_.topics.end();
  });
  if (opened_) parts_.source.close();
  opened_ = false;
  tasks_.clear();
  replayed_epochs_ = 0;
  if (Status status = parts_.source.open(from); !status.ok()) return status;
  opened_ = true;
  if (Status status = restore_tasks(); !status.ok()) return status;
  for (const auto& task : tasks_) {
    if (Status status = replay_journal(*task); !status.ok()) return status;
  }
  snapshot_ms_ = parts_.wall_ms();
  return Status::good();
}

Status EpochRunner::restore_tasks() {
  const std::int32_t count = parts_.source.partition_count();
  for (std::int32_t number = 0; number < count; ++number) {
    auto task =
        std::make_unique<StageTask>(fmt::format("{}/{}", options_.stage, number), PartitionId{number},
                                    parts_.make_task(), options_.topics, options_.clock, options_.max_clock_skew_ms);
    std::optional<SnapshotHead> head;
    if (Status status = parts_.snapshots.restore(task->name, *task->task, head); !status.ok()) return status;
    if (head) {
      task->go_on_from(*head);
      spdlog::info("{}: {} keys from the snapshot of epoch {}", task->name, task->task->key_count(), head->epoch);
    }
    tasks_.push_back(std::move(task));
  }
  std::optional<SnapshotHead> beyond;
  const std::string name = fmt::format("{}/{}", options_.stage, count);
  if (Status status = parts_.snapshots.head(name, beyond); !status.ok()) return status;
  if (!beyond) return Status::good();
  return Status::of(
      Fault::refused,
      fmt::format("the state directory holds a snapshot of {}, but the topics have {} partitions: state "
                  "can't follow a changed number of partitions; go back to the old number, or start with an "
                  "empty state directory and read the topics from their beginning",
                  name, count));
}

Status EpochRunner::replay_journal(StageTask& task) {
  std::uint64_t acknowledged = 0;
  if (Status status = parts_.journal.acknowledged(task.name, acknowledged); !status.ok()) return status;
  std::vector<JournalEntry> entries;
  Status status =
      parts_.journal.read(task.name, task.epoch + 1, [&](const JournalEntry& entry) { entries.push_back(entry); });
  if (!status.ok()) return status;
  for (const JournalEntry& entry : entries) {
    if (status = replay_epoch(task, entry, acknowledged); !status.ok()) return status;
  }
  if (!entries.empty()) spdlog::info("{}: {} epochs from the journal applied again", task.name, entries.size());
  replayed_epochs_ += entries.size();
  return Status::good();
}

Status EpochRunner::replay_epoch(StageTask& task, const JournalEntry& entry, std::uint64_t acknowledged) {
  recovery_batch_.clear();
  for (const JournalRange& range : entry.ranges) {
    if (range.end <= range.first) continue;
    const Status status = parts_.source.read_range({range.topic, range.partition, range.first}, range.end,
                                                   range_wait_ms, recovery_batch_);
    if (!status.ok()) return status;
    for (PartitionOffset& next : task.next) {
      if (next.topic == range.topic) next.next = range.end;
    }
  }
  merge_records(recovery_batch_.records);
  if (parts_.inspect) {
    if (Status status = parts_.inspect(recovery_batch_.records); !status.ok()) return status;
  }
  std::vector<TimeMs> clocks_ms;
  set_clocks(task.clock, recovery_batch_.records, entry.wall_ms, entry.clock_ms, clocks_ms);
  task.clock.set(entry.clock_ms);
  const EpochResult result = task.task->process(recovery_batch_.records, clocks_ms, task.clock.clock_ms());
  task.epoch = entry.epoch;
  if (entry.epoch <= acknowledged) return Status::good();
  if (Status status = parts_.delivery.deliver({&result, 1}); !status.ok()) return status;
  parts_.delivery.announce({&result, 1});
  return parts_.journal.acknowledge(task.name, entry.epoch);
}

}  // namespace vigia
