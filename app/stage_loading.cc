#include "app/stage_loading.h"

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "connectors/formats.h"

namespace vigia {

std::optional<LoadedStage> load_stage(const std::string& path) {
  LoadedPipeline loaded = load_pipeline(path);
  fmt::print(stderr, "{}", format_warnings(loaded.warnings));
  if (!loaded.ok()) {
    fmt::print(stderr, "{}", format_errors(loaded.errors));
    return std::nullopt;
  }
  LoadedStage result;
  result.path = path;
  result.pipeline = std::move(loaded.pipeline);
  result.configuration = std::move(loaded.configuration);
  const Pipeline& pipeline = result.pipeline;
  StageConfig& stage = result.stage;
  stage.application = pipeline.application;
  stage.horizon_ms = pipeline.horizon_ms;
  stage.allowed_lateness_ms = pipeline.allowed_lateness_ms;
  stage.max_clock_skew_ms = pipeline.max_clock_skew_ms;
  stage.rules = pipeline.rules;
  stage.sigma = pipeline.sigma;
  stage.group_budget = pipeline.group_budget;
  stage.site = std::make_shared<const SiteModel>(std::move(loaded.site));
  for (const SourceSpec& source : pipeline.sources) {
    if (source.stream == StreamId::command) result.command_topics.push_back(source.topic);
    if (!source.has_operators) continue;
    const bool json = source.format == RecordFormat::json;
    stage.sources.push_back({source.topic, source.stream, json ? PayloadFormat::json : PayloadFormat::flatbuffers,
                             nullptr, source.foreign != nullptr ? source.foreign->adapt : nullptr});
    result.sources.push_back(source);
    result.topics.push_back(source.topic);
  }
  if (result.topics.empty()) {
    fmt::print(stderr,
               "{}: found no source of the streams seal, trip, access, camera and security, expected at least one\n",
               path);
    return std::nullopt;
  }
  return result;
}

std::vector<StagePart> parts_of(const LoadedStage& loaded) {
  std::vector<StagePart> parts;
  for (const FirstStage* stage : stages_of(loaded.stage.sources)) {
    StagePart part;
    part.stage = stage;
    part.group = fmt::format("{}{}", loaded.pipeline.application, stage->suffix);
    part.directory = loaded.pipeline.state_directory;
    if (!stage->suffix.empty()) part.directory = fmt::format("{}/{}", part.directory, stage->name);
    for (std::size_t i = 0; i < loaded.sources.size(); ++i) {
      if (!stage->reads(loaded.sources[i].stream)) continue;
      part.sources.push_back(loaded.sources[i]);
      part.topics.push_back(loaded.topics[i]);
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace vigia
