// Reads a scenario file. Throws std::runtime_error that names the file and the line.
#pragma once

#include <string>

#include "tests/scenarios/scenario.h"

namespace vigia::scenarios {

[[nodiscard]] Scenario parse_scenario(const std::string& name, const std::string& text);

}  // namespace vigia::scenarios
