// An alert in the Elastic Common Schema: what security tools search by, and the alert itself whole as `vigia`.
#pragma once

#include <string>
#include <string_view>

#include "engine/task.h"

namespace vigia {

inline constexpr std::string_view ecs_schema_uri = "https://www.elastic.co/guide/en/ecs/8.11/ecs-reference.html";

// The same alert and application give the same bytes.
void append_ecs(const Alert& alert, std::string_view application, std::string& out);

}  // namespace vigia
