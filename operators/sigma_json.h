// A JSON object as an event of detections.
#pragma once

#include <simdjson.h>

#include "operators/sigma_event.h"

namespace vigia {

// Begins `event` and adds the object's fields. Texts point into the parser that the object belongs to.
void read_sigma_json(simdjson::dom::object object, const SigmaFields& fields, bool all_texts, SigmaEvent& event);

}  // namespace vigia
