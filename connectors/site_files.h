// The files that a pipeline's `site` names.
#pragma once

#include <string>
#include <vector>

#include "connectors/config_diagnostics.h"
#include "connectors/environment.h"
#include "connectors/pipeline_config.h"

namespace vigia {

struct SiteFile {
  std::string path;          // resolved
  int line = 0;              // where the pipeline names it
  std::string content = {};  // filled in by load_site_files
};

// By the ending: .geojson or .json.
[[nodiscard]] bool is_geojson(const std::string& path);

// Reads them all into `out.site`: GeoJSON, the others as YAML.
// Ids are unique over all files.
void load_site_files(const std::string& pipeline_file, std::vector<SiteFile>& files,
                     const EnvironmentLookup& environment, LoadedPipeline& out, Diagnostics& diagnostics);

}  // namespace vigia
