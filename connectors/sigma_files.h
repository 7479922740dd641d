// All that a configuration says in Sigma's format, from its files to the plan of the stages.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/config_diagnostics.h"
#include "connectors/sigma_reader.h"
#include "operators/sigma_plan.h"

namespace vigia {

// `pipeline`: the file that sigma_pipeline names; without a name there is none. Null, and mistakes noted: there were some, or
// there are no rules.
[[nodiscard]] std::shared_ptr<const SigmaPlan> plan_sigma_files(const std::vector<SigmaFile>& files,
                                                                const SigmaFile& pipeline, Diagnostics& diagnostics);

// Notes what check_own_fields finds; nothing when plan_sigma_files notes mistakes. Apart from it, for rules of earlier
// versions, which are planned again to derive what they have found, were never held against it.
void check_sigma_fields(const std::vector<SigmaFile>& files, const SigmaFile& pipeline, Diagnostics& diagnostics);

}  // namespace vigia
