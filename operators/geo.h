// Positions and distances on the Earth taken as a sphere.
//
// Everything here is pure, allocates nothing and may be called from any thread. Positions are expected to be finite,
// with |lat_deg| <= 90 and |lon_deg| <= 180: records that say otherwise never get this far.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigia {

inline constexpr double earth_radius_m = 6'371'008.8;
inline constexpr double radians_per_degree = std::numbers::pi / 180.0;
inline constexpr double metres_per_degree = earth_radius_m * radians_per_degree;  // along a meridian

// "Exactly the radius is inside" must not depend on the last bit of a cosine. A position in double degrees is good to
// some nanometres; a micrometre is far above that and far below anything a receiver can tell.
inline constexpr double rounding_m = 1e-6;

// Zones and routes stay this side of it: close to a pole a local plane says nothing sensible.
inline constexpr double max_lat_deg = 89;

struct LatLon {
  double lat_deg = 0;
  double lon_deg = 0;

  friend constexpr bool operator==(const LatLon&, const LatLon&) = default;
};

// A point of a local plane, in metres: x to the east, y to the north.
struct PlanePoint {
  double x_m = 0;
  double y_m = 0;
};

// True when a distance counts as within a limit; exactly the limit does.
[[nodiscard]] constexpr bool within_m(double distance_m, double limit_m) { return distance_m <= limit_m + rounding_m; }

// A longitude, or a difference of two, brought into [-180, 180]. REQUIRES: |lon_deg| <= 540.
[[nodiscard]] constexpr double wrap_lon_deg(double lon_deg) {
  if (lon_deg > 180.0) return lon_deg - 360.0;
  if (lon_deg < -180.0) return lon_deg + 360.0;
  return lon_deg;
}

// Great-circle distance in metres (haversine).
[[nodiscard]] inline double distance_m(LatLon a, LatLon b) {
  const double sin_lat = std::sin((b.lat_deg - a.lat_deg) * (radians_per_degree / 2));
  const double sin_lon = std::sin((b.lon_deg - a.lon_deg) * (radians_per_degree / 2));
  const double h = sin_lat * sin_lat + std::cos(a.lat_deg * radians_per_degree) *
                                           std::cos(b.lat_deg * radians_per_degree) * sin_lon * sin_lon;
  return 2 * earth_radius_m * std::asin(std::min(1.0, std::sqrt(h)));
}

// `point` on the plane that touches the sphere at `origin`: x = R * dlon * cos(lat of origin), y = R * dlat.
[[nodiscard]] inline PlanePoint project(LatLon origin, LatLon point) {
  return {
      wrap_lon_deg(point.lon_deg - origin.lon_deg) * metres_per_degree * std::cos(origin.lat_deg * radians_per_degree),
      (point.lat_deg - origin.lat_deg) * metres_per_degree};
}

// The position a fraction (0 to 1) of the way from a to b, straight in the local projection and the short way round.
// Any such projection is linear in latitude and longitude, so the line is the same whichever origin it has.
[[nodiscard]] inline LatLon interpolate(LatLon a, LatLon b, double fraction) {
  return {a.lat_deg + fraction * (b.lat_deg - a.lat_deg),
          wrap_lon_deg(a.lon_deg + fraction * wrap_lon_deg(b.lon_deg - a.lon_deg))};
}

}  // namespace vigia
