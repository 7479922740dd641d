// An alert as it is written on the alert topics.
#pragma once

#include <string>
#include <string_view>

#include "connectors/pipeline_config.h"
#include "engine/task.h"
#include "schemas/json_reader.h"

namespace vigia {

// Tries the format that the topic should have, and then the others: a topic outlives a change of `outputs.format`. Returns
// why the bytes are no alert, for people; empty when they are one, which is in `out` then. Ids are 1 to 64 printable
// ASCII characters, revisions count from 1.
[[nodiscard]] std::string read_alert_payload(std::string_view bytes, RecordFormat expected, json::Reader& reader,
                                             Alert& out);

}  // namespace vigia
