// Rules that speak of what the site files don't have: most likely a slip of the pen.
#pragma once

#include <map>
#include <string>

#include "connectors/config_diagnostics.h"
#include "connectors/pipeline_config.h"

namespace vigia {

// Warns of each. `lines`: of the rules' ids in the pipeline's file; the implicit one has none.
void warn_of_idle_rules(const std::string& pipeline_file, const std::map<std::string, int>& lines,
                        const LoadedPipeline& loaded, Diagnostics& diagnostics);

}  // namespace vigia
