#include "app/epoch_runner.h"

#include <algorithm>
#include <future>
#include <utility>

#include <spdlog/spdlog.h>

#include "engine/parallel.h"

namespace vigia {
namespace {

constexpr std::size_t snapshot_slice_keys = 2'000;  // between two epochs: about two milliseconds
constexpr double resume_share = 0.95;               // of the memory budget

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
    : parts_(std::move(parts)), options_(std::move(options)), writer_(parts_.snapshots) {}

Status EpochRunner::step() {
  if (Status status = finish_epoch(); !status.ok()) return status;
  if (Status status = snapshot_when_due(); !status.ok()) return status;
  watch_memory();
  if (paused_) return Status::good();
  Status polled = parts_.source.poll(batch_, options_.poll);
  if (!polled.ok() && polled.fault != Fault::retry) return polled;
  make_epoch();  // what was read before the broker went away counts
  if (Status status = finish_epoch(); !status.ok()) return status;
  return polled;
}

// Parts the batch among the tasks. Records of a partition number stand together and merged.
void EpochRunner::make_epoch() {
  const TimeMs wall_ms = parts_.wall_ms();
  const bool idle = idle_epoch_ms_ == no_time_ms || wall_ms - idle_epoch_ms_ >= options_.idle_epoch_ms;
  if (idle) idle_epoch_ms_ = wall_ms;
  records_read_ += batch_.records.size();
  lag_ = 0;
  epoch_.emplace();
  std::span<InputRecord> rest = batch_.records;
  for (const auto& task : tasks_) {
    const auto end =
        std::ranges::find_if(rest, [&](const InputRecord& record) { return record.partition != task->partition; });
    const auto count = static_cast<std::size_t>(end - rest.begin());
    add_part(*task, rest.first(count), of_partition(batch_.partitions, task->partition), wall_ms, idle);
    rest = rest.subspan(count);
  }
  if (epoch_->parts.empty()) epoch_.reset();
}

void EpochRunner::add_part(StageTask& task, std::span<InputRecord> records, std::span<const PartitionStatus> statuses,
                           TimeMs wall_ms, bool idle) {
  for (const PartitionStatus& status : statuses) {
    if (lag_ >= 0) lag_ = status.lag < 0 ? -1 : lag_ + status.lag;
    if (status.last_broker_ms != no_time_ms) task.clock.read_up_to(status.topic.value, status.last_broker_ms);
    if (status.at_end) {
      task.clock.found_end(status.topic.value, status.end_seen_ms);
    } else {
      task.clock.found_more(status.topic.value);
    }
  }
  Part part{&task, records, {}, {}};
  const TimeMs before_ms = task.clock.clock_ms();
  set_clocks(task.clock, records, wall_ms, task.clock.limit_ms(), part.clocks_ms);
  if (!records.empty() || idle) task.clock.follow(wall_ms);
  if (records.empty() && task.clock.clock_ms() == before_ms) return;
  part.entry.task = task.name;
  part.entry.epoch = ++task.epoch;
  part.entry.clock_ms = task.clock.clock_ms();
  part.entry.wall_ms = options_.clock == StageClock::Mode::wall ? wall_ms : no_time_ms;
  for (const PartitionStatus& status : statuses) {
    part.entry.ranges.push_back(range_of(status, options_.topics[status.topic.value]));
    task.next[status.topic.value].next = status.next;
  }
  epoch_->parts.push_back(std::move(part));
}

Status EpochRunner::finish_epoch() {
  if (!epoch_) return Status::good();
  Epoch& epoch = *epoch_;
  if (!epoch.journalled) {
    std::vector<JournalEntry> entries;
    for (const Part& part : epoch.parts) entries.push_back(part.entry);
    auto noting = std::async(std::launch::async, [&] { return parts_.journal.append(entries); });
    if (epoch.results.empty()) apply(epoch);
    if (Status status = noting.get(); !status.ok()) return status;
    epoch.journalled = true;
  }
  if (!epoch.delivered) {
    if (Status status = parts_.delivery.deliver(epoch.results); !status.ok()) return status;
    epoch.delivered = true;
  }
  std::vector<PartitionOffset> done;
  for (const Part& part : epoch.parts) {
    if (Status status = parts_.journal.acknowledge(part.task->name, part.entry.epoch); !status.ok()) return status;
    if (!part.records.empty()) done.insert(done.end(), part.task->next.begin(), part.task->next.end());
  }
  if (!done.empty()) parts_.source.commit(done);
  epoch_.reset();
  return Status::good();
}

void EpochRunner::apply(Epoch& epoch) {
  epoch.results.resize(epoch.parts.size());
  for_each_index(epoch.parts.size(), [&](std::size_t i) {
    Part& part = epoch.parts[i];
    epoch.results[i] = part.task->task->process(part.records, part.clocks_ms, part.entry.clock_ms);
  });
}

void EpochRunner::watch_memory() {
  if (options_.memory_budget_bytes == 0) return;
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
  trim_journal();
  const TimeMs now_ms = parts_.wall_ms();
  continue_snapshots(snapshot_slice_keys);
  if (now_ms - snapshot_ms_ < options_.snapshot_every_ms || writer_.pending() > 0) return Status::good();
  snapshot_ms_ = now_ms;
  begin_snapshots();
  return Status::good();
}

void EpochRunner::begin_snapshots() {
  for (const auto& task : tasks_) {
    if (task->snapshot || task->snapshot_epoch == task->epoch) continue;
    task->snapshot.emplace();
    task->snapshot->head = task->head();
    task->task->begin_snapshot(false, task->snapshot->head.meta);
    task->snapshot_epoch = task->epoch;
  }
}

// Input waits for a slice of the keys, never for all of them.
void EpochRunner::continue_snapshots(std::size_t keys_max) {
  for (const auto& task : tasks_) {
    if (!task->snapshot) continue;
    auto& keys = task->snapshot->keys;
    if (!task->task->continue_snapshot(keys_max, [&](KeyImage&& image) { keys.push_back(std::move(image)); })) continue;
    writer_.enqueue(std::move(*task->snapshot));
    task->snapshot.reset();
  }
}

void EpochRunner::trim_journal() {
  for (const auto& task : tasks_) {
    const std::optional<std::uint64_t> written = writer_.written_epoch(task->name);
    if (!written || *written == task->trimmed_epoch) continue;
    if (const Status status = parts_.journal.trim(task->name, *written); status.ok()) task->trimmed_epoch = *written;
  }
}

Status EpochRunner::stop() {
  if (Status status = finish_epoch(); !status.ok()) return status;
  if (!final_snapshot_taken_) {
    continue_snapshots(SIZE_MAX);  // of the one under way
    begin_snapshots();
    continue_snapshots(SIZE_MAX);
  }
  final_snapshot_taken_ = true;
  if (!writer_.status().ok()) writer_.retry();
  if (Status status = writer_.drain(); !status.ok()) return status;
  trim_journal();
  parts_.source.close();
  return Status::good();
}

Account EpochRunner::account() const {
  Account total;
  for (const auto& task : tasks_) total += task->task->total_account();
  return total;
}

std::uint64_t EpochRunner::memory_bytes() const {
  std::uint64_t total = writer_.pending_bytes();
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
