#include "tests/scenarios/scenario_site.h"

#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/scenarios/scenario_words.h"

namespace vigia::scenarios {
namespace {

std::string ring_of(const std::vector<Metres>& corners) {
  std::vector<std::string> points;
  for (const auto& corner : corners) points.push_back(geojson_of(corner));
  points.push_back(points.front());
  return fmt::format("[{}]", fmt::join(points, ","));
}

std::string square(Metres centre, double side) {
  const double half = side / 2, e = centre.east, n = centre.north;
  return ring_of({{e - half, n - half}, {e + half, n - half}, {e + half, n + half}, {e - half, n + half}});
}

}  // namespace

ScenarioSite::ScenarioSite() {
  add_route({"r", "200", "0,0", "20000,0"});
  add_zone({"home", "depot", "square", "0,0", "600"});
  add_zone({"other", "depot", "square", "20000,0", "600"});
  add_zone({"yard", "depot", "square", "15000,0", "600"});
  add_zone({"cafe", "exempt", "square", "10000,0", "600"});
  add_zone({"ring", "area", "circle", "5000,0", "500"});
}

void ScenarioSite::add_zone(const std::vector<std::string>& words) {
  if (words.size() < 5) throw std::runtime_error("zone ID KIND square|circle|polygon ...");
  std::string properties = fmt::format("\"id\":\"{}\",\"kind\":\"{}\"", words[0], words[1]);
  std::vector<Metres> corners;
  for (std::size_t i = 3; i < words.size(); ++i) {
    const auto [name, value] = name_and_value(words[i]);
    if (name == "site" || name == "hours")
      properties += fmt::format(",\"{}\":\"{}\"", name, fmt::join(split(value, '_'), " "));
    else if (words[2] == "polygon")
      corners.push_back(parse_metres(words[i]));
  }
  std::string geometry;
  if (words[2] == "circle") {
    properties += fmt::format(",\"radius_m\":{}", words[4]);
    geometry = fmt::format("\"Point\",\"coordinates\":{}", geojson_of(parse_metres(words[3])));
  } else {
    const auto ring = words[2] == "square" ? square(parse_metres(words[3]), std::stod(words[4])) : ring_of(corners);
    geometry = fmt::format("\"Polygon\",\"coordinates\":[{}]", ring);
  }
  zones_.push_back(
      fmt::format("{{\"type\":\"Feature\",\"properties\":{{{}}},\"geometry\":{{\"type\":{}}}}}", properties, geometry));
}

void ScenarioSite::add_route(const std::vector<std::string>& words) {
  if (words.size() < 4) throw std::runtime_error("route ID HALF_WIDTH PLACE PLACE ...");
  std::vector<std::string> points;
  for (std::size_t i = 2; i < words.size(); ++i) points.push_back(geojson_of(parse_metres(words[i])));
  routes_.push_back(
      fmt::format("{{\"type\":\"Feature\",\"properties\":{{\"id\":\"{}\",\"corridor_half_width_m\":{}}},"
                  "\"geometry\":{{\"type\":\"LineString\",\"coordinates\":[{}]}}}}",
                  words[0], words[1], fmt::join(points, ",")));
}

std::string ScenarioSite::collection(const std::vector<std::string>& features) {
  return fmt::format("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", fmt::join(features, ",\n"));
}

}  // namespace vigia::scenarios
