// Warm copies of tasks that others run (`state.standby: 1`): when their owner goes, this process takes them on where they
// are, and applies the difference instead of a snapshot and all that has come since.
//
// A copy is a task like those that are run here. It follows the journal: what its owner has made public is applied again,
// exactly the records of its ranges, by the clocks that they had, and what comes of it is left out. It writes nothing
// anywhere, and what it has is never ahead of what is public.
//
// The work is done on a thread of its own, of lower priority than those of the tasks that are run here, while go_on() is the
// last word. Between stop() and go_on() nothing is done, and the caller has the copies.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "app/journalled_epoch.h"
#include "app/stage_task.h"
#include "connectors/journal.h"
#include "connectors/log_source.h"

namespace vigia {

struct StandbyChoice {
  std::vector<PartitionId> numbers;  // whose copies are to be kept here
  std::vector<PartitionId> ours;     // that are run here, or are about to be: a copy that there is stays for that
};

// Called from the standby's thread alone, and never between stop() and go_on().
struct StandbyParts {
  Journal& journal;  // to be read; its own
  std::function<Status(StandbyChoice& choice)> choose;
  // What is public of these numbers; empty: all that is in the journal. Asked for while transactions follow each other
  // closely, a group's offsets may not be told for long.
  std::function<Status(std::span<const PartitionId> numbers, std::vector<TaskProgress>& out)> committed;
  // A source of these numbers and no others, without a group; not open yet.
  std::function<std::unique_ptr<LogSource>(std::span<const PartitionId> numbers)> make_source;
  std::function<Status(PartitionId number, std::uint64_t budget_bytes, std::unique_ptr<StageTask>& out)> restore;
  InspectRecords inspect = {};
  Configurations* configurations = nullptr;  // the runner's
};

class Standby {
 public:
  using Copies = std::vector<std::unique_ptr<StageTask>>;

  // `every_ms`: how often the copies are brought up to date; 0: only by advance() (tests).
  Standby(StandbyParts parts, TimeMs every_ms);
  ~Standby();

  // Breaks off between two epochs, and gives the copies; they come in any order. Waits for what can't be broken off: a
  // snapshot that is being loaded, an answer of a broker (some seconds).
  [[nodiscard]] Copies stop();
  // Goes on, with tasks that may become copies: those that are not chosen are let go.
  void go_on(Copies copies);

  // One round: chooses, and brings all copies up to date. REQUIRES: no thread does.
  void advance();

  // Of each copy.
  void keep_within(std::uint64_t bytes) { budget_bytes_ = bytes; }
  // Lets all copies go, within a round, and makes no more until the next go_on().
  void shed() { shed_ = true; }

  // What is about to go counts no more.
  [[nodiscard]] std::uint64_t memory_bytes() const { return shed_ ? 0 : memory_bytes_.load(); }
  [[nodiscard]] std::size_t size() const { return shed_ ? 0 : size_.load(); }

 private:
  void run();
  [[nodiscard]] bool breaks_off() const { return stop_ || shed_; }
  [[nodiscard]] Status choose();
  [[nodiscard]] Status make(PartitionId number);
  [[nodiscard]] bool has(PartitionId number) const;
  [[nodiscard]] Status open_source(const JournalEntry* ahead);
  [[nodiscard]] Status find_public(std::vector<std::uint64_t>& epochs);
  [[nodiscard]] Status follow(StageTask& copy, std::uint64_t public_epoch);
  [[nodiscard]] Status apply(StageTask& copy, std::span<const JournalEntry> entries);
  void count();
  void say(const Status& status);

  StandbyParts parts_;
  const TimeMs every_ms_;
  Copies copies_;
  std::unique_ptr<LogSource> source_;  // of the numbers of copies_, or null
  std::vector<PartitionId> reads_;     // source_
  std::map<PartitionId, int> rests_;   // rounds until a copy that failed is tried again
  int failures_ = 0;                   // rounds on end
  std::atomic<std::uint64_t> budget_bytes_ = UINT64_MAX, memory_bytes_ = 0;
  std::atomic<std::size_t> size_ = 0;
  std::atomic<bool> stop_ = true, shed_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool busy_ = false, end_ = false;
  std::thread thread_;
};

}  // namespace vigia
