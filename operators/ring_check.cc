#include "operators/ring_check.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace vigia {
namespace {

constexpr double snap_deg = 1e-9;

struct Vector {
  double x = 0, y = 0;
};
Vector from_to(LatLon a, LatLon b) { return {b.lon_deg - a.lon_deg, b.lat_deg - a.lat_deg}; }
double cross(Vector a, Vector b) { return a.x * b.y - a.y * b.x; }
double dot(Vector a, Vector b) { return a.x * b.x + a.y * b.y; }
double length(Vector a) { return std::sqrt(dot(a, a)); }

// The sign of `value`, 0 within the snapping distance for a lever of this length.
int sign_of(double value, double lever) {
  if (std::abs(value) <= snap_deg * lever) return 0;
  return value > 0 ? 1 : -1;
}
int side(Vector along, Vector v) { return sign_of(cross(along, v), length(along)); }

// An edge with what lies before it, for what happens in its first vertex.
struct Edge {
  LatLon before, a, b;
  RingEdge at;
  double west = 0, east = 0;
};

bool same_place(LatLon a, LatLon b) { return length(from_to(a, b)) <= snap_deg; }

bool strictly_between(LatLon p, const Edge& e) {
  const Vector along = from_to(e.a, e.b), v = from_to(e.a, p);
  if (side(along, v) != 0 || same_place(p, e.a) || same_place(p, e.b)) return false;
  const double t = dot(along, v);
  return t > 0 && t < dot(along, along);
}

// Where direction v lies of the sector that goes counterclockwise from a to b: in (1), out (-1), on its border (0).
int sector(Vector a, Vector b, Vector v) {
  const int va = side(a, v), vb = side(b, v), ab = side(a, b);
  if ((va == 0 && dot(a, v) > 0) || (vb == 0 && dot(b, v) > 0)) return 0;
  if (ab > 0) return va > 0 && vb < 0 ? 1 : -1;
  if (ab < 0) return vb > 0 && va < 0 ? -1 : 1;
  if (dot(a, b) > 0) return 0;
  return va > 0 ? 1 : -1;
}

// Two lines meet in a point; one goes on to a and b, the other to c and d. They cross when c and d are apart.
bool cross_in_point(Vector a, Vector b, Vector c, Vector d) { return sector(a, b, c) * sector(a, b, d) < 0; }

// What happens in the first vertex of e, when it lies on f.
bool cross_in_vertex(const Edge& e, const Edge& f) {
  if (e.a == f.b || e.b == f.a) return false;  // neighbours; or a vertex that the pair with the next edge will judge
  const LatLon p = e.a;
  const bool in_vertex = same_place(p, f.a);
  if (!in_vertex && !strictly_between(p, f)) return false;
  const LatLon c = in_vertex ? f.before : f.a;
  return cross_in_point(from_to(p, e.before), from_to(p, e.b), from_to(p, c), from_to(p, f.b));
}

bool cross_inside(const Edge& e, const Edge& f) {
  const Vector along_e = from_to(e.a, e.b), along_f = from_to(f.a, f.b);
  return side(along_e, from_to(e.a, f.a)) * side(along_e, from_to(e.a, f.b)) < 0 &&
         side(along_f, from_to(f.a, e.a)) * side(along_f, from_to(f.a, e.b)) < 0;
}

bool overlap_in_latitude(const Edge& e, const Edge& f) {
  return std::min(e.a.lat_deg, e.b.lat_deg) <= std::max(f.a.lat_deg, f.b.lat_deg) + snap_deg &&
         std::min(f.a.lat_deg, f.b.lat_deg) <= std::max(e.a.lat_deg, e.b.lat_deg) + snap_deg;
}

std::vector<Edge> edges_of(const Polygon& polygon) {
  std::vector<Edge> edges;
  for (std::size_t r = 0; r < polygon.rings.size(); ++r) {
    const Ring& ring = polygon.rings[r];
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const LatLon a = ring[i], b = ring[(i + 1) % ring.size()];
      edges.push_back({ring[(i + ring.size() - 1) % ring.size()],
                       a,
                       b,
                       {r, i},
                       std::min(a.lon_deg, b.lon_deg),
                       std::max(a.lon_deg, b.lon_deg)});
    }
  }
  return edges;
}

}  // namespace

std::optional<RingCrossing> find_crossing(const Polygon& polygon) {
  std::vector<Edge> edges = edges_of(polygon);
  std::stable_sort(edges.begin(), edges.end(), [](const Edge& e, const Edge& f) { return e.west < f.west; });
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Edge& e = edges[i];
    for (std::size_t j = i + 1; j < edges.size() && edges[j].west <= e.east + snap_deg; ++j) {
      const Edge& f = edges[j];
      if (!overlap_in_latitude(e, f)) continue;
      if (cross_inside(e, f) || cross_in_vertex(e, f) || cross_in_vertex(f, e)) return RingCrossing{e.at, f.at};
    }
  }
  return std::nullopt;
}

bool hole_outside(const Polygon& polygon, std::size_t hole) {
  const Ring& outer = polygon.rings[0];
  for (LatLon p : polygon.rings[hole]) {
    bool in = false, on = false;
    for (std::size_t i = 0; i < outer.size(); ++i) {
      const LatLon a = outer[i], b = outer[(i + 1) % outer.size()];
      on = on || same_place(p, a) || strictly_between(p, Edge{a, a, b, {}, 0, 0});
      if ((a.lat_deg > p.lat_deg) == (b.lat_deg > p.lat_deg)) continue;
      const double at = a.lon_deg + (p.lat_deg - a.lat_deg) / (b.lat_deg - a.lat_deg) * (b.lon_deg - a.lon_deg);
      if (at > p.lon_deg) in = !in;
    }
    if (!on) return !in;  // rings don't cross, so one vertex speaks for all
  }
  return false;
}

}  // namespace vigia
