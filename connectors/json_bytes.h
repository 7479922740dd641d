// Bytes of somebody else's in JSON.
#pragma once

#include <string>
#include <string_view>

#include "schemas/json_object.h"

namespace vigia {

// As text under `name` when they are UTF-8, so that people can read them, else under `name`_base64.
void append_bytes_field(json::JsonObject& object, const std::string& name, std::string_view bytes);

}  // namespace vigia
