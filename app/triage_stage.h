// The triage stage of a pipeline: what it reads, and its tasks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/stage_loading.h"
#include "engine/task.h"

namespace vigia {

// By TopicIndex: the alerts, then the sources of commands.
[[nodiscard]] std::vector<std::string> triage_topics(const LoadedStage& loaded);

// An empty task. With more than one partition, a command that lies elsewhere than its alert is refused. `bytes_max`: of what all
// partitions' tasks keep together.
[[nodiscard]] std::unique_ptr<Task> make_triage_task(const StageConfig& config, std::vector<std::string> topics,
                                                     std::int32_t partitions, std::uint64_t bytes_max = UINT64_MAX);

}  // namespace vigia
