#include "app/state_location.h"

#include <cstdio>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "connectors/pipeline_config.h"

namespace vigia {

std::optional<StateLocation> locate_state(const std::string& config, const std::string& directory) {
  if (config.empty() == directory.empty()) {
    fmt::print(stderr, "expected exactly one of --config and --state-directory\n");
    return std::nullopt;
  }
  if (!directory.empty()) return StateLocation{directory};
  const LoadedPipeline loaded = load_pipeline(config);
  if (loaded.ok()) return StateLocation{loaded.pipeline.state_directory, loaded.pipeline.timezone};
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
