// An alert field by field, as texts: for people who compare two.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/task.h"

namespace vigia {

// By the names and in the order of the schema, every field, an empty text for an empty one. Times with their local time in
// `zone` behind them.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> alert_fields(const Alert& alert,
                                                                            const std::string& zone);

// "seal.events/0:17, trip.events/0:4"; "" when there is none.
[[nodiscard]] std::string evidence_text(const Alert& alert);

}  // namespace vigia
