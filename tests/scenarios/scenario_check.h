// Runs a scenario over threads {1, 2, 8} × batch {1, 32, 1024} × (restarted between any two epochs or not), and says
// what is not as it must be.
#pragma once

#include <string>

#include "tests/scenarios/scenario.h"

namespace vigia::scenarios {

// For people; empty: all is well.
[[nodiscard]] std::string check(const Scenario& scenario);

}  // namespace vigia::scenarios
