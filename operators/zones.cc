#include "operators/zones.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace vigia {
namespace {

// Above this a way is compared with every box instead of walking the cells.
constexpr std::uint32_t cells_walked_max = 64;

// The bits of 1,024 x 1,024 cells fit the second-level cache.
constexpr double near_cells_max = 1024;

// About a kilometre: smaller cells would be left within one ping.
constexpr double cell_deg_min = 0.01;

void set_bit(std::vector<std::uint64_t>& bits, std::uint32_t i) { bits[i / 64] |= std::uint64_t{1} << (i % 64); }

GeoBox box_of_way(LatLon a, LatLon b) {
  return {std::min(a.lat_deg, b.lat_deg), std::max(a.lat_deg, b.lat_deg), std::min(a.lon_deg, b.lon_deg),
          std::max(a.lon_deg, b.lon_deg)};
}

void sort_unique(std::vector<std::uint32_t>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

ZoneIndex::ZoneIndex(std::span<const ZoneShape> shapes) {
  for (std::uint32_t zone = 0; zone < shapes.size(); ++zone) {
    for (const Polygon& polygon : shapes[zone].polygons) parts_.emplace_back(polygon);
    if (shapes[zone].circle) parts_.emplace_back(*shapes[zone].circle);
    part_zone_.resize(parts_.size(), zone);
    zone_begin_.push_back(static_cast<std::uint32_t>(parts_.size()));
  }
  for (std::uint32_t part = 0; part < parts_.size(); ++part) {
    for (const double turn : {-360.0, 0.0, 360.0}) {
      GeoBox box = parts_[part].box();
      box.west = std::max(box.west + turn, -180.0);
      box.east = std::min(box.east + turn, 180.0);
      if (box.west <= box.east) entries_.push_back({box, part});
    }
  }
  if (entries_.empty()) return;
  build_near_bits();
  build_grid();
}

ZoneIndex::Grid ZoneIndex::lay_grid(double cells_max) const {
  Grid grid;
  grid.extent = entries_[0].box;
  auto& extent = grid.extent;
  for (const Entry& entry : entries_) {
    extent = {std::min(extent.south, entry.box.south), std::max(extent.north, entry.box.north),
              std::min(extent.west, entry.box.west), std::max(extent.east, entry.box.east)};
  }
  const auto lay = [&](double& low, double& high, std::uint32_t& count, double& per_degree) {
    const double cell_deg = std::max((high - low) / cells_max, cell_deg_min);
    low -= 1.01 * cell_deg;  // an empty cell all around
    high += 1.01 * cell_deg;
    count = static_cast<std::uint32_t>((high - low) / cell_deg) + 1;
    per_degree = 1 / cell_deg;
  };
  lay(extent.south, extent.north, grid.rows, grid.rows_per_degree);
  lay(extent.west, extent.east, grid.columns, grid.columns_per_degree);
  return grid;
}

void ZoneIndex::build_near_bits() {
  near_ = lay_grid(near_cells_max);
  near_bits_.assign(std::size_t{near_.rows} * near_.columns / 64 + 1, 0);
  for (const Entry& entry : entries_) {
    CellRange range{};
    if (!cells_of(near_, entry.box, range)) continue;
    // The cells beside it too; those outside of the grid are nobody's.
    for (auto row = std::max(range.row0, 1u) - 1; row <= std::min(range.row1 + 1, near_.rows - 1); ++row)
      for (auto column = std::max(range.column0, 1u) - 1; column <= std::min(range.column1 + 1, near_.columns - 1);
           ++column)
        set_bit(near_bits_, row * near_.columns + column);
  }
}

void ZoneIndex::build_grid() {
  grid_ = lay_grid(std::clamp(16 * std::sqrt(static_cast<double>(entries_.size())), 32.0, 512.0));
  const auto visit_cells = [&](const GeoBox& box, auto visit) {
    CellRange range{};
    if (!cells_of(grid_, box, range)) return;
    for (std::uint32_t row = range.row0; row <= range.row1; ++row) {
      for (std::uint32_t column = range.column0; column <= range.column1; ++column) visit(row * grid_.columns + column);
    }
  };
  const std::size_t cells = std::size_t{grid_.rows} * grid_.columns;
  cell_begin_.assign(cells + 1, 0);
  for (const Entry& entry : entries_) visit_cells(entry.box, [&](std::uint32_t cell) { ++cell_begin_[cell + 1]; });
  for (std::size_t cell = 0; cell < cells; ++cell) cell_begin_[cell + 1] += cell_begin_[cell];
  cell_entries_.resize(cell_begin_.back());
  std::vector<std::uint32_t> next(cell_begin_.begin(), cell_begin_.end() - 1);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    visit_cells(entries_[i].box, [&](std::uint32_t cell) { cell_entries_[next[cell]++] = i; });
  }
}

// The cells a box overlaps. Boxes of zones and of ways go through the same monotone steps, so two that overlap share a cell.
bool ZoneIndex::cells_of(const Grid& grid, const GeoBox& box, CellRange& out) {
  if (grid.rows == 0 || !box.overlaps(grid.extent)) return false;
  const auto index = [](double offset_deg, double per_degree, std::uint32_t count) {
    return static_cast<std::uint32_t>(std::min(std::max(offset_deg, 0.0) * per_degree, count - 1.0));
  };
  const auto& extent = grid.extent;
  out = {index(box.south - extent.south, grid.rows_per_degree, grid.rows),
         index(box.north - extent.south, grid.rows_per_degree, grid.rows),
         index(box.west - extent.west, grid.columns_per_degree, grid.columns),
         index(box.east - extent.west, grid.columns_per_degree, grid.columns)};
  return true;
}

template <class Visit>
bool ZoneIndex::any_part(const GeoBox& box, Visit visit) const {
  CellRange range{};
  if (!cells_of(grid_, box, range)) return false;
  if ((range.row1 - range.row0 + 1) * (range.column1 - range.column0 + 1) > cells_walked_max) {
    for (const Entry& entry : entries_) {
      if (entry.box.overlaps(box) && visit(entry.part)) return true;
    }
    return false;
  }
  for (std::uint32_t row = range.row0; row <= range.row1; ++row) {
    for (std::uint32_t column = range.column0; column <= range.column1; ++column) {
      const std::uint32_t cell = row * grid_.columns + column;
      for (std::uint32_t i = cell_begin_[cell]; i < cell_begin_[cell + 1]; ++i) {
        const Entry& entry = entries_[cell_entries_[i]];
        if (entry.box.overlaps(box) && visit(entry.part)) return true;
      }
    }
  }
  return false;
}

template <class Visit>
bool ZoneIndex::any_part_along(LatLon a, LatLon b, Visit visit) const {
  GeoBox box = box_of_way(a, b);
  if (box.east - box.west <= 180.0) return any_part(box, visit);
  const GeoBox eastern{box.south, box.north, box.east, 180.0};  // the short way is over the antimeridian
  const GeoBox western{box.south, box.north, -180.0, box.west};
  return any_part(eastern, visit) || any_part(western, visit);
}

bool ZoneIndex::none_near_slowly(LatLon a, LatLon b) const {
  return !any_part_along(a, b, [](std::uint32_t) { return true; });
}

bool ZoneIndex::contains(std::uint32_t zone, LatLon position) const {
  for (std::uint32_t part = zone_begin_[zone]; part < zone_begin_[zone + 1]; ++part) {
    if (parts_[part].contains(position)) return true;
  }
  return false;
}

void ZoneIndex::zones_at(LatLon position, std::vector<std::uint32_t>& out) const {
  out.clear();
  any_part_along(position, position, [&](std::uint32_t part) {
    if (parts_[part].contains(position)) out.push_back(part_zone_[part]);
    return false;
  });
  sort_unique(out);
}

void ZoneIndex::crossings(LatLon a, LatLon b, std::vector<Crossing>& out) const {
  out.clear();
  if (a == b) return;
  thread_local std::vector<std::uint32_t> candidates;
  candidates.clear();
  any_part_along(a, b, [&](std::uint32_t part) {
    candidates.push_back(part_zone_[part]);
    return false;
  });
  sort_unique(candidates);
  for (const std::uint32_t zone : candidates) crossings_of(zone, a, b, out);
  std::sort(out.begin(), out.end(), [](const Crossing& x, const Crossing& y) {
    if (x.fraction != y.fraction) return x.fraction < y.fraction;
    return x.zone != y.zone ? x.zone < y.zone : x.entering < y.entering;
  });
}

// The boundary cuts the way into pieces; the middle of each piece tells whether it is inside. So the alternation, and
// the agreement with contains() at both ends, hold by construction, whatever rounding does to the cuts.
void ZoneIndex::crossings_of(std::uint32_t zone, LatLon a, LatLon b, std::vector<Crossing>& out) const {
  thread_local std::vector<double> cuts;
  cuts.clear();
  const Way way(a, b);
  for (std::uint32_t part = zone_begin_[zone]; part < zone_begin_[zone + 1]; ++part) {
    parts_[part].append_breakpoints(way, cuts);
  }
  bool inside = contains(zone, a);
  if (cuts.empty() && contains(zone, b) == inside) return;
  std::sort(cuts.begin(), cuts.end());
  cuts.push_back(1);

  const auto become = [&](bool now_inside, double fraction) {
    if (now_inside != inside) out.push_back({fraction, zone, now_inside});
    inside = now_inside;
  };
  const double length_deg = std::hypot(way.dlat_deg, way.dlon_deg);
  const double least = std::max(1e-12, rounding_m / metres_per_degree / length_deg);
  double from = 0;
  for (const double cut : cuts) {
    const bool last = cut == 1;
    if (!last && (cut - from <= least || 1 - cut <= least)) continue;
    become(contains(zone, interpolate(a, b, (from + cut) / 2)), from);
    from = cut;
  }
  become(contains(zone, b), 1);
}

}  // namespace vigia
