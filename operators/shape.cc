#include "operators/shape.h"

#include <cmath>
#include <cstddef>
#include <numbers>

namespace vigia {
namespace {

// The longitude nearest to `near_deg` that is the same meridian as `lon_deg`.
double same_turn_deg(double lon_deg, double near_deg) {
  while (lon_deg - near_deg > 180.0) lon_deg -= 360.0;
  while (lon_deg - near_deg < -180.0) lon_deg += 360.0;
  return lon_deg;
}

void unwrap_ring(Ring& ring) {
  Ring out;
  out.reserve(ring.size());
  for (LatLon point : ring) {
    if (!out.empty()) point.lon_deg = same_turn_deg(point.lon_deg, out.back().lon_deg);
    if (out.empty() || point != out.back()) out.push_back(point);
  }
  while (out.size() > 1 && out.back() == out.front()) out.pop_back();
  ring = std::move(out);
}

double ring_area_m2(const Ring& ring) {
  if (ring.size() < 3) return 0;
  double twice_deg2 = 0, lat_sum_deg = 0;
  const LatLon origin = ring[0];
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const LatLon a = ring[i], b = ring[(i + 1) % ring.size()];
    twice_deg2 += (a.lon_deg - origin.lon_deg) * (b.lat_deg - origin.lat_deg) -
                  (b.lon_deg - origin.lon_deg) * (a.lat_deg - origin.lat_deg);
    lat_sum_deg += a.lat_deg;
  }
  const double cos_lat = std::cos(lat_sum_deg / static_cast<double>(ring.size()) * radians_per_degree);
  return std::abs(twice_deg2) / 2 * cos_lat * metres_per_degree * metres_per_degree;
}

}  // namespace

void unwrap(Polygon& polygon) {
  for (Ring& ring : polygon.rings) unwrap_ring(ring);
  if (polygon.rings.empty() || polygon.rings[0].empty()) return;
  double west = polygon.rings[0][0].lon_deg, east = west;
  for (LatLon p : polygon.rings[0]) {
    west = std::min(west, p.lon_deg);
    east = std::max(east, p.lon_deg);
  }
  for (std::size_t i = 1; i < polygon.rings.size(); ++i) {
    Ring& hole = polygon.rings[i];
    if (hole.empty()) continue;
    const double shift_deg = same_turn_deg(hole[0].lon_deg, (west + east) / 2) - hole[0].lon_deg;
    if (shift_deg == 0) continue;
    for (LatLon& p : hole) p.lon_deg += shift_deg;
  }
}

bool goes_around_a_pole(const Ring& ring) {
  if (ring.empty()) return false;
  double lon_deg = ring[0].lon_deg;
  for (LatLon p : ring) lon_deg = same_turn_deg(p.lon_deg, lon_deg);
  return std::abs(same_turn_deg(ring[0].lon_deg, lon_deg) - ring[0].lon_deg) > 180.0;
}

double area_m2(const ZoneShape& shape) {
  double sum = shape.circle ? std::numbers::pi * shape.circle->radius_m * shape.circle->radius_m : 0.0;
  for (const Polygon& polygon : shape.polygons) {
    for (std::size_t i = 0; i < polygon.rings.size(); ++i) {
      sum += (i == 0 ? 1 : -1) * ring_area_m2(polygon.rings[i]);
    }
  }
  return sum;
}

}  // namespace vigia
