// The triage stage of a pipeline: what it reads, and its tasks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/stage_loading.h"
#include "connectors/status.h"
#include "engine/task.h"

namespace vigia {

// By TopicIndex: the alerts, then the sources of commands.
[[nodiscard]] std::vector<std::string> triage_topics(const LoadedStage& loaded);

// In how many partitions these are to be created, where others have `partitions`.
[[nodiscard]] std::int32_t triage_partitions(const Pipeline& pipeline, std::int32_t partitions);

// Fault::refused when the pipeline asks for what so many partitions can't give.
[[nodiscard]] Status check_triage_partitions(const LoadedStage& loaded, std::int32_t partitions);

// An empty task; `config`: that of the pipeline, under whatever rules hold. With more than one partition, a command that lies
// elsewhere than its alert is refused. `bytes_max`: of what all partitions' tasks keep together.
[[nodiscard]] std::unique_ptr<Task> make_triage_task(const StageConfig& config, const LoadedStage& loaded,
                                                     std::int32_t partitions, std::uint64_t bytes_max = UINT64_MAX);

}  // namespace vigia
