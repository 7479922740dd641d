#include "app/derived_stage.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/epoch_runner.h"
#include "app/stage_service.h"
#include "operators/signal_stage.h"

namespace vigia {

Status DerivedStage::empty_task(const Pipeline& pipeline, PartitionId number, ConfigurationHash hash,
                                std::unique_ptr<StageTask>& out) const {
  const auto mode = pipeline.clock == ClockMode::wall ? StageClock::Mode::wall : StageClock::Mode::records;
  std::unique_ptr<Task> task;
  if (Status status = tasks->make_task(hash, task); !status.ok()) return status;
  out = std::make_unique<StageTask>(fmt::format("{}/{}", name, number.value), number, std::move(task), topics, mode,
                                    pipeline.max_clock_skew_ms);
  out->configuration = hash;
  return Status::good();
}

std::vector<DerivedStage> derived_stages(const LoadedStage& loaded, unsigned threads, ConfigurationTopic& topic) {
  const Pipeline& pipeline = loaded.pipeline;
  auto config = loaded.stage;
  config.threads = threads;
  std::vector<DerivedStage> stages;
  const auto versions = [&](VersionedTasks::MakeTask make) {
    return std::make_unique<VersionedTasks>(topic, loaded, std::move(make));
  };
  for (StagePart& part : parts_of(loaded)) {
    auto placements = std::make_unique<KeyPlacements>(part.sources);
    const auto make = [config, stage = part.stage, placed = placements.get()](const StageRules& rules) {
      auto own = config_of(*stage, under(rules, config));
      for (std::size_t i = 0; i < own.sources.size(); ++i) own.sources[i].placement = placed->of(i);
      return stage->make_task(own);
    };
    stages.push_back({std::string(part.stage->name), std::move(part.group), std::move(part.directory),
                      std::move(part.topics), pipeline.source_silence_ms, versions(make), std::move(placements)});
  }
  const bool needs_second = std::ranges::any_of(topic.all(), [&](const Configuration& one) {
    Diagnostics mistakes;  // a task under it will name them
    return needs_signal_stage(under({one.rules, config.site, plan_of(one, mistakes)}, config));
  });
  if (!needs_second && !needs_signal_stage(config)) return stages;
  const bool at_once = pipeline.clock == ClockMode::records;
  const auto make = [config, at_once](const StageRules& rules) {
    return make_signal_task(under(rules, config), at_once);
  };
  stages.push_back({signal_stage_name,
                    pipeline.application + signal_group_suffix,
                    signal_directory(pipeline.state_directory),
                    {pipeline.outputs.signals},
                    0,
                    versions(make),
                    nullptr});
  return stages;
}

}  // namespace vigia
