// EpochRunner and its group: tasks are taken on from snapshot, then journal, and given up.
#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/epoch_runner.h"
#include "app/journalled_epoch.h"
#include "engine/parallel.h"

namespace vigia {
namespace {

std::string words(std::span<const PartitionId> numbers) {
  std::vector<std::int32_t> values;
  for (const PartitionId number : numbers) values.push_back(number.value);
  return fmt::format("{}", fmt::join(values, ", "));
}

}  // namespace

Status EpochRunner::follow_group() {
  switch (parts_.source.change()) {
    case LogSource::Change::none: return retake_ ? take_tasks() : Status::good();
    case LogSource::Change::offered: return take_tasks();
    case LogSource::Change::withdrawn: return give_up_tasks();
    case LogSource::Change::lost: break;
  }
  spdlog::warn(
      "{}: partitions {} are lost: the group has given them away; what was not committed is left to the new owner",
      options_.stage, words(parts_.source.numbers()));
  lose_tasks();
  retake_ = false;
  parts_.source.give_up();
  return Status::good();
}

Status EpochRunner::give_up_tasks() {
  if (Status status = settle(); !status.ok()) return status;
  if (standby_) continue_snapshots(SIZE_MAX);  // a copy that goes on keeps nothing for the disk
  spdlog::info("{}: partitions {} are given up", options_.stage, words(parts_.source.numbers()));
  parked_ = std::exchange(tasks_, {});
  share_snapshots();
  retake_ = false;
  parts_.source.give_up();
  return Status::good();
}

void EpochRunner::lose_tasks() {
  publisher_.discard();
  note_public();
  tasks_.clear();
  parked_.clear();
  share_snapshots();
}

void EpochRunner::share_snapshots() {
  if (parts_.sharing == nullptr) return;
  std::vector<SharedTask> ours;
  for (const auto& task : tasks_) ours.push_back({task->name, task->partition});
  parts_.sharing->own(std::move(ours));
}

Status EpochRunner::take_tasks() {
  retake_ = true;  // until it has come to its end
  tasks_.clear();
  share_snapshots();
  if (standby_) std::ranges::move(standby_->stop(), std::back_inserter(parked_));
  if (!writer_.status().ok()) writer_.retry();
  if (Status status = writer_.drain(); !status.ok()) return status;  // one writer at a time
  // Whoever had them may have followed an announcement that has not been heard here.
  if (parts_.configurations != nullptr) {
    if (Status status = parts_.configurations->catch_up(); !status.ok()) return status;
  }
  std::vector<TaskProgress> progress;
  if (Status status = parts_.source.committed(parts_.source.numbers(), progress); !status.ok()) return status;
  if (Status status = check_partitions(progress); !status.ok()) return status;
  Tasks tasks;
  Status status = find_tasks(progress, tasks);
  while (status.fault == Fault::damaged) {  // each time there is one generation less, and an empty store is not damaged
    spdlog::error("{}", status.text);
    parked_.clear();  // what they have on disk is not what they think
    std::string told;
    if (status = parts_.snapshots.fall_back(told); !status.ok()) return status;
    spdlog::warn("{}", told);
    status = find_tasks(progress, tasks);
  }
  if (status.ok()) status = catch_up(progress, tasks);
  if (!status.ok()) {  // what is whole goes on from there with the next attempt
    for (auto& task : tasks) {
      if (task->epoch > 0) parked_.push_back(std::move(task));
    }
    return status;
  }
  tasks_ = std::move(tasks);
  retake_ = false;
  std::erase(parked_, nullptr);
  if (standby_) standby_->go_on(std::exchange(parked_, {}));
  parked_.clear();
  share_budget();
  if (!tasks_.empty() && tasks_.front()->partition.value == 0)
    silence_.begin(parts_.wall_ms(), tasks_.front()->silences);
  share_snapshots();
  std::uint64_t keys = 0;
  for (const auto& task : tasks_) keys += task->task->key_count();
  if (!tasks_.empty())
    spdlog::info("{}: running partitions {}: {} keys known", options_.stage, words(parts_.source.numbers()), keys);
  return Status::good();
}

// With another number of partitions keys lie elsewhere, and state does not follow them by itself.
Status EpochRunner::check_partitions(std::span<const TaskProgress> progress) const {
  const std::int32_t now = parts_.source.partition_count();
  for (const TaskProgress& one : progress) {
    if (one.partitions == 0 || one.partitions == now) continue;
    const char* what_to_do = options_.can_repartition && now > one.partitions
                                 ? "Stop all instances and deal the state out anew: vigia repartition --config "
                                   "PIPELINE.yaml"
                                 : "Its state can't be dealt out to so many: let the "
                                   "topics be read from their beginning: stop all instances, choose another "
                                   "`application`, and start with empty state directories";
    return Status::of(Fault::refused,
                      fmt::format("{}: the topics have {} partitions, and the state of this application was made with "
                                  "{}: keys of {} lie elsewhere now. {}",
                                  options_.stage, now, one.partitions, fmt::join(options_.topics, ", "), what_to_do));
  }
  return Status::good();
}

Status EpochRunner::find_tasks(std::span<const TaskProgress> progress, Tasks& tasks) {
  tasks.clear();
  std::vector<std::size_t> to_load;
  for (const TaskProgress& one : progress) {
    tasks.push_back(unpark(one));
    if (tasks.back()) continue;
    to_load.push_back(tasks.size() - 1);
    if (Status status = restore_.bring(one.partition, task_budget_bytes(progress.size()), tasks.back()); !status.ok())
      return status;
  }
  std::vector<Status> loaded(to_load.size());
  for_each_index(to_load.size(), [&](std::size_t i) { loaded[i] = restore_.load(*tasks[to_load[i]]); });
  for (const Status& status : loaded) {
    if (!status.ok()) return status;
  }
  for (const std::size_t i : to_load) {
    if (progress[i].epoch == 0 || tasks[i]->epoch > 0) continue;
    spdlog::warn("{}: no snapshot here; its topics are read again from their beginning, through {} journalled epochs",
                 tasks[i]->name, progress[i].epoch);
  }
  return Status::good();
}

// The task as it was when it was given up, or the copy that was kept here; others may have gone on since.
std::unique_ptr<StageTask> EpochRunner::unpark(const TaskProgress& progress) {
  for (auto& task : parked_) {
    if (!task || task->partition != progress.partition || task->epoch == 0) continue;
    if (task->epoch > progress.epoch || task->public_epoch != task->epoch) continue;
    if (!needs_journal(*task, progress)) return std::move(task);
    spdlog::info("{}: {} keys from the copy that is here, of epoch {}; the group is at {}", task->name,
                 task->task->key_count(), task->epoch, progress.epoch);
    return std::move(task);
  }
  return nullptr;
}

// Whether somebody else has had the task since.
bool EpochRunner::needs_journal(const StageTask& task, const TaskProgress& progress) {
  return !task.is_ours || task.epoch != progress.epoch;
}

// Applies what the tasks lack of what is public, and has the source go on behind it.
Status EpochRunner::catch_up(std::span<const TaskProgress> progress, const Tasks& tasks) {
  std::vector<std::vector<JournalEntry>> entries(tasks.size());
  std::vector<PartitionOffset> from;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (needs_journal(*tasks[i], progress[i])) {
      if (Status status = read_journal(*tasks[i], progress[i].epoch, entries[i]); !status.ok()) return status;
    }
    for (PartitionOffset next : tasks[i]->next) {
      for (std::size_t at = 0; at < entries[i].size() && !find_first(entries[i][at], next); ++at) {
      }
      from.push_back(std::move(next));
    }
  }
  if (Status status = parts_.source.take(from); !status.ok()) return status;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!needs_journal(*tasks[i], progress[i])) continue;
    Status status = replay_journal(*tasks[i], progress[i].epoch, std::exchange(entries[i], {}));
    if (!status.ok()) return status;
  }
  return Status::good();
}

// At least once, a repartition that did not come to its end may have left its mark: it does not count.
Status EpochRunner::read_journal(StageTask& task, std::uint64_t committed_epoch, std::vector<JournalEntry>& entries) {
  Status status = parts_.journal.read(task.name, task.partition, task.journal, task.epoch + 1, committed_epoch,
                                      [&](const JournalEntry& entry) { entries.push_back(entry); });
  const auto mark = std::ranges::find_if(
      entries, [&](const JournalEntry& entry) { return entry.partitions_before > 0 && entry.epoch > committed_epoch; });
  if (mark == entries.end()) return status;
  task.term = std::max(task.term, mark->term);
  entries.erase(mark, entries.end());
  return status;
}

Status EpochRunner::replay_journal(StageTask& task, std::uint64_t committed_epoch, std::vector<JournalEntry> entries) {
  for (const JournalEntry& entry : entries) {
    const bool is_public = options_.exactly_once || entry.epoch <= committed_epoch;
    if (Status status = replay_epoch(task, entry, is_public); !status.ok()) return status;
    task.term = std::max(task.term, entry.term);
  }
  ++task.term;
  task.is_ours = true;
  if (!entries.empty()) spdlog::info("{}: {} epochs from the journal applied again", task.name, entries.size());
  replayed_epochs_ += entries.size();
  return Status::good();
}

Status EpochRunner::replay_epoch(StageTask& task, const JournalEntry& entry, bool is_public) {
  auto epoch = std::make_unique<AppliedEpoch>();
  EpochResult& result = epoch->results.emplace_back();
  const EpochReader reader{parts_.source, parts_.inspect, journalled_wait_ms, parts_.configurations};
  Status status = apply_journalled(entry, reader, task, epoch->batch, result);
  if (status.ok()) status = check(task);
  if (!status.ok()) return status;
  tell_of_sources(entry, about_sources(), task.silences, result.alerts);
  if (is_public) {
    task.public_epoch = task.epoch;
    return Status::good();
  }
  epoch->progress.push_back(task.progress());  // delivered again: the journal has its entry already
  epoch->progress.back().partitions = parts_.source.partition_count();
  publisher_.add(std::move(epoch));
  return Status::good();
}

}  // namespace vigia
