// A recording of real vehicles, read in place and turned into what `vigia replay` reads.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/reference/load.h"
#include "tests/reference/temp_dir.h"

namespace vigia::recordings {

struct Recording {
  std::string pipeline;  // path of the pipeline file
  std::string zones_geojson, routes_geojson;
  std::vector<reference::Line> lines;  // in the order of arrival
};

// Where the recordings lie beside the project; absent outside of the development workplace.
[[nodiscard]] std::optional<std::string> find_recording(const std::string& name);

// Buses of Washington with the shapes that they should follow: one trip for each, from its first fix on, along all
// shapes of `on_route` together (a MultiLineString). Times are taken as UTC; fixes are numbered from 1.
struct Bus {
  std::string route;     // "3T", "5A" or "S2": the seal's id
  std::string on_route;  // whose shapes are its corridor; the same, but for a positive control
};
[[nodiscard]] Recording read_wmata(const std::string& folder, const std::vector<Bus>& buses, double half_width_m,
                                   int confirmations, const harness::TempDir& directory);

// Vehicles of Helsinki: every message of every case as a seal's, at the time it was received; the door is the lock.
// Vehicles count nothing, so the messages have no numbers.
[[nodiscard]] Recording read_hsl(const std::string& folder, const harness::TempDir& directory);

// The same by case: positions as messages of a seal, what the doors themselves reported as events of a door, both named as the
// vehicle. A bus opens in several cases, in the same messages.
[[nodiscard]] std::map<std::string, std::vector<reference::Line>> read_hsl_doors(const std::string& folder);

// Logs of attacked computers, in the Elastic Common Schema, by time; read by config/security.yaml.
[[nodiscard]] std::vector<reference::Line> read_otrf(const std::string& folder, const harness::TempDir& directory);

// A garage's cameras, in the order in which their messages came, each at the newest time so far; and Sigma rules for spots that
// are taken, left, and both.
[[nodiscard]] std::vector<reference::Line> read_garage(const std::string& folder);
extern const std::string garage_rules;

// The parts of a pipeline that all recordings share; `time.clock` is `records`.
[[nodiscard]] std::string pipeline_text(const std::string& rules);

[[nodiscard]] TimeMs parse_utc(const std::string& text);  // 2016-04-28 14:50:32 or 2023-10-29T13:24:10.275306Z

}  // namespace vigia::recordings
