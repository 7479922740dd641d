// From the coordinates of a GeoJSON geometry to checked shapes. Used by the GeoJSON loader only.
#pragma once

#include <string>
#include <vector>

#include "connectors/config_error.h"
#include "connectors/json_tree.h"
#include "operators/shape.h"

namespace vigia {

// Collects the errors of one file.
struct ErrorList {
  std::string file;
  std::vector<ConfigError>& errors;

  void add(int line, std::string found, std::string expected) {
    errors.push_back({file, line, std::move(found), std::move(expected)});
  }
};

// Each reads `coordinates` of the named geometry type, and appends an error for each mistake. What is returned is to be
// used only when no error came.
[[nodiscard]] LatLon read_position(const JsonNode& coordinates, ErrorList& errors);           // Point
[[nodiscard]] std::vector<LatLon> read_line(const JsonNode& coordinates, ErrorList& errors);  // LineString
[[nodiscard]] Polygon read_polygon(const JsonNode& coordinates, ErrorList& errors);           // Polygon, unwrapped
[[nodiscard]] std::vector<std::vector<LatLon>> read_lines(const JsonNode& coordinates, ErrorList& errors);
[[nodiscard]] std::vector<Polygon> read_polygons(const JsonNode& coordinates, ErrorList& errors);

}  // namespace vigia
