// The world of a scenario: the standard site, and what the scenario adds, as GeoJSON.
#pragma once

#include <string>
#include <vector>

namespace vigia::scenarios {

class ScenarioSite {
 public:
  ScenarioSite();  // the standard site of README.md

  // words: ID KIND square EAST,NORTH SIDE | circle EAST,NORTH RADIUS | polygon PLACE PLACE PLACE ... [site=NAME]
  void add_zone(const std::vector<std::string>& words);
  // words: ID HALF_WIDTH PLACE PLACE ...
  void add_route(const std::vector<std::string>& words);

  [[nodiscard]] std::string zones_geojson() const { return collection(zones_); }
  [[nodiscard]] std::string routes_geojson() const { return collection(routes_); }

 private:
  [[nodiscard]] static std::string collection(const std::vector<std::string>& features);
  std::vector<std::string> zones_, routes_;
};

}  // namespace vigia::scenarios
