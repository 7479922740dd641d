// The simulator's ground truth on disk, and alerts held against it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "connectors/simulator.h"
#include "engine/task.h"

namespace vigia {

// JSON lines; false: errno says why not.
[[nodiscard]] bool write_ground_truth(const std::string& path, const std::vector<GroundTruth>& truth);

struct KindScore {
  std::size_t happened = 0;     // according to the truth
  std::size_t found = 0;        // of these, with an alert of the kind about the subject at the time
  std::size_t unexplained = 0;  // alerts without anything that happened
  std::size_t confirmed = 0, cleared = 0, provisional = 0, withdrawn = 0;  // alerts by their last status
};

// `alerts`: the last revision of each. Times may differ by tolerance_ms. Withdrawn alerts find nothing and need no
// explanation. Kinds that the truth never speaks of have happened == found == 0 and all alerts unexplained.
[[nodiscard]] std::map<std::string, KindScore> score(const std::vector<GroundTruth>& truth,
                                                     const std::vector<Alert>& alerts, TimeMs tolerance_ms);

}  // namespace vigia
