#include "connectors/simulated_route.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vigia {
namespace {

double norm_m(PlanePoint vector) { return std::hypot(vector.x_m, vector.y_m); }

}  // namespace

LatLon moved_m(LatLon from, double north_m, double east_m) {
  const double narrowing = std::cos(from.lat_deg * radians_per_degree);
  return {from.lat_deg + north_m / metres_per_degree, from.lon_deg + east_m / (metres_per_degree * narrowing)};
}

SimulatedRoute::SimulatedRoute(std::string id, std::vector<LatLon> points, double half_width_m,
                               std::string origin_depot_id, std::string destination_depot_id)
    : id_(std::move(id)),
      points_(std::move(points)),
      half_width_m_(half_width_m),
      origin_(std::move(origin_depot_id)),
      destination_(std::move(destination_depot_id)) {
  driven_m_.push_back(0);
  for (std::size_t i = 1; i < points_.size(); ++i) {
    driven_m_.push_back(driven_m_.back() + norm_m(project(points_[i - 1], points_[i])));
  }
}

LatLon SimulatedRoute::at(double driven_m, bool reversed, double offset_m) const {
  const double along_m = std::clamp(reversed ? length_m() - driven_m : driven_m, 0.0, length_m());
  const auto above = std::upper_bound(driven_m_.begin(), driven_m_.end(), along_m);
  const std::size_t to =
      std::clamp<std::size_t>(static_cast<std::size_t>(above - driven_m_.begin()), 1, points_.size() - 1);
  const LatLon a = points_[to - 1];
  const LatLon b = points_[to];
  const double segment_m = driven_m_[to] - driven_m_[to - 1];
  const double share = segment_m > 0 ? (along_m - driven_m_[to - 1]) / segment_m : 0;
  const LatLon on_road{a.lat_deg + (b.lat_deg - a.lat_deg) * share, a.lon_deg + (b.lon_deg - a.lon_deg) * share};
  if (offset_m == 0 || segment_m == 0) return on_road;
  const PlanePoint ahead = project(a, b);
  return moved_m(on_road, ahead.x_m / segment_m * offset_m, -ahead.y_m / segment_m * offset_m);
}

double SimulatedRoute::distance_m(LatLon place) const {
  double nearest_m = INFINITY;
  for (std::size_t i = 1; i < points_.size(); ++i) {
    const PlanePoint a = project(place, points_[i - 1]);
    const PlanePoint b = project(place, points_[i]);
    const PlanePoint ab{b.x_m - a.x_m, b.y_m - a.y_m};
    const double squared = ab.x_m * ab.x_m + ab.y_m * ab.y_m;
    const double share = squared > 0 ? std::clamp(-(a.x_m * ab.x_m + a.y_m * ab.y_m) / squared, 0.0, 1.0) : 0.0;
    nearest_m = std::min(nearest_m, norm_m({a.x_m + ab.x_m * share, a.y_m + ab.y_m * share}));
  }
  return nearest_m;
}

}  // namespace vigia
