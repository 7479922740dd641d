#include "operators/first_stages.h"

#include <algorithm>
#include <utility>

#include "engine/side_by_side_task.h"
#include "operators/camera_stage.h"
#include "operators/door_stage.h"
#include "operators/seal_stage.h"
#include "operators/security_task.h"

namespace vigia {

bool FirstStage::reads(StreamId stream) const { return std::ranges::find(streams, stream) != streams.end(); }

std::span<const FirstStage> first_stages() {
  using enum StreamId;
  static const std::vector<FirstStage> table = {
      {"seal-trip", "", {seal, trip}, make_seal_task},
      {"access", ".access", {access}, make_door_task},
      {"camera", ".camera", {camera}, make_camera_task},
      {"security", ".security", {security}, make_security_task},
  };
  return table;
}

std::vector<const FirstStage*> stages_of(const std::vector<StageSource>& sources) {
  std::vector<const FirstStage*> found;
  for (const FirstStage& stage : first_stages())
    if (std::ranges::any_of(sources, [&](const StageSource& source) { return stage.reads(source.stream); }))
      found.push_back(&stage);
  return found;
}

StageConfig config_of(const FirstStage& stage, const StageConfig& pipeline) {
  auto config = pipeline;
  std::erase_if(config.sources, [&](const StageSource& source) { return !stage.reads(source.stream); });
  std::erase_if(config.rules, [&](const RuleSpec& rule) {
    const auto* kind = find_kind(rule.kind);
    return kind == nullptr || std::ranges::none_of(kind->streams, [&](StreamId id) { return stage.reads(id); });
  });
  return config;
}

std::unique_ptr<Task> make_first_task(const StageConfig& pipeline) {
  const auto stages = stages_of(pipeline.sources);
  if (stages.size() == 1) return stages.front()->make_task(config_of(*stages.front(), pipeline));
  std::vector<SideBySideTask::Part> parts;
  for (const FirstStage* stage : stages) {
    SideBySideTask::Part part{stage->make_task(config_of(*stage, pipeline)), {}};
    std::uint16_t own = 0;
    for (const StageSource& source : pipeline.sources)
      part.topics.push_back(stage->reads(source.stream) ? std::optional(TopicIndex{own++}) : std::nullopt);
    parts.push_back(std::move(part));
  }
  return std::make_unique<SideBySideTask>(std::move(parts));
}

}  // namespace vigia
