// The file that `sigma_pipeline` names: which events of the security stream are a log source's, and what its fields are
// called there.
#pragma once

#include <string>
#include <vector>

#include "connectors/config_diagnostics.h"
#include "operators/sigma_matcher.h"
#include "operators/sigma_rule.h"

namespace vigia {

struct SigmaPipelineEntry {
  SigmaLogSource logsource;  // what is empty fits any
  SigmaExpression when;      // in the event's own names
  SigmaFieldNames fields;
};

using SigmaPipeline = std::vector<SigmaPipelineEntry>;

// A YAML list of {logsource, when, fields}.
[[nodiscard]] SigmaPipeline read_sigma_pipeline(const std::string& file, const std::string& content,
                                                Diagnostics& diagnostics);

// The entry that says most about the log source, of several the first; null: none fits.
[[nodiscard]] const SigmaPipelineEntry* entry_for(const SigmaPipeline& pipeline, const SigmaLogSource& logsource);

// Tells each detection where its events and fields are. Our own streams need no entry; one gives their fields the names that
// other streams have for the same: the holder of a badge is the user of a logon. Warns of other rules whose log source has no
// entry: they are offered every event of the security stream, under the fields' own names.
void resolve_logsources(const SigmaPipeline& pipeline, SigmaRules& rules, Diagnostics& diagnostics);

}  // namespace vigia
