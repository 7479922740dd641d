#include "tests/reference/geometry.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigia::reference {
namespace {

constexpr double earth_radius_m = 6'371'008.8;
constexpr double radians_per_degree = std::numbers::pi / 180.0;

struct Flat {
  double x = 0, y = 0;
};

Flat project(Point origin, Point p) {
  return {earth_radius_m * (p.lon_deg - origin.lon_deg) * radians_per_degree *
              std::cos(origin.lat_deg * radians_per_degree),
          earth_radius_m * (p.lat_deg - origin.lat_deg) * radians_per_degree};
}

double distance_to_origin_m(Flat a, Flat b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double square = dx * dx + dy * dy;
  const double t = square == 0 ? 0 : std::clamp(-(a.x * dx + a.y * dy) / square, 0.0, 1.0);
  return std::hypot(a.x + t * dx, a.y + t * dy);
}

bool on_edge(Point a, Point b, Point p) {
  return std::min(a.lon_deg, b.lon_deg) <= p.lon_deg && p.lon_deg <= std::max(a.lon_deg, b.lon_deg) &&
         std::min(a.lat_deg, b.lat_deg) <= p.lat_deg && p.lat_deg <= std::max(a.lat_deg, b.lat_deg) &&
         (b.lon_deg - a.lon_deg) * (p.lat_deg - a.lat_deg) == (b.lat_deg - a.lat_deg) * (p.lon_deg - a.lon_deg);
}

bool on_border(const Ring& ring, Point p) {
  for (std::size_t i = 0; i + 1 < ring.size(); ++i)
    if (on_edge(ring[i], ring[i + 1], p)) return true;
  return false;
}

bool even_odd(const Ring& ring, Point p) {
  bool is_inside = false;
  for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
    const Point a = ring[i], b = ring[i + 1];
    if ((a.lat_deg > p.lat_deg) == (b.lat_deg > p.lat_deg)) continue;
    if (p.lon_deg < (b.lon_deg - a.lon_deg) * (p.lat_deg - a.lat_deg) / (b.lat_deg - a.lat_deg) + a.lon_deg)
      is_inside = !is_inside;
  }
  return is_inside;
}

bool inside_polygon(const std::vector<Ring>& rings, Point p) {
  for (const auto& ring : rings)
    if (on_border(ring, p)) return true;
  if (!even_odd(rings.front(), p)) return false;
  for (std::size_t hole = 1; hole < rings.size(); ++hole)
    if (even_odd(rings[hole], p)) return false;
  return true;
}

void cut_by_ring(const Ring& ring, Point a, Point b, std::vector<double>& cuts) {
  const double dx = b.lon_deg - a.lon_deg, dy = b.lat_deg - a.lat_deg;
  for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
    const double ex = ring[i + 1].lon_deg - ring[i].lon_deg, ey = ring[i + 1].lat_deg - ring[i].lat_deg;
    const double cross = dx * ey - dy * ex;
    if (cross == 0) continue;
    const double ox = ring[i].lon_deg - a.lon_deg, oy = ring[i].lat_deg - a.lat_deg;
    const double along_edge = (ox * dy - oy * dx) / cross;
    if (along_edge >= 0 && along_edge <= 1) cuts.push_back((ox * ey - oy * ex) / cross);
  }
}

Point between(Point a, Point b, double fraction) {
  return {a.lat_deg + (b.lat_deg - a.lat_deg) * fraction, a.lon_deg + (b.lon_deg - a.lon_deg) * fraction};
}

// Halves [from, to] until it is where the distance to the centre passes the radius.
double border_between(const PlainZone& zone, Point a, Point b, double from, double to) {
  const bool from_inside = haversine_m(zone.center, between(a, b, from)) <= zone.radius_m;
  for (int i = 0; i < 60; ++i) {
    const double middle = (from + to) / 2;
    const bool middle_inside = haversine_m(zone.center, between(a, b, middle)) <= zone.radius_m;
    (middle_inside == from_inside ? from : to) = middle;
  }
  return to;
}

void cut_by_circle(const PlainZone& zone, Point a, Point b, std::vector<double>& cuts) {
  const Flat from = project(zone.center, a), to = project(zone.center, b);
  const double dx = to.x - from.x, dy = to.y - from.y;
  const double square = dx * dx + dy * dy;
  if (square == 0) return;
  const double nearest = std::clamp(-(from.x * dx + from.y * dy) / square, 0.0, 1.0);
  const auto is_inside = [&](double t) { return haversine_m(zone.center, between(a, b, t)) <= zone.radius_m; };
  if (is_inside(0) != is_inside(nearest)) cuts.push_back(border_between(zone, a, b, 0, nearest));
  if (is_inside(nearest) != is_inside(1)) cuts.push_back(border_between(zone, a, b, nearest, 1));
}

}  // namespace

double haversine_m(Point a, Point b) {
  const double lat_a = a.lat_deg * radians_per_degree, lat_b = b.lat_deg * radians_per_degree;
  const double sin_lat = std::sin((lat_b - lat_a) / 2);
  const double sin_lon = std::sin((b.lon_deg - a.lon_deg) * radians_per_degree / 2);
  const double h = sin_lat * sin_lat + std::cos(lat_a) * std::cos(lat_b) * sin_lon * sin_lon;
  return 2 * earth_radius_m * std::asin(std::min(1.0, std::sqrt(h)));
}

double distance_to_route_m(const PlainRoute& route, Point fix) {
  double nearest_m = INFINITY;
  for (const auto& line : route.lines)
    for (std::size_t i = 0; i + 1 < line.size(); ++i)
      nearest_m = std::min(nearest_m, distance_to_origin_m(project(fix, line[i]), project(fix, line[i + 1])));
  return nearest_m;
}

bool inside(const PlainZone& zone, Point p) {
  if (zone.polygons.empty()) return haversine_m(zone.center, p) <= zone.radius_m;
  return std::any_of(zone.polygons.begin(), zone.polygons.end(),
                     [&](const auto& rings) { return inside_polygon(rings, p); });
}

std::vector<BorderCrossing> crossings(const PlainZone& zone, Point a, Point b) {
  std::vector<double> cuts;
  if (zone.polygons.empty()) cut_by_circle(zone, a, b, cuts);
  for (const auto& rings : zone.polygons)
    for (const auto& ring : rings) cut_by_ring(ring, a, b, cuts);
  std::erase_if(cuts, [](double t) { return t <= 0 || t >= 1; });
  cuts.push_back(0);
  cuts.push_back(1);
  std::sort(cuts.begin(), cuts.end());

  std::vector<BorderCrossing> found;
  bool now = inside(zone, a);
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    if (cuts[i] == cuts[i + 1]) continue;
    const bool piece = inside(zone, between(a, b, (cuts[i] + cuts[i + 1]) / 2));
    if (piece != now) found.push_back({cuts[i], piece});
    now = piece;
  }
  if (inside(zone, b) != now) found.push_back({1, !now});
  return found;
}

}  // namespace vigia::reference
