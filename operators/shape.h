// The shape of a zone, as it is given: polygons with holes, or a circle.
//
// Edges are straight in latitude and longitude, which is straight in every local projection. The boundary belongs to
// the shape. Plain values.
#pragma once

#include <optional>
#include <vector>

#include "operators/geo.h"

namespace vigia {

// A closed line of at least three different points; the first may be repeated at the end. A jump of more than 180
// degrees of longitude between two vertices is the antimeridian, not a line around the Earth.
using Ring = std::vector<LatLon>;

// An outer ring and its holes. A position is inside when it is inside an odd number of the rings, or on one of them.
struct Polygon {
  std::vector<Ring> rings;
};

// Everything within the radius, by haversine; exactly the radius is inside.
struct Circle {
  LatLon centre;
  double radius_m = 0;
};

// The union of its parts. A zone has polygons or a circle, not both.
struct ZoneShape {
  static constexpr double max_radius_m = 1'000'000;
  static constexpr double max_width_deg = 180;  // of longitude, of one polygon

  std::vector<Polygon> polygons;
  std::optional<Circle> circle;
};

// Takes the jumps at the antimeridian out: afterwards longitudes may lie beyond 180, consecutive vertices are at most
// 180 apart, points repeated in a row (and the closing one) are gone, and holes lie on the same turn as their outer
// ring. Doing it twice changes nothing.
void unwrap(Polygon& polygon);

// True when a ring goes around a pole, so that its longitudes don't come back to where they began.
[[nodiscard]] bool goes_around_a_pole(const Ring& ring);

// Square metres, for comparing zones by size: overlapping polygons count twice.
[[nodiscard]] double area_m2(const ZoneShape& shape);

}  // namespace vigia
