#include "connectors/memory_source.h"

#include <algorithm>

#include "connectors/record_merge.h"

namespace vigia {

MemorySource::MemorySource(std::vector<std::string> topics, std::int32_t partitions)
    : topics_(std::move(topics)),
      partitions_(partitions),
      logs_(topics_.size() * static_cast<std::size_t>(partitions)) {}

void MemorySource::add(std::uint16_t topic, std::int32_t partition, TimeMs broker_ms, std::string key,
                       std::string value) {
  log(topic, partition).records.push_back({broker_ms, std::move(key), std::move(value), false});
}

void MemorySource::add_tombstone(std::uint16_t topic, std::int32_t partition, TimeMs broker_ms, std::string key) {
  log(topic, partition).records.push_back({broker_ms, std::move(key), {}, true});
}

Status MemorySource::open(std::span<const PartitionOffset> from) {
  for (Log& log : logs_) {
    log.next = 0;
    log.last_broker_ms = no_time_ms;
  }
  for (const auto& offset : from) {
    const auto topic = std::find(topics_.begin(), topics_.end(), offset.topic);
    if (topic == topics_.end() || offset.partition.value >= partitions_ || offset.next.value < 0) continue;
    Log& l = log(static_cast<std::uint16_t>(topic - topics_.begin()), offset.partition.value);
    l.next = std::min(static_cast<std::size_t>(offset.next.value), l.records.size());
  }
  return failure_;
}

void MemorySource::append(RecordBatch& batch, std::uint16_t topic, std::int32_t partition, std::size_t index) {
  Log& l = log(topic, partition);
  const Stored& stored = l.records[index];
  l.last_broker_ms = stored.broker_ms;
  batch.records.push_back({.topic = TopicIndex{topic},
                           .partition = PartitionId{partition},
                           .offset = Offset{static_cast<std::int64_t>(index)},
                           .broker_ms = stored.broker_ms,
                           .key = batch.bytes.copy(stored.key),
                           .value = batch.bytes.copy(stored.value),
                           .is_tombstone = stored.is_tombstone});
}

// Each partition number gets its share of the limit, oldest records first.
Status MemorySource::poll(RecordBatch& batch, const PollLimits& limits) {
  batch.clear();
  const std::size_t quota = std::max<std::size_t>(limits.records / static_cast<std::size_t>(partitions_), 1);
  for (std::int32_t partition = 0; partition < partitions_; ++partition) {
    std::vector<std::size_t> first(topics_.size());
    for (std::uint16_t t = 0; t < topics_.size(); ++t) first[t] = log(t, partition).next;
    for (std::size_t taken = 0; taken < quota && failure_.ok(); ++taken) {
      int best = -1;
      for (std::uint16_t t = 0; t < topics_.size(); ++t) {
        const Log& l = log(t, partition);
        if (l.next == l.records.size()) continue;
        if (best < 0 ||
            l.records[l.next].broker_ms < log(static_cast<std::uint16_t>(best), partition)
                                              .records[log(static_cast<std::uint16_t>(best), partition).next]
                                              .broker_ms) {
          best = t;
        }
      }
      if (best < 0) break;
      const auto topic = static_cast<std::uint16_t>(best);
      append(batch, topic, partition, log(topic, partition).next++);
    }
    for (std::uint16_t t = 0; t < topics_.size(); ++t) {
      const Log& l = log(t, partition);
      const bool at_end = l.next == l.records.size();
      batch.partitions.push_back({.topic = TopicIndex{t},
                                  .partition = PartitionId{partition},
                                  .first = Offset{l.next > first[t] ? static_cast<std::int64_t>(first[t]) : -1},
                                  .next = Offset{static_cast<std::int64_t>(l.next)},
                                  .count = l.next - first[t],
                                  .last_broker_ms = l.last_broker_ms,
                                  .at_end = at_end,
                                  .end_seen_ms = at_end && failure_.ok() ? fetch_ms_ : no_time_ms,
                                  .lag = static_cast<std::int64_t>(l.records.size() - l.next)});
    }
  }
  return failure_;
}

bool MemorySource::finished() const {
  return ends_ && std::all_of(logs_.begin(), logs_.end(), [](const Log& l) { return l.next == l.records.size(); });
}

Status MemorySource::read_range(const PartitionOffset& from, Offset end, TimeMs, RecordBatch& batch) {
  const auto topic = std::find(topics_.begin(), topics_.end(), from.topic);
  if (topic == topics_.end() || from.partition.value >= partitions_) {
    return Status::of(Fault::refused, from.topic + " is not among the sources");
  }
  const auto index = static_cast<std::uint16_t>(topic - topics_.begin());
  Log& l = log(index, from.partition.value);
  if (end.value > static_cast<std::int64_t>(l.records.size())) {
    return Status::of(Fault::damaged, from.topic + " is shorter than the journal says");
  }
  for (l.next = static_cast<std::size_t>(std::max<std::int64_t>(from.next.value, 0));
       static_cast<std::int64_t>(l.next) < end.value; ++l.next) {
    append(batch, index, from.partition.value, l.next);
  }
  return Status::good();
}

void MemorySource::commit(std::span<const PartitionOffset> offsets) {
  for (const auto& offset : offsets) committed[{offset.topic, offset.partition.value}] = offset.next.value;
}

void MemorySource::close() {}

}  // namespace vigia
