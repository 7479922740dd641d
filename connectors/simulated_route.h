// A road as the simulator drives it: a polyline by distance driven. Its own plain geometry, so that the ground truth
// does not come from the operators that it is compared with.
#pragma once

#include <string>
#include <vector>

#include "operators/geo.h"

namespace vigia {

class SimulatedRoute {
 public:
  // REQUIRES: at least two points, of which two differ.
  SimulatedRoute(std::string id, std::vector<LatLon> points, double half_width_m, std::string origin_depot_id,
                 std::string destination_depot_id);

  // The place after driving `driven_m` from the origin (or from the destination when `reversed`), `offset_m` to the
  // left of the road. Beyond the end: the end.
  [[nodiscard]] LatLon at(double driven_m, bool reversed, double offset_m) const;
  // How far a place is from the road, in metres, on the plane tangent at that place.
  [[nodiscard]] double distance_m(LatLon place) const;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] double length_m() const { return driven_m_.back(); }
  [[nodiscard]] double half_width_m() const { return half_width_m_; }
  [[nodiscard]] const std::string& origin_depot_id(bool reversed) const { return reversed ? destination_ : origin_; }
  [[nodiscard]] const std::string& destination_depot_id(bool reversed) const {
    return reversed ? origin_ : destination_;
  }

 private:
  std::string id_;
  std::vector<LatLon> points_;
  std::vector<double> driven_m_;  // up to each point
  double half_width_m_;
  std::string origin_, destination_;
};

// A place `north_m` and `east_m` from another; good for some tens of kilometres.
[[nodiscard]] LatLon moved_m(LatLon from, double north_m, double east_m);

}  // namespace vigia
