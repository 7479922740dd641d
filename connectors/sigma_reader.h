// Sigma files: detections and correlations, several documents a file. What the format can say and this version does not do
// is a mistake, never an approximation; all mistakes of all files are noted, each with file and line.
#pragma once

#include <string>
#include <vector>

#include "connectors/config_diagnostics.h"
#include "operators/sigma_rule.h"

namespace vigia {

struct SigmaFile {
  std::string name;  // for people
  std::string content;
};

// With mistakes in `diagnostics` the result is of no use. Correlations stand behind those that they refer to.
[[nodiscard]] SigmaRules read_sigma_files(const std::vector<SigmaFile>& files, Diagnostics& diagnostics);

}  // namespace vigia
