// How records that are in some other system's format are read.
#pragma once

#include <string>

#include "engine/record.h"

namespace vigia {

// Appends to `json` (empty at the call) what the record says, as JSON of the source's stream: one event, or several as
// {"events": [...]}. Appends nothing when the record tells of no event; like an empty batch it then has no place in the
// account. Returns why the record can't be read, for people, which makes it a dead letter; empty when it could.
//
// A pure function of the record: what is kept of a record (evidence, dead letters) is what came, and a replay
// reads it again. May be called from several threads at once; throws nothing but std::bad_alloc.
using RecordAdapter = std::string (*)(const InputRecord& record, std::string& json);

}  // namespace vigia
