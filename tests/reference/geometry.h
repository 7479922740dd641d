// Brute-force geometry on plain points; shares nothing with operators/.
#pragma once

#include <vector>

#include "tests/reference/plain.h"

namespace vigia::reference {

// Great-circle distance on the sphere of semantics 3.1.
[[nodiscard]] double haversine_m(Point a, Point b);

// Distance to the nearest of the route's segments, on the plane tangent at the fix.
[[nodiscard]] double distance_to_route_m(const PlainRoute& route, Point fix);

// On the border is inside.
[[nodiscard]] bool inside(const PlainZone& zone, Point p);

struct BorderCrossing {
  double fraction = 0;  // of the way from a to b
  bool entering = false;
};

// Where the straight segment enters and leaves the zone: cut at every border, the middle of each piece tested.
[[nodiscard]] std::vector<BorderCrossing> crossings(const PlainZone& zone, Point a, Point b);

}  // namespace vigia::reference
