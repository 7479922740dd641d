// Which zones a position is in, and where a way between two positions enters and leaves them.
//
// The boundary belongs to a zone: a position exactly on an edge, on the edge of a hole, or at exactly the radius is
// inside. Immutable after construction; any number of threads may read it.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "operators/geo.h"
#include "operators/shape.h"
#include "operators/zone_part.h"

namespace vigia {

struct Crossing {
  double fraction = 0;  // of the way, and of the time: 0 at its start, 1 at its end. Good to about 1e-9: round to ms.
  std::uint32_t zone = 0;
  bool entering = false;

  friend bool operator==(const Crossing&, const Crossing&) = default;
};

class ZoneIndex {
 public:
  ZoneIndex() = default;  // of no zones

  // Zone i has shapes[i]. REQUIRES: the limits of ZoneShape, |lat_deg| <= max_lat_deg.
  explicit ZoneIndex(std::span<const ZoneShape> shapes);

  // True when the way from a to b surely meets no zone: then neither end is in one and there are no crossings. May be
  // false for a way that only comes near one. Costs a few nanoseconds for a short way far from everything.
  [[nodiscard]] bool none_near(LatLon a, LatLon b) const {
    const double row = (a.lat_deg - near_.extent.south) * near_.rows_per_degree;
    const double column = (a.lon_deg - near_.extent.west) * near_.columns_per_degree;
    const double rows_on = (b.lat_deg - a.lat_deg) * near_.rows_per_degree;
    const double columns_on = (b.lon_deg - a.lon_deg) * near_.columns_per_degree;
    // A way of less than a cell stays among the cells around the first, which one bit speaks for.
    if (std::abs(rows_on) < 0.99 && std::abs(columns_on) < 0.99) [[likely]] {
      if (!(row >= 0 && row < near_.rows && column >= 0 && column < near_.columns)) return true;
      const std::uint32_t cell = static_cast<std::uint32_t>(row) * near_.columns + static_cast<std::uint32_t>(column);
      if ((near_bits_[cell / 64] >> (cell % 64) & 1) == 0) [[likely]]
        return true;
    }
    return none_near_slowly(a, b);
  }

  [[nodiscard]] bool contains(std::uint32_t zone, LatLon position) const;

  // Replaces `out` by the zones at the position, in ascending order.
  void zones_at(LatLon position, std::vector<std::uint32_t>& out) const;

  // Replaces `out` by the enterings and leavings along the straight way from a to b, ordered by (fraction, zone,
  // entering). For each zone they alternate, and lead from contains(zone, a) to contains(zone, b); a touch, and a stay
  // shorter than a micrometre, is none. The way may be of any length; it goes the short way round.
  void crossings(LatLon a, LatLon b, std::vector<Crossing>& out) const;

  [[nodiscard]] std::uint32_t zone_count() const { return static_cast<std::uint32_t>(zone_begin_.size()) - 1; }

 private:
  // The box of a part on the turn [-180, 180]; one across the antimeridian has two.
  struct Entry {
    GeoBox box;
    std::uint32_t part;
  };
  struct CellRange {
    std::uint32_t row0, row1, column0, column1;
  };
  // Cells over all boxes, with an empty cell all around.
  struct Grid {
    GeoBox extent;
    double rows_per_degree = 0, columns_per_degree = 0;
    std::uint32_t rows = 0, columns = 0;
  };

  [[nodiscard]] bool none_near_slowly(LatLon a, LatLon b) const;
  [[nodiscard]] Grid lay_grid(double cells_max) const;
  // False when the box lies outside of the grid.
  [[nodiscard]] static bool cells_of(const Grid& grid, const GeoBox& box, CellRange& out);
  // Calls visit(part) for each part whose box overlaps, perhaps more than once, until it returns true; returns that.
  template <class Visit>
  bool any_part(const GeoBox& box, Visit visit) const;
  template <class Visit>
  bool any_part_along(LatLon a, LatLon b, Visit visit) const;
  void crossings_of(std::uint32_t zone, LatLon a, LatLon b, std::vector<Crossing>& out) const;
  void build_near_bits();
  void build_grid();

  std::vector<ZonePart> parts_;                  // of zone 0, then of zone 1, ...
  std::vector<std::uint32_t> part_zone_;         // the zone of each part
  std::vector<std::uint32_t> zone_begin_ = {0};  // zones + 1, into parts_

  std::vector<Entry> entries_;
  Grid near_;                              // fine
  std::vector<std::uint64_t> near_bits_;   // a bit a cell: whether a box is in it or a cell beside it; fits the cache
  Grid grid_;                              // coarse: with the boxes in each cell
  std::vector<std::uint32_t> cell_begin_;  // rows * columns + 1
  std::vector<std::uint32_t> cell_entries_;
};

}  // namespace vigia
