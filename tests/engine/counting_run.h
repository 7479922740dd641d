// Runs lines through a task of the counting stage, in this process: any batch, any number of threads, a restart between
// any two epochs. And the same final alerts by plain recomputation from the set of the events.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <vector>

#include "engine/task.h"
#include "tests/engine/counting_stage.h"
#include "tests/engine/memory_store.h"

namespace vigia::counting {

struct Line {
  std::string key;
  TimeMs broker_ms = 0;
  std::string value;        // see counting_stage.h
  std::uint16_t topic = 0;  // 0: numbers, 1: limits
};

// "TIME,SEQUENCE,VALUE", received `delay_ms` after it was made.
[[nodiscard]] Line number_line(const std::string& key, TimeMs time_ms, std::uint32_t sequence, std::int64_t value,
                               TimeMs delay_ms = 0, bool buffered = false);

struct RunOptions {
  std::size_t batch = 1024;
  unsigned threads = 1;
  bool restart_each_epoch = false;    // snapshot of what changed, new task, restore, between any two epochs
  bool take_over_each_epoch = false;  // a new task takes over from the last one, between any two epochs
  std::map<std::size_t, CountingRules> reloads = {};  // before the epoch that begins with this line: under other rules
  TimeMs until_ms = 0;                                // advance the clock to it at the end; 0: leave it
  bool weak_hash = false;
  LatenessSettings lateness = usual_lateness;
  std::uint64_t memory_bytes = UINT64_MAX;   // what goes beyond is spilled into `faults`; 0: all of it, each epoch
  std::shared_ptr<StoreFaults> faults = {};  // null: of its own
};

struct Rejection {
  RejectKind kind;
  std::size_t line;
  std::int32_t event_index;
  friend bool operator==(const Rejection&, const Rejection&) = default;
};

struct RunResult {
  std::string bytes;  // every revision as a JSON line
  std::vector<Alert> revisions;
  std::vector<Rejection> rejected;
  Account account;  // the sum over the epochs
  Account total;    // what the task says at the end
  std::uint64_t memory_bytes = 0;
  std::uint64_t peak_memory_bytes = 0;           // after any epoch
  std::map<std::string, std::string> described;  // each key's describe_key at the end: "owed N kept M arrived K"
  std::string error;                             // of restoring, or of what was spilled
  SpillCount spilled;                            // at the end
};

[[nodiscard]] RunResult run(const std::vector<Line>& lines, const RunOptions& options = {});

// A final alert: the last revision of each that is not withdrawn.
struct Final {
  std::string rule, key;
  TimeMs start_ms = 0, end_ms = 0;
  std::string status;
  friend auto operator<=>(const Final&, const Final&) = default;
};
[[nodiscard]] std::vector<Final> final_alerts(const std::vector<Alert>& revisions);
void PrintTo(const Final& alert, std::ostream* out);

// REQUIRES: every event comes within its time and no clock is at fault. Sorted, as final_alerts is.
[[nodiscard]] std::vector<Final> recompute(const std::vector<Line>& lines, TimeMs clock_ms,
                                           const LatenessSettings& settings = usual_lateness);

// What the revisions break: each (alert_id, revision) once, from 1 without gaps, none withdrawn at first. Empty: nothing.
[[nodiscard]] std::string broken_life_cycle(const std::vector<Alert>& revisions);

}  // namespace vigia::counting
