// The second stage: what single devices can't be judged by. It reads the signals of the first, by whatever way they come.
#pragma once

#include <memory>

#include "engine/signal_task.h"
#include "operators/stage_config.h"

namespace vigia {

// Whether any of the rules needs it.
[[nodiscard]] bool needs_signal_stage(const StageConfig& config);

// An empty task of the second stage.
[[nodiscard]] std::unique_ptr<Task> make_signal_task(const StageConfig& config, bool at_once = false);

// Everything in one: the first stages and, when a rule needs it, the second behind it.
[[nodiscard]] std::unique_ptr<Task> make_whole_task(const StageConfig& config);

}  // namespace vigia
