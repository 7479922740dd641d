// Reads what the tests feed to the engine (the lines of `vigia replay`, GeoJSON) into the recomputation's plain data.
// Bad input is the test's own mistake: it throws std::runtime_error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/reference/plain.h"

namespace vigia::reference {

// One line of input for `vigia replay`. `value` is raw JSON.
struct Line {
  std::string topic, key;
  TimeMs timestamp_ms = 0;
  std::string value;
};

[[nodiscard]] std::vector<Line> parse_lines(std::string_view json_lines);
[[nodiscard]] std::vector<Line> read_lines(const std::string& path);
[[nodiscard]] std::string to_json_line(const Line& line);

// The seal and trip events in the lines, batches taken apart; `arrival` counts on over the lines. Lines of topics other
// than seal.events and trip.events are left out.
[[nodiscard]] std::vector<Event> events_of(const std::vector<Line>& lines);

[[nodiscard]] PlainSite read_site(const std::string& zones_geojson, const std::string& routes_geojson);

[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace vigia::reference
