// The corridor of a route: everything within a half width of its lines.
//
// The distance from a fix to the route is measured on the plane tangent at the fix; past the end of a line it is the
// distance to the end point. Immutable after construction, so any number of threads may read it.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "operators/geo.h"

namespace vigia {

class Corridor {
 public:
  static constexpr std::uint32_t no_segment = UINT32_MAX;  // a hint that remembers nothing

  // What a route may be; the loader refuses anything else. Within these bounds, and away from the poles
  // (`max_lat_deg`), no fix is near a segment the long way round.
  static constexpr double max_half_width_m = 50'000;
  static constexpr double max_segment_lon_deg = 90;
  static constexpr double max_route_lon_deg = 180;

  Corridor() = default;  // of no route: nothing is inside

  // One or more lines. Longitudes may jump by 360 at the antimeridian. A line of one point is a point with a radius.
  // REQUIRES: the bounds above; positions finite.
  Corridor(std::span<const std::vector<LatLon>> lines, double half_width_m);

  // True when the fix is within the half width of some segment; exactly the half width is inside.
  // `segment_hint` is the segment of the last fix that was inside, or `no_segment`: while the fix is still near that
  // one, no other is looked at. It is updated when the fix is inside. The answer never depends on it.
  [[nodiscard]] bool inside(LatLon fix, std::uint32_t& segment_hint) const {
    const double cos_lat = std::cos(fix.lat_deg * radians_per_degree);
    if (segment_hint < segments_.size() && near(segments_[segment_hint], fix, cos_lat)) [[likely]]
      return true;
    return inside_elsewhere(fix, cos_lat, segment_hint);
  }

  // Metres from the fix to the nearest point of the route; infinite without segments. Looks at every segment, so it is
  // for the text of an alert, not for every fix.
  [[nodiscard]] double distance_m(LatLon fix) const;

  [[nodiscard]] double half_width_m() const { return half_width_m_; }
  [[nodiscard]] std::uint32_t segment_count() const { return static_cast<std::uint32_t>(segments_.size()); }

 private:
  // From (lat, lon) by (dlat, dlon), in degrees: half a cache line.
  struct Segment {
    double lat_deg, lon_deg;    // longitude within [-180, 180]
    double dlat_deg, dlon_deg;  // the short way round
  };

  // The one measure that every decision rests on: the squared distance on the tangent plane, in degrees of latitude.
  [[nodiscard]] static double squared_distance_deg2(const Segment& segment, LatLon fix, double cos_lat) {
    const double x = wrap_lon_deg(segment.lon_deg - fix.lon_deg) * cos_lat;
    const double y = segment.lat_deg - fix.lat_deg;
    const double dx = segment.dlon_deg * cos_lat;
    const double dy = segment.dlat_deg;
    const double along = -(x * dx + y * dy);
    const double length2 = dx * dx + dy * dy;
    const double t = along <= 0 ? 0.0 : along >= length2 ? 1.0 : along / length2;
    const double nearest_x = x + t * dx;
    const double nearest_y = y + t * dy;
    return nearest_x * nearest_x + nearest_y * nearest_y;
  }
  [[nodiscard]] bool near(const Segment& segment, LatLon fix, double cos_lat) const {
    return squared_distance_deg2(segment, fix, cos_lat) <= limit_deg2_;
  }

  [[nodiscard]] bool inside_elsewhere(LatLon fix, double cos_lat, std::uint32_t& segment_hint) const;
  void build_grid();
  template <class Visit>
  void visit_cells(const Segment& segment, Visit visit) const;

  std::vector<Segment> segments_;
  double limit_deg2_ = -1;  // of the half width
  double half_width_m_ = 0;

  // The grid lists, for each cell, the segments that a fix in the cell could be near. It only ever leaves out segments
  // that are too far from all of the cell.
  double south_deg_ = 0, west_deg_ = 0, cell_deg_ = 1;
  std::uint32_t rows_ = 0, columns_ = 0;
  std::vector<std::uint32_t> cell_begin_;  // rows * columns + 1
  std::vector<std::uint32_t> cell_segments_;
};

}  // namespace vigia
