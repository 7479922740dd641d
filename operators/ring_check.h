// Whether the rings of a polygon cross themselves or each other.
#pragma once

#include <cstddef>
#include <optional>

#include "operators/shape.h"

namespace vigia {

// A vertex by its ring and its place in it.
struct RingEdge {
  std::size_t ring = 0;
  std::size_t from = 0;  // the edge goes from this vertex to the next, the last one to the first
};

struct RingCrossing {
  RingEdge first, second;
};

// The first pair of edges that cross. Touching, in a vertex or along an edge, is no crossing: a ring may be given with
// a cut to its hole, and two loops may share a vertex. Vertices nearer to an edge than 0.1 mm are on it.
// REQUIRES: the polygon is unwrapped. Takes n log n for ordinary outlines, n * n at worst.
[[nodiscard]] std::optional<RingCrossing> find_crossing(const Polygon& polygon);

// True when a hole has a vertex outside of the outer ring. REQUIRES: unwrapped, and no crossing.
[[nodiscard]] bool hole_outside(const Polygon& polygon, std::size_t hole);

}  // namespace vigia
