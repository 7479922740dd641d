// The conformance material beside the project: cases worked out by hand and random scenarios, with their final alerts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/reference/load.h"
#include "tests/reference/reference.h"
#include "tests/reference/temp_dir.h"

namespace vigia::conformance {

// Absent outside of the development workplace; tests skip then.
[[nodiscard]] std::optional<std::string> find_shared(const std::string& name);

// With its own pipeline file, written into `directory`.
struct Case {
  std::string name;
  std::string pipeline;  // path
  std::string zones_geojson, routes_geojson;
  std::vector<reference::Line> lines;
  TimeMs until_ms = 0;
  std::vector<reference::ReferenceAlert> expected;
  bool only_seals = false;  // its events are of seals and trips alone: what the recomputation knows
};

// The hand-made cases.
[[nodiscard]] std::vector<Case> all_cases(const std::string& conformance, const harness::TempDir& directory);

// `input` is input.jsonl or input.storm.jsonl.
[[nodiscard]] Case random_scenario(const std::string& conformance, const std::string& name, const std::string& input,
                                   const harness::TempDir& directory);

// What of a scenario is about seals: its events and its expectations.
[[nodiscard]] Case of_seals(Case one);

}  // namespace vigia::conformance
