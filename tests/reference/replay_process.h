// Runs `vigia replay` as a user would, and reads what it wrote.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/task.h"
#include "tests/reference/load.h"
#include "tests/reference/temp_dir.h"

namespace vigia::harness {

struct ReplayOutcome {
  int exit_code = 0;
  std::string bytes;             // the output file
  std::vector<Alert> revisions;  // the same, read
};

// `arguments` are added to the command line as they are. The binary must exist.
[[nodiscard]] ReplayOutcome run_replay(const std::string& binary, const std::string& pipeline,
                                       const std::vector<reference::Line>& lines, std::optional<TimeMs> until_ms,
                                       const std::string& arguments, const TempDir& directory);

}  // namespace vigia::harness
