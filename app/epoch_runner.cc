#include "app/epoch_runner.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "connectors/kill_point.h"
#include "engine/parallel.h"

namespace vigia {
namespace {

constexpr std::size_t snapshot_slice_keys = 2'000;  // between two epochs: about two milliseconds
constexpr std::size_t piece_keys = 10'000;          // of a snapshot of all keys: some ten megabytes
constexpr std::size_t pieces_waiting_max = 4;
constexpr std::size_t generations_kept = 2;
constexpr TimeMs day_ms = 86'400'000;
constexpr double resume_share = 0.95;  // of the memory budget
constexpr TimeMs room_wait_ms = 100;   // for the publisher, before the caller may look around

// The statuses of one partition number; they stand sorted by (partition, topic).
std::span<const PartitionStatus> of_partition(const std::vector<PartitionStatus>& all, PartitionId number) {
  const auto range = std::ranges::equal_range(all, number, {}, &PartitionStatus::partition);
  return {range.begin(), range.end()};
}

JournalRange range_of(const PartitionStatus& status, const std::string& topic) {
  const Offset first = status.count > 0 ? status.first : status.next;
  return {topic, status.partition, first, status.next, status.at_end};
}

}  // namespace

EpochRunner::EpochRunner(RunnerParts parts, RunnerOptions options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      restore_([this](PartitionId number, ConfigurationHash configuration,
                      std::unique_ptr<StageTask>& out) { return empty_task(number, configuration, out); },
               parts_.snapshots, parts_.sharing),
      writer_(parts_.snapshots),
      silence_(options_.topics, options_.clock == StageClock::Mode::wall ? options_.source_silence_ms : 0),
      publisher_(parts_.journal, parts_.delivery, parts_.transaction, options_.publish) {
  snapshot_ms_ = generation_ms_ = parts_.wall_ms();
  if (parts_.standby == nullptr) return;
  StandbyParts standby = *parts_.standby;
  standby.restore = [this](PartitionId number, std::uint64_t budget_bytes, std::unique_ptr<StageTask>& out) {
    return restore_.restore(number, budget_bytes, out);
  };
  standby.configurations = parts_.configurations;
  standby_ = std::make_unique<Standby>(std::move(standby), options_.standby_every_ms);
}

Status EpochRunner::empty_task(PartitionId number, ConfigurationHash configuration,
                               std::unique_ptr<StageTask>& out) const {
  std::unique_ptr<Task> task;
  if (parts_.configurations == nullptr) {
    task = parts_.make_task();
  } else {
    if (!configuration.is_known()) configuration = parts_.configurations->current();
    if (Status status = parts_.configurations->make_task(configuration, task); !status.ok()) return status;
  }
  out = std::make_unique<StageTask>(fmt::format("{}/{}", options_.stage, number.value), number, std::move(task),
                                    options_.topics, options_.clock, options_.max_clock_skew_ms);
  out->configuration = configuration;
  return Status::good();
}

Status EpochRunner::step() {
  if (Status status = follow_group(); !status.ok()) return status;
  if (Status status = check_publisher(); !status.ok()) return status;
  if (Status status = snapshot_when_due(); !status.ok()) return status;
  watch_memory();
  if (paused_) return settle();
  if (!publisher_.has_room(room_wait_ms)) return Status::good();
  if (Status status = follow_configuration(); !status.ok()) return status;

  auto epoch = std::make_unique<AppliedEpoch>();
  epoch->batch = std::exchange(spare_, {});
  Status polled = parts_.source.poll(epoch->batch, options_.poll);
  if (!polled.ok() && polled.fault != Fault::retry) return polled;
  if (parts_.inspect) {
    if (Status status = parts_.inspect(epoch->batch.records); !status.ok()) return status;
  }
  auto parts = part_batch(epoch->batch);  // what was read before the broker went away counts
  if (parts.empty()) {
    spare_ = std::move(epoch->batch);
    return polled;
  }
  epoch->is_behind = lag_ > static_cast<std::int64_t>(options_.poll.records);
  apply(parts, *epoch);
  for (const auto& task : tasks_) {
    if (Status status = check(*task); !status.ok()) return status;
  }
  kill_point("state_applied");
  publisher_.add(std::move(epoch));
  return polled;
}

Status EpochRunner::settle() {
  if (Status status = check_publisher(); !status.ok()) return status;
  Status status = publisher_.drain();
  note_public();
  return status.fault == Fault::lost ? check_publisher() : status;
}

// A fault of the last attempt is over when another one is good. Meanwhile nothing else goes on.
Status EpochRunner::check_publisher() {
  note_public();
  Status status = publisher_.status();
  if (status.fault == Fault::fenced) return status;  // another attempt would take the other one's place
  if (!status.ok() && status.fault != Fault::lost) {
    publisher_.retry();
    status = publisher_.drain();
    note_public();
  }
  if (status.fault != Fault::lost) return status;
  lose_tasks();
  retake_ = true;  // unless the group, which is asked first, says that they are somebody else's
  return Status::of(Fault::retry, std::move(status.text));
}

void EpochRunner::note_public() {
  for (auto& epoch : publisher_.take_public()) {
    for (const TaskProgress& progress : epoch->progress) {
      for (const auto& task : tasks_) {
        if (task->partition == progress.partition) task->public_epoch = progress.epoch;
      }
    }
    parts_.delivery.announce(epoch->results);
  }
}

// Parts the batch among the tasks; none: there is nothing to do. Records of a partition number stand together and merged.
std::vector<EpochRunner::Part> EpochRunner::part_batch(RecordBatch& batch) {
  std::vector<Part> parts;
  const TimeMs wall_ms = parts_.wall_ms();
  const bool idle = idle_epoch_ms_ == no_time_ms || wall_ms - idle_epoch_ms_ >= options_.idle_epoch_ms;
  if (idle) idle_epoch_ms_ = wall_ms;
  records_read_ += batch.records.size();
  lag_ = 0;
  std::vector<JournalSilence> silences = listen(batch, wall_ms);
  std::span<InputRecord> rest = batch.records;
  for (const auto& task : tasks_) {
    const auto statuses = of_partition(batch.partitions, task->partition);
    std::size_t count = 0;
    for (const PartitionStatus& status : statuses) count += status.count;
    auto changed = task->partition.value == 0 ? std::exchange(silences, {}) : std::vector<JournalSilence>();
    add_part(parts, *task, rest.first(count), statuses, wall_ms, idle, std::move(changed));
    rest = rest.subspan(count);
  }
  return parts;
}

void EpochRunner::add_part(std::vector<Part>& parts, StageTask& task, std::span<InputRecord> records,
                           std::span<const PartitionStatus> statuses, TimeMs wall_ms, bool idle,
                           std::vector<JournalSilence> silences) {
  for (const PartitionStatus& status : statuses) {
    if (lag_ >= 0) lag_ = status.lag < 0 ? -1 : lag_ + status.lag;
    if (status.last_broker_ms != no_time_ms) task.clock.read_up_to(status.topic.value, status.last_broker_ms);
    if (status.at_end) {
      task.clock.found_end(status.topic.value, status.end_seen_ms);
    } else {
      task.clock.found_more(status.topic.value);
    }
  }
  for (const InputRecord& record : records) task.clock.has_read(record.topic.value, record.broker_ms, wall_ms);
  Part part{&task, records, {}, {}};
  const TimeMs before_ms = task.clock.clock_ms();
  set_clocks(task.clock, records, wall_ms, task.clock.limit_ms(), part.clocks_ms);
  if (!records.empty() || idle) task.clock.follow(wall_ms);
  const bool has_losses = std::ranges::any_of(statuses, [](const auto& status) { return !status.lost.is_empty(); });
  if (records.empty() && task.clock.clock_ms() == before_ms && silences.empty() && !has_losses) return;
  begin_entry(part, wall_ms);
  for (const PartitionStatus& status : statuses) {
    part.entry.ranges.push_back(range_of(status, options_.topics[status.topic.value]));
    task.next[status.topic.value].next = status.next;
    if (!status.lost.is_empty()) note_loss(status, before_ms, part.entry);
  }
  part.entry.silences = std::move(silences);
  parts.push_back(std::move(part));
}

void EpochRunner::begin_entry(Part& part, TimeMs wall_ms) const {
  StageTask& task = *part.task;
  part.entry.task = task.name;
  part.entry.partition = task.partition;
  part.entry.epoch = ++task.epoch;
  part.entry.term = task.term;
  part.entry.clock_ms = task.clock.clock_ms();
  part.entry.configuration = task.configuration;
  part.entry.wall_ms = options_.clock == StageClock::Mode::wall ? wall_ms : no_time_ms;
}

// An epoch without records for each task that is behind: its timers up to there fire.
void EpochRunner::level_clocks() {
  TimeMs foremost_ms = 0;
  for (const auto& task : tasks_) foremost_ms = std::max(foremost_ms, task->clock.clock_ms());
  std::vector<Part> parts;
  for (const auto& task : tasks_) {
    if (task->clock.clock_ms() == foremost_ms) continue;
    task->clock.set(foremost_ms);
    Part& part = parts.emplace_back(Part{task.get(), {}, {}, {}});
    begin_entry(part, parts_.wall_ms());
    for (const PartitionOffset& at : task->next)
      part.entry.ranges.push_back({at.topic, at.partition, at.next, at.next, true});
  }
  if (parts.empty()) return;
  auto epoch = std::make_unique<AppliedEpoch>();
  apply(parts, *epoch);
  publisher_.add(std::move(epoch));
}

// The next snapshot should lie behind it: one from before it needs records that are about to go, too.
void EpochRunner::note_loss(const PartitionStatus& status, TimeMs before_ms, JournalEntry& entry) {
  const std::string& topic = options_.topics[status.topic.value];
  entry.losses.push_back({topic, status.lost.first, status.lost.end, before_ms > 0 ? before_ms : entry.clock_ms});
  spdlog::error(
      "{}/{}: {} offsets, {} to {}, were not in the log any more when they were to be read; going on behind them",
      topic, status.partition.value, status.lost.end.value - status.lost.first.value, status.lost.first.value,
      status.lost.end.value - 1);
  snapshot_soon_ = true;
}

// Only who has the task with number 0 judges the sources, its own partitions and those of others.
std::vector<JournalSilence> EpochRunner::listen(const RecordBatch& batch, TimeMs wall_ms) {
  if (tasks_.empty() || tasks_.front()->partition.value != 0) return {};
  for (std::size_t topic = 0; topic < options_.topics.size(); ++topic) {
    bool answered = true;
    for (const PartitionStatus& status : batch.partitions) {
      if (status.topic.value != topic) continue;
      if (status.count > 0) silence_.heard(topic, status.last_broker_ms, wall_ms);
      answered = answered && status.at_end;
    }
    silence_.set_answered(topic, answered);
    if (!silence_.asks_for_others(topic, wall_ms)) continue;
    std::int64_t end = no_others;
    if (parts_.source.others_end(TopicIndex{static_cast<std::uint16_t>(topic)}, end).ok())
      silence_.others_are_at(topic, end, wall_ms);
  }
  return silence_.changes(wall_ms);
}

void EpochRunner::apply(std::vector<Part>& parts, AppliedEpoch& epoch) {
  epoch.results.resize(parts.size());
  for_each_index(parts.size(), [&](std::size_t i) {
    Part& part = parts[i];
    epoch.results[i] = part.task->task->process(part.records, part.clocks_ms, part.entry.clock_ms);
  });
  for (EpochResult& result : epoch.results) unlisted_ += std::exchange(result.unlisted, {});
  for (std::size_t i = 0; i < parts.size(); ++i)
    tell_of_sources(parts[i].entry, about_sources(), parts[i].task->silences, epoch.results[i].alerts);
  for (Part& part : parts) {
    epoch.progress.push_back(part.task->progress());
    epoch.progress.back().partitions = parts_.source.partition_count();
    epoch.entries.push_back(std::move(part.entry));
  }
}

// Of each of so many tasks and copies. An eighth is for what is not theirs: snapshots that wait for the disk.
std::uint64_t EpochRunner::task_budget_bytes(std::size_t sharers) const {
  if (options_.memory_budget_bytes == 0) return UINT64_MAX;
  return options_.memory_budget_bytes / 8 * 7 / std::max<std::size_t>(1, sharers);
}

void EpochRunner::share_budget() {
  sharers_ = tasks_.size() + (standby_ ? standby_->size() : 0);
  for (const auto& task : tasks_) task->task->keep_within(task_budget_bytes(sharers_));
  if (standby_) standby_->keep_within(task_budget_bytes(sharers_));
}

Status EpochRunner::check(const StageTask& task) const {
  const std::string fault = task.task->fault();
  if (fault.empty()) return Status::good();
  return Status::of(Fault::fatal,
                    fmt::format("{}: state that was spilled to disk can't be read back: {}; nothing is lost: the next "
                                "start goes on from the last snapshot",
                                task.name, fault));
}

void EpochRunner::watch_memory() {
  if (options_.memory_budget_bytes == 0) return;
  const std::size_t sharers = tasks_.size() + (standby_ ? standby_->size() : 0);
  const bool is_full = memory_bytes() >= options_.memory_budget_bytes;
  if (is_full || sharers != sharers_) share_budget();  // the disk may have room again
  if (is_full && standby_ && standby_->size() > 0) {
    spdlog::warn("state.memory_budget is reached: no room for standby copies until the group shares out anew");
    standby_->shed();
  }
  const double share = static_cast<double>(memory_bytes()) / static_cast<double>(options_.memory_budget_bytes);
  if (!paused_ && share >= 1) {
    paused_ = true;
    spdlog::error("state.memory_budget is reached ({} of {} MiB): no more input is taken until there is room",
                  memory_bytes() >> 20, options_.memory_budget_bytes >> 20);
  } else if (paused_ && share < resume_share) {
    paused_ = false;
    spdlog::info("memory is within state.memory_budget again: input goes on");
  }
}

Status EpochRunner::snapshot_when_due() {
  if (Status status = writer_.status(); !status.ok()) {
    writer_.retry();
    status = writer_.drain();
    if (!status.ok()) return status;  // the disk is full: input stops until there is room
  }
  const TimeMs now_ms = parts_.wall_ms();
  continue_snapshots(snapshot_slice_keys);
  const bool is_round_over = std::ranges::none_of(tasks_, [](const auto& task) { return task->snapshot_is_due; });
  if (is_round_over && (snapshot_soon_ || now_ms - snapshot_ms_ >= options_.snapshot_every_ms)) {
    snapshot_ms_ = now_ms;
    snapshot_soon_ = false;
    if (now_ms - generation_ms_ >= options_.generation_every_ms) {
      generation_ms_ = now_ms;
      writer_.keep_generation(generations_kept);
    }
    for (const auto& task : tasks_) task->snapshot_is_due = true;
  }
  // One after another: images of one task are in memory, and none waits on the disk for those of all.
  for (const auto& task : tasks_) {
    if (writer_.pending() > 0 || snapshot_under_way()) break;
    if (std::exchange(task->snapshot_is_due, false)) begin_snapshot(*task);
  }
  return Status::good();
}

bool EpochRunner::snapshot_under_way() const {
  return std::ranges::any_of(tasks_, [](const auto& task) { return task->snapshot.has_value(); });
}

void EpochRunner::begin_snapshot(StageTask& task) {
  if (task.snapshot_epoch == task.epoch && !task.snapshot_is_of_another) return;  // it is there
  const TimeMs now_ms = parts_.wall_ms();
  if (options_.proof_retention_ms > 0 && now_ms / day_ms != day_) {
    day_ = now_ms / day_ms;
    writer_.keep_day(now_ms, options_.proof_retention_ms);
  }
  task.snapshot.emplace();
  task.snapshot_complete = false;
  task.snapshot->all = std::exchange(task.snapshot_is_of_another, false);
  if (task.snapshot->all) task.key_set = task.epoch;
  task.snapshot->head = task.head();
  task.snapshot->head.journal = parts_.journal.position(task.partition);
  task.task->begin_snapshot(task.snapshot->all, task.snapshot->head.meta);
  task.snapshot_epoch = task.epoch;
}

// Input waits for a slice of the keys, never for all of them. What is not public yet may never be: it stays off the disk.
void EpochRunner::continue_snapshots(std::size_t keys_max) {
  for (const auto& task : tasks_) {
    if (!task->snapshot) continue;
    auto& keys = task->snapshot->keys;
    if (!task->snapshot_complete) {
      if (task->snapshot->all && writer_.pending() >= pieces_waiting_max) continue;
      task->snapshot_complete =
          task->task->continue_snapshot(keys_max, [&](KeyImage&& image) { keys.push_back(std::move(image)); });
    }
    if (!check(*task).ok()) continue;  // comes up with the next epoch
    if (task->snapshot->all && !task->snapshot_complete && keys.size() >= piece_keys) write_piece(*task->snapshot);
    if (!task->snapshot_complete || task->public_epoch < task->snapshot->head.epoch) continue;
    if (task->snapshot->piece != SnapshotPiece::whole) task->snapshot->piece = SnapshotPiece::last;
    writer_.enqueue(std::move(*task->snapshot));
    task->snapshot.reset();
  }
}

// So that a large state is never in memory twice. Nobody sees it before the last piece.
void EpochRunner::write_piece(TaskSnapshot& snapshot) {
  TaskSnapshot piece;
  piece.head = snapshot.head;
  piece.all = true;
  piece.piece = snapshot.piece == SnapshotPiece::whole ? SnapshotPiece::first : SnapshotPiece::middle;
  piece.keys = std::exchange(snapshot.keys, {});
  snapshot.piece = SnapshotPiece::middle;
  writer_.enqueue(std::move(piece));
}

Status EpochRunner::finish_snapshots() {
  while (snapshot_under_way()) {
    for (const auto& task : tasks_) {
      if (Status status = check(*task); !status.ok()) return status;
    }
    continue_snapshots(piece_keys);
    if (writer_.pending() < pieces_waiting_max) continue;
    if (!writer_.status().ok()) writer_.retry();
    if (Status status = writer_.drain(); !status.ok()) return status;
  }
  return Status::good();
}

Status EpochRunner::stop() {
  if (Status status = settle(); !status.ok()) return status;
  if (options_.level_clocks && lag_ == 0 && !std::exchange(clocks_are_level_, true)) {
    level_clocks();
    if (Status status = settle(); !status.ok()) return status;
  }
  if (!final_snapshot_taken_) {
    if (Status status = finish_snapshots(); !status.ok()) return status;  // the one under way
    for (const auto& task : tasks_) {
      begin_snapshot(*task);
      if (Status status = finish_snapshots(); !status.ok()) return status;
    }
  }
  final_snapshot_taken_ = true;
  if (!writer_.status().ok()) writer_.retry();
  if (Status status = writer_.drain(); !status.ok()) return status;
  if (standby_) (void)standby_->stop();
  if (parts_.sharing != nullptr) parts_.sharing->stop();
  parts_.source.close();
  return Status::good();
}

Account EpochRunner::account() const {
  Account total;
  for (const auto& task : tasks_) total += task->task->total_account();
  return total;
}

std::uint64_t EpochRunner::memory_bytes() const {
  std::uint64_t total = writer_.pending_bytes() + (standby_ ? standby_->memory_bytes() : 0);
  for (const auto& task : tasks_) total += task->task->memory_bytes();
  return total;
}

std::uint64_t EpochRunner::key_count() const {
  std::uint64_t total = 0;
  for (const auto& task : tasks_) total += task->task->key_count();
  return total;
}

TimeMs EpochRunner::clock_ms() const {
  TimeMs earliest_ms = never_ms;
  for (const auto& task : tasks_) earliest_ms = std::min(earliest_ms, task->clock.clock_ms());
  return tasks_.empty() ? 0 : earliest_ms;
}

}  // namespace vigia
