// The table of first stages: those that read what comes from outside. Each has its own sources, rules and tasks; what has to
// meet across them goes to the second stage. One more is one more line.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/task.h"
#include "operators/stage_config.h"

namespace vigia {

struct FirstStage {
  std::string_view name;    // of its tasks: NAME/PARTITION
  std::string_view suffix;  // of the application's name in its consumer group
  std::vector<StreamId> streams;
  std::unique_ptr<Task> (*make_task)(const StageConfig& config);

  [[nodiscard]] bool reads(StreamId stream) const;
};

[[nodiscard]] std::span<const FirstStage> first_stages();

// Those that have a source among these, in the order of the table.
[[nodiscard]] std::vector<const FirstStage*> stages_of(const std::vector<StageSource>& sources);

// Of a pipeline what concerns the stage: its sources, and the rules of kinds that are judged by them.
[[nodiscard]] StageConfig config_of(const FirstStage& stage, const StageConfig& pipeline);

// All of them in one task. An empty one.
[[nodiscard]] std::unique_ptr<Task> make_first_task(const StageConfig& pipeline);

}  // namespace vigia
