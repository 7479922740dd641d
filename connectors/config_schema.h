// The JSON Schema of the pipeline file, for editors: completion, help and red lines while one types.
#pragma once

#include <string>

namespace vigia {

// Made of the table of keys and the table of kinds; config/pipeline.schema.json is this text. It can't say everything
// that the loader checks: unique ids, bounds of durations, files, streams.
[[nodiscard]] std::string pipeline_json_schema();

}  // namespace vigia
