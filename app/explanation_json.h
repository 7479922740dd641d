// An explanation as one JSON document, for programs.
#pragma once

#include <string>

#include "app/explanation.h"

namespace vigia {

[[nodiscard]] std::string explanation_json(const Explanation& explanation);

}  // namespace vigia
