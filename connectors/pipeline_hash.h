// What a configuration means, as a number: the journal and the snapshots say by it under which rules they were made.
#pragma once

#include <cstdint>
#include <vector>

#include "connectors/pipeline_config.h"
#include "connectors/site_files.h"

namespace vigia {

// XXH3 of what can change an alert: application, time zone, times, sources, rules, and the bytes of the site files in
// their order; see Pipeline::config_hash. The files' paths don't count, nor does the order of the rules' keys.
[[nodiscard]] std::uint64_t pipeline_hash(const Pipeline& pipeline, const std::vector<SiteFile>& site_files);

}  // namespace vigia
