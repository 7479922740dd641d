// Whether two positions are within a radius of each other by haversine, and whether a zone exempts a place from being a
// stop. The plain plane decides what is clear; what is near the limit is measured.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "operators/geo.h"
#include "operators/site_model.h"

namespace vigia {

class StopRadius {
 public:
  explicit StopRadius(double radius_m) : radius_m_(radius_m) {}

  [[nodiscard]] bool holds(LatLon a, LatLon b) const {
    const double north_m = (b.lat_deg - a.lat_deg) * metres_per_degree;
    if (std::abs(north_m) > radius_m_ * 1.001 + 1) return false;
    // The way along the two axes, on the equator, is never shorter than the straight one.
    const double axes_m = std::abs(north_m) + std::abs(wrap_lon_deg(b.lon_deg - a.lon_deg)) * metres_per_degree;
    if (axes_m < radius_m_) return true;
    if (radius_m_ <= plane_m && std::abs(a.lat_deg) < 80) {
      const double east_m =
          wrap_lon_deg(b.lon_deg - a.lon_deg) * metres_per_degree * rough_cos(a.lat_deg * radians_per_degree);
      const double square = north_m * north_m + east_m * east_m;
      if (square > radius_m_ * radius_m_ * 1.02 + 1) return false;
      if (square < radius_m_ * radius_m_ * 0.98 - 1) return true;
    }
    return within_m(distance_m(a, b), radius_m_);
  }

 private:
  // Its series up to x^6: up to 80 degrees within 0.0004 of it, 0.3 % where the cosine is smallest.
  [[nodiscard]] static double rough_cos(double x) {
    const double square = x * x;
    return 1 - square * (1.0 / 2 - square * (1.0 / 24 - square * (1.0 / 720)));
  }

  static constexpr double plane_m = 5'000;  // up to here the plane is good to far less than the margins above
  double radius_m_;
};

// In any zone of kind exempt or depot.
[[nodiscard]] inline bool is_exempt_at(const SiteModel& site, LatLon position) {
  thread_local std::vector<std::uint32_t> zones;
  site.index.zones_at(position, zones);
  return std::any_of(zones.begin(), zones.end(), [&](std::uint32_t zone) {
    return site.zones[zone].kind == ZoneKind::exempt || site.zones[zone].kind == ZoneKind::depot;
  });
}

}  // namespace vigia
