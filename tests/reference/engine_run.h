// Drives a Task the way `vigia replay` does, in this process: lines in, revisions out, with any number of threads, any
// batch, and a restart between any two epochs. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/pipeline_config.h"
#include "engine/task.h"
#include "operators/seal_stage.h"
#include "tests/reference/load.h"
#include "tests/reference/reference.h"

namespace vigia::harness {

// A pipeline that was loaded without error, ready for tasks.
struct LoadedStage {
  StageConfig config;
  reference::Settings settings;
};
[[nodiscard]] LoadedStage stage_of(LoadedPipeline loaded);

struct RunOptions {
  std::size_t batch = 1024;
  unsigned threads = 1;
  bool restart_each_epoch = false;                   // snapshot into memory, new task, restore, between any two epochs
  std::optional<std::size_t> restart_at_epoch = {};  // the same, once: before this epoch
  bool take_over_each_epoch = false;                 // a new task takes over from the last one, between any two epochs
  // The other stage, whose task takes over before the epoch with this line. Of the same sources.
  std::optional<std::pair<std::size_t, const LoadedStage*>> reload = {};
  bool spill_each_epoch = false;  // with memory for nothing: each seal goes out after each epoch
  std::optional<TimeMs> until_ms = {};
  std::vector<TimeMs> wall_ms = {};  // time.clock wall: what the wall clock says at each line; empty: records
};

struct Rejection {
  RejectKind kind = RejectKind::dead_letter;
  std::size_t line = 0;
  std::int32_t event_index = -1;
  std::string reason;
};

struct RunResult {
  std::string bytes;             // every revision as a JSON line
  std::vector<Alert> revisions;  // in order
  std::vector<Rejection> rejected;
  Account account;                      // the sum of the epochs' accounts
  Account total;                        // what the task itself says at the end
  std::vector<TimeMs> taken_broker_ms;  // of each line, as the stage clock took it
  std::string error;                    // why a snapshot could not be restored
};

[[nodiscard]] RunResult run_engine(const LoadedStage& stage, const std::vector<reference::Line>& lines,
                                   const RunOptions& options);

// The last revision of each alert, withdrawn ones left out.
[[nodiscard]] std::vector<Alert> final_alerts(const std::vector<Alert>& revisions);
// The order law's "final alerts", one a line: everything but what depends on how they were found.
[[nodiscard]] std::string final_bytes(const std::vector<Alert>& revisions);
[[nodiscard]] std::vector<reference::ReferenceAlert> comparable(const std::vector<Alert>& alerts);

// What of the life cycle the revisions break (design section 4, semantics 2.3-2.5), for people; empty: nothing.
[[nodiscard]] std::string broken_life_cycle(const std::vector<Alert>& revisions);

}  // namespace vigia::harness
