#include "app/derived_stage.h"

#include <fmt/format.h>

#include "app/epoch_runner.h"
#include "app/stage_service.h"
#include "operators/signal_stage.h"

namespace vigia {

std::unique_ptr<StageTask> DerivedStage::empty_task(const Pipeline& pipeline, PartitionId number) const {
  const auto mode = pipeline.clock == ClockMode::wall ? StageClock::Mode::wall : StageClock::Mode::records;
  return std::make_unique<StageTask>(fmt::format("{}/{}", name, number.value), number, make_task(), topics, mode,
                                     pipeline.max_clock_skew_ms);
}

std::vector<DerivedStage> derived_stages(const LoadedStage& loaded, const SealStageConfig& config) {
  const Pipeline& pipeline = loaded.pipeline;
  std::vector<DerivedStage> stages;
  stages.push_back({RunnerOptions().stage, pipeline.application, pipeline.state_directory, loaded.topics,
                    pipeline.source_silence_ms, [config] { return make_seal_task(config); }});
  if (!needs_signal_stage(config)) return stages;
  const bool at_once = pipeline.clock == ClockMode::records;
  stages.push_back({signal_stage_name,
                    pipeline.application + signal_group_suffix,
                    signal_directory(pipeline.state_directory),
                    {pipeline.outputs.signals},
                    0,
                    [config, at_once] { return make_signal_task(config, at_once); }});
  return stages;
}

}  // namespace vigia
