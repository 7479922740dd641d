#include "app/journalled_epoch.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "connectors/record_merge.h"

namespace vigia {
namespace {

// What follows from a change comes before what its epoch's records give.
void put_before(EpochResult&& change, EpochResult& result) {
  std::ranges::move(result.alerts, std::back_inserter(change.alerts));
  std::ranges::move(result.signals, std::back_inserter(change.signals));
  result.alerts = std::move(change.alerts);
  result.signals = std::move(change.signals);
}

bool has_records(const JournalRange& range) { return range.first < range.end; }

}  // namespace

const JournalRange* range_of(const JournalEntry& entry, const std::string& topic) {
  const auto found = std::ranges::find(entry.ranges, topic, &JournalRange::topic);
  return found == entry.ranges.end() || !has_records(*found) ? nullptr : &*found;
}

Status apply_journalled(const JournalEntry& entry, const EpochReader& reader, StageTask& task, RecordBatch& batch,
                        EpochResult& result) {
  if (entry.partitions_before > 0) {
    return Status::of(
        Fault::refused,
        fmt::format(
            "{}: epoch {} is a repartition: its topics had {} partitions before, and keys came to it from other "
            "tasks; state of before can't be followed across. Needed is its snapshot of epoch {} or a later one: "
            "where `vigia repartition` was run it is in the state directory (run it there again, it finishes "
            "what was broken off), elsewhere it comes from the topic of snapshots (state.publish_every)",
            task.name, entry.epoch, entry.partitions_before, entry.epoch));
  }
  for (const JournalRange& range : entry.ranges) {
    if (std::ranges::find(task.next, range.topic, &PartitionOffset::topic) == task.next.end()) {
      return Status::of(Fault::refused, fmt::format("the journal of {} has records of topic {}, which is not among the "
                                                    "sources: is the application's name in use by another pipeline?",
                                                    task.name, range.topic));
    }
    if (!has_records(range)) continue;
    const Status status =
        reader.source.read_range({range.topic, range.partition, range.first}, range.end, reader.wait_ms, batch);
    if (!status.ok()) return status;
  }
  merge_records(batch.records);
  if (reader.inspect) {
    if (Status status = reader.inspect(batch.records); !status.ok()) return status;
  }
  EpochResult of_change;
  const bool changes = entry.configuration.is_known() && entry.configuration != task.configuration;
  if (changes && reader.configurations != nullptr) {
    if (Status status = task.change(*reader.configurations, entry.configuration, of_change); !status.ok())
      return status;
  }
  std::vector<TimeMs> clocks_ms;
  set_clocks(task.clock, batch.records, entry.wall_ms, entry.clock_ms, clocks_ms);
  task.clock.set(entry.clock_ms);
  result = task.task->process(batch.records, clocks_ms, task.clock.clock_ms());
  put_before(std::move(of_change), result);
  for (PartitionOffset& next : task.next) {
    if (find_first(entry, next)) next.next = range_of(entry, next.topic)->end;
  }
  task.epoch = entry.epoch;
  return Status::good();
}

bool find_first(const JournalEntry& entry, PartitionOffset& next) {
  for (const JournalLoss& loss : entry.losses) {
    if (loss.topic == next.topic) next.next = loss.end;
  }
  const JournalRange* range = range_of(entry, next.topic);
  if (range != nullptr) next.next = range->first;
  return range != nullptr;
}

}  // namespace vigia
