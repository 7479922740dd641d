// The conformance material beside the project: cases worked out by hand and random scenarios, with their final alerts.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/reference/load.h"
#include "tests/reference/reference.h"
#include "tests/reference/temp_dir.h"

namespace vigia::conformance {

// Absent outside of the development workplace; tests skip then.
[[nodiscard]] std::optional<std::string> find_shared(const std::string& name);

// A case restricted to seals and trips: its own pipeline file, written into `directory`.
struct Case {
  std::string name;
  std::string pipeline;  // path
  std::string zones_geojson, routes_geojson;
  std::vector<reference::Line> lines;
  TimeMs until_ms = 0;
  std::vector<reference::ReferenceAlert> expected;
};

// The hand-made cases whose rules and events are of seals and trips alone.
[[nodiscard]] std::vector<Case> seal_cases(const std::string& conformance, const harness::TempDir& directory);

// `input` is input.jsonl or input.storm.jsonl. Rules and expectations of other kinds and subjects are left out.
[[nodiscard]] Case random_scenario(const std::string& conformance, const std::string& name, const std::string& input,
                                   const harness::TempDir& directory);

}  // namespace vigia::conformance
