// From a pipeline file to what its first stages need.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/pipeline_config.h"
#include "operators/first_stages.h"

namespace vigia {

struct LoadedStage {
  std::string path;  // of the pipeline's file
  Pipeline pipeline;
  Configuration configuration;
  StageConfig stage;                // threads: 1
  std::vector<SourceSpec> sources;  // by TopicIndex: those of the pipeline's that a stage reads
  std::vector<std::string> topics;  // theirs
  std::vector<std::string> command_topics;
};

// What of a pipeline is one first stage's.
struct StagePart {
  const FirstStage* stage = nullptr;
  std::string group;                // its consumer group
  std::string directory;            // of its snapshots
  std::vector<SourceSpec> sources;  // by TopicIndex of the stage
  std::vector<std::string> topics;  // theirs
};

// In the order of the table of first stages; at least one.
[[nodiscard]] std::vector<StagePart> parts_of(const LoadedStage& loaded);

// Loads the pipeline; warnings and errors go to standard error, all of them. Empty: there were errors, or nothing that
// a stage could read.
[[nodiscard]] std::optional<LoadedStage> load_stage(const std::string& path);

}  // namespace vigia
