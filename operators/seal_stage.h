// The stage of seals and trips: everything the keyed engine needs to judge sealed cargo.
#pragma once

#include <memory>

#include "engine/task.h"
#include "operators/stage_config.h"

namespace vigia {

// An empty task. Thread safety: as engine/task.h says.
[[nodiscard]] std::unique_ptr<Task> make_seal_task(const StageConfig& config);

}  // namespace vigia
