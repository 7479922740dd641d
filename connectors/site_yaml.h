// Doors, cameras, badge holders, staff and maintenance of the guarded sites, from YAML files.
#pragma once

#include <string>

#include "connectors/config_diagnostics.h"
#include "connectors/environment.h"
#include "operators/equipment.h"

namespace vigia {

// Adds a file's lists to `out`. Ids must be unique over all files, each kind for itself.
// `content` is the file's text; `file` is for messages.
void load_site_yaml(const std::string& file, const std::string& content, const EnvironmentLookup& environment,
                    SiteEquipment& out, Diagnostics& diagnostics);

}  // namespace vigia
