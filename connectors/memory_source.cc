#include "connectors/memory_source.h"

#include <algorithm>

namespace vigia {

namespace {
constexpr TimeMs no_clock_ms = 0;  // a partition that answers is waited for, however often the others are asked
constexpr TimeMs away_after_ms = 1;
}  // namespace

MemorySource::MemorySource(std::vector<std::string> topics, std::int32_t partitions)
    : topics_(std::move(topics)),
      partitions_(partitions),
      logs_(topics_.size() * static_cast<std::size_t>(partitions)) {
  for (std::int32_t partition = 0; partition < partitions_; ++partition) {
    TaskMerge<Log>& task = tasks_.emplace_back(away_after_ms);
    for (std::uint16_t topic = 0; topic < topics_.size(); ++topic) {
      Log& at = log(topic, partition);
      at.topic = TopicIndex{topic};
      at.partition = PartitionId{partition};
      task.add(at);
    }
  }
}

void MemorySource::add(std::uint16_t topic, std::int32_t partition, TimeMs broker_ms, std::string key,
                       std::string value) {
  log(topic, partition).records.push_back({broker_ms, std::move(key), std::move(value), false});
}

void MemorySource::add_tombstone(std::uint16_t topic, std::int32_t partition, TimeMs broker_ms, std::string key) {
  log(topic, partition).records.push_back({broker_ms, std::move(key), {}, true});
}

Status MemorySource::open(std::span<const PartitionOffset> from) {
  if (Status status = join(); !status.ok()) return status;
  return take(from);
}

Status MemorySource::join() {
  numbers_.clear();
  for (std::int32_t number = 0; number < partitions_; ++number) numbers_.push_back(PartitionId{number});
  change_ = Change::offered;
  taken_ = false;
  return failure_;
}

Status MemorySource::take(std::span<const PartitionOffset> from) {
  for (Log& at : logs_) {
    at.next = at.begin;
    at.shows = false;
    at.last_broker_ms = no_time_ms;
  }
  for (const auto& offset : from) {
    Log* at = find(offset);
    if (at == nullptr || offset.next.value < 0) continue;
    at->next = std::min(static_cast<std::size_t>(offset.next.value), at->records.size());
  }
  change_ = Change::none;
  taken_ = true;
  return Status::good();
}

void MemorySource::give_up() {
  numbers_.clear();
  change_ = Change::none;
  taken_ = false;
}

bool MemorySource::holds(PartitionId number) const {
  return taken_ && std::find(numbers_.begin(), numbers_.end(), number) != numbers_.end();
}

Status MemorySource::committed(std::span<const PartitionId> numbers, std::vector<TaskProgress>& out) {
  out.clear();
  for (const PartitionId number : numbers) {
    const auto known = progress.find(number.value);
    out.push_back(known == progress.end() ? TaskProgress{.partition = number, .epoch = 0, .next = {}} : known->second);
  }
  return failure_;
}

Status MemorySource::commit(std::span<const TaskProgress> given) {
  if (!commit_fails_with.ok()) return commit_fails_with;
  for (const TaskProgress& one : given) progress[one.partition.value] = one;
  return Status::good();
}

MemorySource::Log* MemorySource::find(const PartitionOffset& offset) {
  const auto topic = std::find(topics_.begin(), topics_.end(), offset.topic);
  if (topic == topics_.end() || offset.partition.value >= partitions_) return nullptr;
  return &log(static_cast<std::uint16_t>(topic - topics_.begin()), offset.partition.value);
}

Status MemorySource::others_end(TopicIndex topic, std::int64_t& end) {
  std::int64_t sum = -1;
  for (const Log& at : logs_) {
    if (at.topic != topic || holds(at.partition)) continue;
    if (at.fetch == Fetch::away) return Status::of(Fault::retry, "no answer");
    sum = std::max<std::int64_t>(sum, 0) + static_cast<std::int64_t>(at.records.size());
  }
  if (sum >= 0) end = sum;
  return Status::good();
}

bool MemorySource::Log::refill() {
  shows = fetch == Fetch::all && next < records.size();
  if (!shows) return false;
  const Stored& stored = records[next];
  head = {.topic = topic,
          .partition = partition,
          .offset = Offset{static_cast<std::int64_t>(next)},
          .broker_ms = stored.broker_ms,
          .key = stored.key,
          .value = stored.value,
          .is_tombstone = stored.is_tombstone};
  return true;
}

void MemorySource::Log::take(std::size_t, RecordBatch& batch) {
  head.key = batch.bytes.copy(head.key);
  head.value = batch.bytes.copy(head.value);
  batch.records.push_back(head);
  last_broker_ms = head.broker_ms;
  ++next;
  shows = false;
}

// What is to be read and is gone.
Status MemorySource::find_lost() {
  for (Log& at : logs_) {
    at.gap = {};
    if (!holds(at.partition)) continue;
    const Offset position{static_cast<std::int64_t>(at.next)};
    const OffsetBounds log{Offset{static_cast<std::int64_t>(at.begin)},
                           Offset{static_cast<std::int64_t>(at.records.size())}};
    const std::string where = topics_[at.topic.value] + "/" + std::to_string(at.partition.value);
    if (Status status = judge_position(where, position, log, accept_lost, at.gap); !status.ok()) return status;
    at.next = static_cast<std::size_t>(at.gap.end.value);
  }
  return Status::good();
}

// Each partition number gets its share of the limit, oldest records first.
Status MemorySource::poll(RecordBatch& batch, const PollLimits& limits) {
  batch.clear();
  const std::size_t quota = std::max<std::size_t>(limits.records / static_cast<std::size_t>(partitions_), 1);
  if (Status status = find_lost(); !status.ok()) return status;
  std::vector<std::size_t> first;
  for (Log& at : logs_) {
    at.shows = false;  // records may have been added since, and the vector have moved
    first.push_back(at.next);
  }
  for (std::int32_t number = 0; number < partitions_; ++number) {
    if (!failure_.ok() || !holds(PartitionId{number})) continue;
    tasks_[static_cast<std::size_t>(number)].take({quota, limits.bytes}, no_clock_ms, batch);
  }
  for (std::size_t i = 0; i < logs_.size(); ++i) {
    const Log& at = logs_[i];
    if (!holds(at.partition)) continue;
    const bool at_end = at.next == at.records.size() && at.fetch == Fetch::all;
    batch.partitions.push_back({.topic = at.topic,
                                .partition = at.partition,
                                .first = Offset{at.next > first[i] ? static_cast<std::int64_t>(first[i]) : -1},
                                .next = Offset{static_cast<std::int64_t>(at.next)},
                                .count = at.next - first[i],
                                .last_broker_ms = at.last_broker_ms,
                                .at_end = at_end,
                                .end_seen_ms = at_end && failure_.ok() ? fetch_ms_ : no_time_ms,
                                .lag = static_cast<std::int64_t>(at.records.size() - at.next),
                                .lost = at.gap});
  }
  return failure_;
}

bool MemorySource::finished() const {
  return ends_ && std::all_of(logs_.begin(), logs_.end(), [](const Log& at) { return at.next == at.records.size(); });
}

Status MemorySource::read_range(const PartitionOffset& from, Offset end, TimeMs, RecordBatch& batch) {
  Log* at = find(from);
  if (at == nullptr) return Status::of(Fault::refused, from.topic + " is not among the sources");
  if (end.value > static_cast<std::int64_t>(at->records.size())) {
    return Status::of(Fault::damaged, from.topic + " is shorter than the journal says");
  }
  at->next = static_cast<std::size_t>(std::max<std::int64_t>(from.next.value, 0));
  if (at->next < at->begin) {
    const Offset begin{static_cast<std::int64_t>(at->begin)};
    return records_gone(from.topic + "/" + std::to_string(from.partition.value), {from.next, begin});
  }
  while (static_cast<std::int64_t>(at->next) < end.value && at->refill()) at->take(1, batch);
  return Status::good();
}

void MemorySource::close() {}

}  // namespace vigia
