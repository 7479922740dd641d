// What detections over our own streams ask for must be there: a field or an enumerator that is none never matches, in
// silence.
#pragma once

#include "connectors/config_diagnostics.h"
#include "operators/sigma_rule.h"

namespace vigia {

// Notes each field and enumerator that a rule over seal, trip, access, camera or alert names and that is none, those of the
// correlations that refer to it too. REQUIRES: the log sources are resolved.
void check_own_fields(const SigmaRules& rules, Diagnostics& diagnostics);

}  // namespace vigia
