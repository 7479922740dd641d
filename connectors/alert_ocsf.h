// An alert as a Detection Finding of the Open Cybersecurity Schema Framework (class 2004), and the alert itself whole as
// `unmapped.vigia`.
#pragma once

#include <string>
#include <string_view>

#include "engine/task.h"

namespace vigia {

inline constexpr std::string_view ocsf_schema_uri = "https://schema.ocsf.io/1.4.0/classes/detection_finding";

// The same alert and application give the same bytes.
void append_ocsf(const Alert& alert, std::string_view application, std::string& out);

}  // namespace vigia
