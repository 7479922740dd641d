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
  // What is left of an earlier step goes first; a delivery in the background is left alone.
  if (epoch_ || !delivery_.valid()) {
    if (Status status = settle(); !status.ok()) return status;
  }
  if (Status status = snapshot_when_due(); !status.ok()) return status;
  watch_memory();
  if (paused_) return settle();
  auto next = spare_ ? std::move(spare_) : std::make_unique<Epoch>();
  Status polled = parts_.source.poll(next->batch, options_.poll);
  if (!polled.ok() && polled.fault != Fault::retry) return polled;
  if (parts_.inspect) {
    if (Status status = parts_.inspect(next->batch.records); !status.ok()) return status;
  }
  const bool much = next->batch.records.size() >= options_.overlap_records;
  if (make_epoch(*next))  // what was read before the broker went away counts
    epoch_ = std::move(next);
  else
    spare_ = std::move(next);
  if (!much) {
    if (Status status = settle(); !status.ok()) return status;
    return polled;
  }
  if (Status status = journal_and_apply(*epoch_); !status.ok()) return status;
  if (Status status = finish_delivery(); !status.ok()) return status;
  delivering_ = std::move(epoch_);
  delivery_ = std::async(std::launch::async, [this] { return parts_.delivery.deliver(delivering_->results); });
  return polled;
}

Status EpochRunner::settle() {
  if (epoch_) {
    if (Status status = journal_and_apply(*epoch_); !status.ok()) return status;
  }
  if (Status status = finish_delivery(); !status.ok()) return status;
  delivering_ = std::move(epoch_);
  return finish_delivery();
}

// Parts the batch among the tasks; false: there is nothing to do. Records of a partition number stand together and
// merged.
bool EpochRunner::make_epoch(Epoch& epoch) {
  epoch.parts.clear();
  epoch.next.clear();
  epoch.results.clear();
  epoch.journalled = epoch.delivered = false;
  const TimeMs wall_ms = parts_.wall_ms();
  const bool idle = idle_epoch_ms_ == no_time_ms || wall_ms - idle_epoch_ms_ >= options_.idle_epoch_ms;
  if (idle) idle_epoch_ms_ = wall_ms;
  records_read_ += epoch.batch.records.size();
  lag_ = 0;
  std::span<InputRecord> rest = epoch.batch.records;
  for (const auto& task : tasks_) {
    const auto statuses = of_partition(epoch.batch.partitions, task->partition);
    std::size_t count = 0;
    for (const PartitionStatus& status : statuses) count += status.count;
    add_part(epoch, *task, rest.first(count), statuses, wall_ms, idle);
    rest = rest.subspan(count);
  }
  return !epoch.parts.empty();
}

void EpochRunner::add_part(Epoch& epoch, StageTask& task, std::span<InputRecord> records,
                           std::span<const PartitionStatus> statuses, TimeMs wall_ms, bool idle) {
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
  if (!records.empty()) epoch.next.insert(epoch.next.end(), task.next.begin(), task.next.end());
  epoch.parts.push_back(std::move(part));
}

Status EpochRunner::journal_and_apply(Epoch& epoch) {
  if (epoch.journalled) return Status::good();
  std::vector<JournalEntry> entries;
  for (const Part& part : epoch.parts) entries.push_back(part.entry);
  auto noting = std::async(std::launch::async, [&] { return parts_.journal.append(entries); });
  if (epoch.results.empty()) apply(epoch);
  Status status = noting.get();
  epoch.journalled = status.ok();
  return status;
}

// Waits for the delivery under way, or makes it now. After a fault delivering_ stays.
Status EpochRunner::finish_delivery() {
  if (!delivering_) return Status::good();
  Epoch& epoch = *delivering_;
  if (!epoch.delivered) {
    Status status = delivery_.valid() ? delivery_.get() : parts_.delivery.deliver(epoch.results);
    if (!status.ok()) return status;
    parts_.delivery.announce(epoch.results);
    epoch.delivered = true;
  }
  if (Status status = acknowledge(epoch); !status.ok()) return status;
  spare_ = std::move(delivering_);
  return Status::good();
}

Status EpochRunner::acknowledge(Epoch& epoch) {
  for (const Part& part : epoch.parts) {
    if (Status status = parts_.journal.acknowledge(part.task->name, part.entry.epoch); !status.ok()) return status;
  }
  if (!epoch.next.empty()) parts_.source.commit(epoch.next);
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
  if (Status status = settle(); !status.ok()) return status;  // a snapshot holds nothing that was not delivered
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
  if (Status status = settle(); !status.ok()) return status;
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
