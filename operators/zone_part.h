// One polygon or circle of a zone, prepared for quick questions. Used by ZoneIndex only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "operators/geo.h"
#include "operators/shape.h"

namespace vigia {

// Degrees; longitudes may lie beyond 180 when the part lies across the antimeridian.
struct GeoBox {
  double south = 90, north = -90, west = 0, east = 0;

  [[nodiscard]] bool overlaps(const GeoBox& other) const {
    return south <= other.north && other.south <= north && west <= other.east && other.west <= east;
  }
};

// A straight way in latitude and unwrapped longitude.
struct Way {
  LatLon from;  // longitude within [-180, 180]
  double dlat_deg = 0;
  double dlon_deg = 0;  // the short way round

  Way(LatLon a, LatLon b) : from(a), dlat_deg(b.lat_deg - a.lat_deg), dlon_deg(wrap_lon_deg(b.lon_deg - a.lon_deg)) {}
};

// Immutable; any number of threads may read it.
class ZonePart {
 public:
  explicit ZonePart(Polygon polygon);
  explicit ZonePart(const Circle& circle);

  // A little larger than the part, so that rounding can't leave anything out.
  [[nodiscard]] const GeoBox& box() const { return box_; }

  // True when the position is inside or on the boundary, on whichever turn of the Earth its longitude is.
  [[nodiscard]] bool contains(LatLon position) const;

  // Appends every fraction of the way, within (0, 1), at which the boundary might be crossed: all crossings are among
  // them, in no order, beside touches and near misses.
  void append_breakpoints(const Way& way, std::vector<double>& out) const;

 private:
  // x is longitude, y latitude; ay <= by, so that two polygons with a common edge judge it alike.
  struct Edge {
    double ax, ay, bx, by;
  };

  [[nodiscard]] bool polygon_contains(double x, double y) const;
  void polygon_breakpoints(const Way& way, std::vector<double>& out) const;
  void circle_breakpoints(const Way& way, std::vector<double>& out) const;
  [[nodiscard]] std::uint32_t bucket(double y) const;
  void fill_buckets(const std::vector<Edge>& edges);

  GeoBox box_;
  std::optional<Circle> circle_;
  // Edges by the bands of latitude that they touch: only those of the band of a position can decide about it.
  double bands_per_degree_ = 0;
  std::uint32_t bands_ = 1;
  std::vector<std::uint32_t> band_begin_;
  std::vector<Edge> band_edges_;
};

}  // namespace vigia
