// The roads of the simulator, read from the pipeline's own site files.
#pragma once

#include <string>
#include <vector>

#include "connectors/pipeline_config.h"
#include "connectors/simulator.h"
#include "connectors/status.h"

namespace vigia {

// Every LineString of the GeoJSON files is a road; its depots are those that its ends lie in. REQUIRES: files that
// load_pipeline has accepted.
[[nodiscard]] Status load_simulated_routes(const std::vector<std::string>& site_files, const SiteModel& site,
                                           std::vector<SimulatedRoute>& out);

// Is a stop there nobody's business: in a depot or an exempt zone? `site` must outlive the answer.
[[nodiscard]] bool is_exempt(const SiteModel& site, LatLon place);

// Takes over the limits that the pipeline's rules have, so that the ground truth speaks of the same things.
void adopt_limits(const std::vector<RuleSpec>& rules, SimulatorOptions& options);

}  // namespace vigia
