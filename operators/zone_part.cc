#include "operators/zone_part.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <tuple>

namespace vigia {
namespace {

constexpr double margin_deg = 1e-9;

GeoBox box_of(const Polygon& polygon) {
  GeoBox box;
  bool first = true;
  for (const Ring& ring : polygon.rings) {
    for (LatLon p : ring) {
      box.south = std::min(box.south, p.lat_deg);
      box.north = std::max(box.north, p.lat_deg);
      box.west = first ? p.lon_deg : std::min(box.west, p.lon_deg);
      box.east = first ? p.lon_deg : std::max(box.east, p.lon_deg);
      first = false;
    }
  }
  return {box.south - margin_deg, box.north + margin_deg, box.west - margin_deg, box.east + margin_deg};
}

// The widest meridian difference of a cap is at the tangent, not at the centre's latitude.
GeoBox box_of(const Circle& circle) {
  const double angle = (circle.radius_m + rounding_m) / earth_radius_m;
  const double sine = std::sin(angle) / std::cos(circle.centre.lat_deg * radians_per_degree);
  const double dlat = angle / radians_per_degree + margin_deg;
  const double dlon = sine < 1 ? std::asin(sine) / radians_per_degree + margin_deg : 180.0;
  return {circle.centre.lat_deg - dlat, circle.centre.lat_deg + dlat, circle.centre.lon_deg - dlon,
          circle.centre.lon_deg + dlon};
}

bool circle_contains(const Circle& circle, LatLon p) { return within_m(distance_m(circle.centre, p), circle.radius_m); }

LatLon at(const Way& way, double t) {
  return {way.from.lat_deg + t * way.dlat_deg, wrap_lon_deg(way.from.lon_deg + t * way.dlon_deg)};
}

// The fraction between `low` and `high` at which the way enters or leaves the circle.
double border_between(const Circle& circle, const Way& way, double low, double high) {
  const bool inside_low = circle_contains(circle, at(way, low));
  for (int i = 0; i < 50; ++i) {
    const double middle = (low + high) / 2;
    (circle_contains(circle, at(way, middle)) == inside_low ? low : high) = middle;
  }
  return high;
}

}  // namespace

ZonePart::ZonePart(const Circle& circle) : box_(box_of(circle)), circle_(circle) {}

ZonePart::ZonePart(Polygon polygon) {
  unwrap(polygon);
  box_ = box_of(polygon);
  std::vector<Edge> edges;
  for (const Ring& ring : polygon.rings) {
    for (std::size_t i = 0; i < ring.size(); ++i) {
      LatLon a = ring[i], b = ring[(i + 1) % ring.size()];
      if (std::tie(b.lat_deg, b.lon_deg) < std::tie(a.lat_deg, a.lon_deg)) std::swap(a, b);
      edges.push_back({a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg});
    }
  }
  bands_ = static_cast<std::uint32_t>(std::clamp<std::size_t>(edges.size() / 4, 1, 4096));
  bands_per_degree_ = bands_ / std::max(box_.north - box_.south, margin_deg);
  fill_buckets(edges);
}

// Monotone in y: an edge that reaches over a latitude is in the band of that latitude.
std::uint32_t ZonePart::bucket(double y) const {
  return static_cast<std::uint32_t>(std::clamp((y - box_.south) * bands_per_degree_, 0.0, bands_ - 1.0));
}

void ZonePart::fill_buckets(const std::vector<Edge>& edges) {
  band_begin_.assign(bands_ + 1, 0);
  for (const Edge& e : edges) {
    for (std::uint32_t band = bucket(e.ay); band <= bucket(e.by); ++band) ++band_begin_[band + 1];
  }
  for (std::uint32_t band = 0; band < bands_; ++band) band_begin_[band + 1] += band_begin_[band];
  band_edges_.resize(band_begin_.back());
  std::vector<std::uint32_t> next(band_begin_.begin(), band_begin_.end() - 1);
  for (const Edge& e : edges) {
    for (std::uint32_t band = bucket(e.ay); band <= bucket(e.by); ++band) band_edges_[next[band]++] = e;
  }
}

bool ZonePart::contains(LatLon position) const {
  double x = position.lon_deg;
  if (x < box_.west) {
    x += 360.0;
  } else if (x > box_.east) {
    x -= 360.0;
  }
  const double y = position.lat_deg;
  if (!(y >= box_.south && y <= box_.north && x >= box_.west && x <= box_.east)) return false;
  return circle_ ? circle_contains(*circle_, position) : polygon_contains(x, y);
}

bool ZonePart::polygon_contains(double x, double y) const {
  const std::uint32_t band = bucket(y);
  bool inside = false;
  for (std::uint32_t i = band_begin_[band]; i < band_begin_[band + 1]; ++i) {
    const Edge& e = band_edges_[i];
    if (y < e.ay || y > e.by) continue;
    const double right = (e.bx - e.ax) * (y - e.ay) - (e.by - e.ay) * (x - e.ax);  // > 0: the edge passes to the east
    if (right == 0 && x >= std::min(e.ax, e.bx) && x <= std::max(e.ax, e.bx)) return true;
    if (y < e.by && right > 0) inside = !inside;
  }
  return inside;
}

void ZonePart::append_breakpoints(const Way& way, std::vector<double>& out) const {
  for (const double turn : {-360.0, 0.0, 360.0}) {
    Way shifted = way;
    shifted.from.lon_deg += turn;
    const double end_lon = shifted.from.lon_deg + way.dlon_deg, end_lat = way.from.lat_deg + way.dlat_deg;
    const GeoBox reach{std::min(way.from.lat_deg, end_lat), std::max(way.from.lat_deg, end_lat),
                       std::min(shifted.from.lon_deg, end_lon), std::max(shifted.from.lon_deg, end_lon)};
    if (!reach.overlaps(box_)) continue;
    if (circle_) {
      circle_breakpoints(way, out);
      return;
    }
    polygon_breakpoints(shifted, out);
  }
}

void ZonePart::polygon_breakpoints(const Way& way, std::vector<double>& out) const {
  const double dx = way.dlon_deg, dy = way.dlat_deg;
  const double length2 = dx * dx + dy * dy;
  const auto append = [&](double t) {
    if (t > 0 && t < 1) out.push_back(t);
  };
  const std::uint32_t one = bucket(way.from.lat_deg), other = bucket(way.from.lat_deg + dy);
  for (std::uint32_t i = band_begin_[std::min(one, other)]; i < band_begin_[std::max(one, other) + 1]; ++i) {
    const Edge& e = band_edges_[i];
    const double ex = e.bx - e.ax, ey = e.by - e.ay;
    const double qx = e.ax - way.from.lon_deg, qy = e.ay - way.from.lat_deg;
    const double cross = dx * ey - dy * ex;
    if (cross * cross <= 1e-24 * length2 * (ex * ex + ey * ey)) {  // side by side: they may part at the edge's ends
      append((qx * dx + qy * dy) / length2);
      append(((qx + ex) * dx + (qy + ey) * dy) / length2);
      continue;
    }
    const double s = (qx * dy - qy * dx) / cross;
    if (s >= -1e-9 && s <= 1 + 1e-9) append((qx * ey - qy * ex) / cross);
  }
}

// A straight way comes near a circle once: up to there it can only enter, from there on only leave.
void ZonePart::circle_breakpoints(const Way& way, std::vector<double>& out) const {
  const double cos_lat = std::cos(circle_->centre.lat_deg * radians_per_degree);
  const double dx = way.dlon_deg * cos_lat, dy = way.dlat_deg;
  // The start seen from the centre, on the turn that brings the middle of the way closest to it.
  const double half = way.dlon_deg / 2;
  const double x = (wrap_lon_deg(wrap_lon_deg(way.from.lon_deg + half) - circle_->centre.lon_deg) - half) * cos_lat;
  const double y = way.from.lat_deg - circle_->centre.lat_deg;
  const double length2 = dx * dx + dy * dy;
  if (length2 == 0) return;
  const double nearest = std::clamp(-(x * dx + y * dy) / length2, 0.0, 1.0);
  const bool inside = circle_contains(*circle_, at(way, nearest));
  if (nearest > 0 && circle_contains(*circle_, at(way, 0)) != inside)
    out.push_back(border_between(*circle_, way, 0, nearest));
  if (nearest < 1 && circle_contains(*circle_, at(way, 1)) != inside)
    out.push_back(border_between(*circle_, way, nearest, 1));
}

}  // namespace vigia
