// What the demo says at its end.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "connectors/simulator.h"
#include "connectors/status.h"
#include "engine/record.h"

namespace vigia {

struct DemoOutcome {
  std::filesystem::path directory;
  std::string pipeline;  // path
  Account account;
  std::uint64_t sent = 0;
  double seconds = 0;
  bool complete = false;  // every event sent was judged
  std::vector<GroundTruth> truth;
};

// Reads the alert store below the directory. Prints to standard output.
[[nodiscard]] Status print_demo_summary(const DemoOutcome& outcome);

}  // namespace vigia
