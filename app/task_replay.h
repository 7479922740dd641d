// One task of a replay from the log: its journalled epochs, one after another, from a snapshot or from nothing. It reads,
// and writes nothing anywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/journalled_epoch.h"
#include "app/source_alert.h"
#include "app/stage_task.h"
#include "connectors/journal.h"
#include "connectors/topic_scan.h"

namespace vigia {

// The first epoch whose clock lies behind `clock_ms`, or `epoch`, is the last.
struct ReplayUntil {
  TimeMs clock_ms = never_ms;
  std::uint64_t epoch = UINT64_MAX;
};

class TaskReplay {
 public:
  // Gets each alert with the epoch that gave it; a fault ends the run.
  using Sink = std::function<Status(const Alert& alert, const std::shared_ptr<const JournalEntry>& epoch)>;

  // `entries` are those behind the task's state, in order.
  TaskReplay(std::unique_ptr<StageTask> task, std::span<const JournalEntry> entries, SourceAlertOptions options);

  [[nodiscard]] const StageTask& task() const { return *task_; }
  [[nodiscard]] bool is_done(const ReplayUntil& until = {}) const {
    return next_ == entries_.size() || entries_[next_]->epoch > until.epoch;
  }
  // Of each topic the first record that is needed next.
  [[nodiscard]] std::vector<PartitionOffset> reads_from() const;
  // How many records run() will read.
  [[nodiscard]] std::uint64_t records_until(const ReplayUntil& until) const;

  // Fault::unreadable when the log does not have all that is needed, with the size of the gap.
  [[nodiscard]] Status check_log(const std::function<OffsetBounds(const std::string& topic)>& bounds) const;

  // Applies epochs up to the last. REQUIRES: its source was taken at reads_from().
  [[nodiscard]] Status run(const EpochReader& reader, const ReplayUntil& until, const Sink& sink);

  [[nodiscard]] std::uint64_t epochs() const { return next_; }
  [[nodiscard]] std::uint64_t records() const { return records_; }
  [[nodiscard]] const Account& account() const { return account_; }  // of what was applied here
  [[nodiscard]] const UnlistedIds& unlisted() const { return unlisted_; }

 private:
  std::unique_ptr<StageTask> task_;
  std::vector<std::shared_ptr<const JournalEntry>> entries_;
  SourceAlertOptions about_sources_;
  std::size_t next_ = 0;
  std::uint64_t records_ = 0;
  Account account_;
  UnlistedIds unlisted_;
};

}  // namespace vigia
