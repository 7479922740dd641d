#include "app/stage_loading.h"

#include <cstdio>
#include <utility>

#include <fmt/format.h>

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
  SealStageConfig& stage = result.stage;
  stage.application = pipeline.application;
  stage.horizon_ms = pipeline.horizon_ms;
  stage.allowed_lateness_ms = pipeline.allowed_lateness_ms;
  stage.max_clock_skew_ms = pipeline.max_clock_skew_ms;
  stage.rules = pipeline.rules;
  stage.site = std::make_shared<const SiteModel>(std::move(loaded.site));
  for (const SourceSpec& source : pipeline.sources) {
    if (source.stream != StreamId::seal && source.stream != StreamId::trip) continue;
    const bool json = source.format == RecordFormat::json;
    stage.sources.push_back({source.topic, source.stream, json ? PayloadFormat::json : PayloadFormat::flatbuffers});
    result.sources.push_back(source);
    result.topics.push_back(source.topic);
  }
  if (result.topics.empty()) {
    fmt::print(stderr, "{}: found no source of the streams seal and trip, expected at least one\n", path);
    return std::nullopt;
  }
  return result;
}

}  // namespace vigia
