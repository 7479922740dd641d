// From a pipeline file to what the stage of seals and trips needs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/pipeline_config.h"
#include "operators/seal_stage.h"

namespace vigia {

struct LoadedStage {
  std::string path;  // of the pipeline's file
  Pipeline pipeline;
  Configuration configuration;
  SealStageConfig stage;            // threads: 1
  std::vector<SourceSpec> sources;  // by TopicIndex: those of the pipeline's that the stage reads
  std::vector<std::string> topics;  // theirs
};

// Loads the pipeline; warnings and errors go to standard error, all of them. Empty: there were errors, or nothing that
// the stage could read.
[[nodiscard]] std::optional<LoadedStage> load_stage(const std::string& path);

}  // namespace vigia
