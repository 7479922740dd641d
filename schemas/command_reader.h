// Commands as their topic brings them, in JSON or FlatBuffers.
#pragma once

#include <string>
#include <string_view>

#include "schemas/command_generated.h"

namespace vigia {

// Overwrites `out`. Returns why the record is no command, for people; empty when it is one. An action that this version does
// not know is `unknown`. Bytes with the file identifier VCMD are FlatBuffers, all others JSON.
[[nodiscard]] std::string read_command(std::string_view bytes, schema::CommandT& out);

}  // namespace vigia
