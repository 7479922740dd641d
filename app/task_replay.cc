#include "app/task_replay.h"

#include <algorithm>

#include <fmt/format.h>

namespace vigia {
namespace {

std::uint64_t record_count(const JournalEntry& entry) {
  std::int64_t count = 0;
  for (const JournalRange& range : entry.ranges)
    count += std::max<std::int64_t>(range.end.value - range.first.value, 0);
  return static_cast<std::uint64_t>(count);
}

}  // namespace

TaskReplay::TaskReplay(std::unique_ptr<StageTask> task, std::span<const JournalEntry> entries,
                       SourceAlertOptions options)
    : task_(std::move(task)), about_sources_(std::move(options)) {
  entries_.reserve(entries.size());
  for (const JournalEntry& entry : entries) entries_.push_back(std::make_shared<const JournalEntry>(entry));
}

std::vector<PartitionOffset> TaskReplay::reads_from() const {
  std::vector<PartitionOffset> from = task_->next;
  for (PartitionOffset& one : from) {
    for (std::size_t i = next_; i < entries_.size() && !find_first(*entries_[i], one); ++i) {
    }
  }
  return from;
}

std::uint64_t TaskReplay::records_until(const ReplayUntil& until) const {
  std::uint64_t count = 0;
  for (std::size_t i = next_; i < entries_.size() && entries_[i]->epoch <= until.epoch; ++i) {
    count += record_count(*entries_[i]);
    if (entries_[i]->clock_ms > until.clock_ms) break;
  }
  return count;
}

Status TaskReplay::check_log(const std::function<OffsetBounds(const std::string& topic)>& bounds) const {
  for (const PartitionOffset& from : reads_from()) {
    const OffsetBounds log = bounds(from.topic);
    const JournalEntry *first = nullptr, *last = nullptr;  // that need what is gone
    for (std::size_t i = next_; i < entries_.size(); ++i) {
      const JournalRange* range = range_of(*entries_[i], from.topic);
      if (range == nullptr || range->first >= log.begin) continue;
      if (first == nullptr) first = entries_[i].get();
      last = entries_[i].get();
    }
    if (first == nullptr) continue;
    return Status::of(
        Fault::unreadable,
        fmt::format("{}/{}: {} offsets, {} to {}, are not there any more, and epochs {} to {} of {} came from them; "
                    "restore the topic, or ask for a range that begins behind them and behind a snapshot in the state "
                    "directory",
                    from.topic, from.partition.value, log.begin.value - from.next.value, from.next.value,
                    log.begin.value - 1, first->epoch, last->epoch, task_->name));
  }
  return Status::good();
}

Status TaskReplay::run(const EpochReader& reader, const ReplayUntil& until, const Sink& sink) {
  while (!is_done(until)) {
    const std::shared_ptr<const JournalEntry> entry = entries_[next_];
    RecordBatch batch;
    EpochResult result;
    if (Status status = apply_journalled(*entry, reader, *task_, batch, result); !status.ok()) return status;
    tell_of_sources(*entry, about_sources_, task_->silences, result.alerts);
    ++next_;
    records_ += batch.records.size();
    account_ += result.account;
    unlisted_ += result.unlisted;
    for (const Alert& alert : result.alerts) {
      if (Status status = sink(alert, entry); !status.ok()) return status;
    }
    if (entry->clock_ms > until.clock_ms) break;
  }
  return Status::good();
}

}  // namespace vigia
