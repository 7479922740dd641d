#include "app/state_location.h"

#include <cstdio>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "connectors/pipeline_config.h"

namespace vigia {

namespace {

std::vector<std::string> rules_of(const LoadedPipeline& loaded) {
  std::vector<std::string> ids = {"source_silent", "records_lost"};  // every pipeline's
  for (const RuleSpec& rule : loaded.pipeline.rules) ids.push_back(rule.id);
  if (!loaded.pipeline.sigma) return ids;
  for (const auto& stream : loaded.pipeline.sigma->streams)
    for (const auto& detection : stream.detections) ids.push_back(detection.head.rule_id);
  for (const auto& correlation : loaded.pipeline.sigma->correlations) ids.push_back(correlation.head.rule_id);
  return ids;
}

}  // namespace

std::optional<StateLocation> locate_state(const std::string& config, const std::string& directory) {
  if (config.empty() == directory.empty()) {
    fmt::print(stderr, "expected exactly one of --config and --state-directory\n");
    return std::nullopt;
  }
  if (!directory.empty()) return StateLocation{directory};
  const LoadedPipeline loaded = load_pipeline(config);
  if (loaded.ok()) return StateLocation{loaded.pipeline.state_directory, loaded.pipeline.timezone, rules_of(loaded)};
  fmt::print(stderr, "{}", format_errors(loaded.errors));
  return std::nullopt;
}

ScratchDirectory::ScratchDirectory() {
  std::error_code error;
  std::string path = (std::filesystem::temp_directory_path(error) / "vigia-read-XXXXXX").string();
  if (!error && ::mkdtemp(path.data()) != nullptr) path_ = path;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace vigia
