// A day at the guarded sites of the site model, made up: people badge in at the doors, a controller without network sends its
// grants afterwards, and at night somebody cuts a camera's power and forces a door. The same options give the same events.
#pragma once

#include <vector>

#include "connectors/simulator.h"
#include "operators/equipment.h"

namespace vigia {

// The events in the order of broker times; what happened is added to `truth`. Sites without a camera have quiet nights.
[[nodiscard]] std::vector<SimulatedEvent> simulate_sites(const Equipment& equipment, const SimulatorOptions& options,
                                                         std::vector<GroundTruth>& truth);

}  // namespace vigia
