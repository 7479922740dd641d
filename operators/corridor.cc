#include "operators/corridor.h"

#include <algorithm>
#include <limits>

namespace vigia {
namespace {

// Added to every reach, so that rounding in the grid can never hide a segment: a tenth of a millimetre.
constexpr double margin_deg = 1e-9;

double cos_deg(double lat_deg) { return std::cos(lat_deg * radians_per_degree); }

// How far a longitude may be from the meridian of `west` when counted eastwards, in [0, 360).
double eastwards_deg(double lon_deg, double west_deg) {
  const double east = lon_deg - west_deg;
  if (east < 0) return east + 360.0;
  return east >= 360.0 ? east - 360.0 : east;
}

}  // namespace

Corridor::Corridor(std::span<const std::vector<LatLon>> lines, double half_width_m) : half_width_m_(half_width_m) {
  const double limit_deg = (half_width_m + rounding_m) / metres_per_degree;
  limit_deg2_ = limit_deg * limit_deg;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const LatLon from = line[i];
      const LatLon to = i + 1 < line.size() ? line[i + 1] : from;
      if (from == to && line.size() > 1) continue;  // the end, or a point given twice
      segments_.push_back({from.lat_deg, wrap_lon_deg(from.lon_deg), to.lat_deg - from.lat_deg,
                           wrap_lon_deg(to.lon_deg - from.lon_deg)});
    }
    if (line.size() > 1 && std::all_of(line.begin(), line.end(), [&](LatLon p) { return p == line[0]; })) {
      segments_.push_back({line[0].lat_deg, wrap_lon_deg(line[0].lon_deg), 0, 0});
    }
  }
  if (!segments_.empty()) build_grid();
}

double Corridor::distance_m(LatLon fix) const {
  const double cos_lat = cos_deg(fix.lat_deg);
  double least = std::numeric_limits<double>::infinity();
  for (const Segment& segment : segments_) least = std::min(least, squared_distance_deg2(segment, fix, cos_lat));
  return std::sqrt(least) * metres_per_degree;
}

bool Corridor::inside_elsewhere(LatLon fix, double cos_lat, std::uint32_t& segment_hint) const {
  const auto try_segment = [&](std::uint32_t index) {
    if (index >= segments_.size() || !near(segments_[index], fix, cos_lat)) return false;
    segment_hint = index;
    return true;
  };
  // A truck that has left its segment is most likely on the next one, or going back.
  const std::uint32_t hint = segment_hint;
  if (hint < segments_.size() && (try_segment(hint + 1) || try_segment(hint - 1))) return true;

  if (segments_.empty()) return false;
  const double row = (fix.lat_deg - south_deg_) / cell_deg_;
  const double column = eastwards_deg(fix.lon_deg, west_deg_) / cell_deg_;
  if (!(row >= 0 && row < rows_ && column >= 0 && column < columns_)) return false;
  const std::size_t cell = static_cast<std::size_t>(row) * columns_ + static_cast<std::size_t>(column);
  for (std::uint32_t i = cell_begin_[cell]; i < cell_begin_[cell + 1]; ++i) {
    if (try_segment(cell_segments_[i])) return true;
  }
  return false;
}

// Calls visit(cell) for each cell that has a point within reach of the segment.
template <class Visit>
void Corridor::visit_cells(const Segment& segment, Visit visit) const {
  const double reach_lat = std::sqrt(limit_deg2_) + margin_deg;
  const double low = std::min(segment.lat_deg, segment.lat_deg + segment.dlat_deg);
  const double high = std::max(segment.lat_deg, segment.lat_deg + segment.dlat_deg);
  const double start_east = eastwards_deg(segment.lon_deg, west_deg_);
  const auto clamp_to = [](double value, std::uint32_t count) {
    return static_cast<std::uint32_t>(std::clamp(value, 0.0, static_cast<double>(count - 1)));
  };
  const std::uint32_t first_row = clamp_to((low - reach_lat - south_deg_) / cell_deg_, rows_);
  const std::uint32_t last_row = clamp_to((high + reach_lat - south_deg_) / cell_deg_, rows_);
  for (std::uint32_t row = first_row; row <= last_row; ++row) {
    const double south = south_deg_ + row * cell_deg_ - margin_deg;
    const double north = south + cell_deg_ + 2 * margin_deg;
    // The piece of the segment that fixes in this row could be near.
    double t0 = 0, t1 = 1;
    if (segment.dlat_deg != 0) {
      const double ta = (south - reach_lat - segment.lat_deg) / segment.dlat_deg;
      const double tb = (north + reach_lat - segment.lat_deg) / segment.dlat_deg;
      t0 = std::clamp(std::min(ta, tb), 0.0, 1.0);
      t1 = std::clamp(std::max(ta, tb), 0.0, 1.0);
    }
    const double cos_least = std::max(1e-4, std::min(cos_deg(south), cos_deg(north)));  // of a fix in this row
    const double reach_lon = reach_lat / cos_least + margin_deg;
    const double ea = start_east + t0 * segment.dlon_deg;
    const double eb = start_east + t1 * segment.dlon_deg;
    const std::uint32_t first = clamp_to((std::min(ea, eb) - reach_lon) / cell_deg_, columns_);
    const std::uint32_t last = clamp_to((std::max(ea, eb) + reach_lon) / cell_deg_, columns_);
    for (std::uint32_t column = first; column <= last; ++column) visit(std::size_t{row} * columns_ + column);
  }
}

void Corridor::build_grid() {
  // Longitudes counted from the first point, so that a route over the antimeridian is in one piece.
  const double origin = segments_[0].lon_deg;
  const double reach_lat = std::sqrt(limit_deg2_) + 2 * margin_deg;
  double south = 90, north = -90, west = 0, east = 0;
  for (const Segment& segment : segments_) {
    const double from = wrap_lon_deg(segment.lon_deg - origin);
    south = std::min({south, segment.lat_deg, segment.lat_deg + segment.dlat_deg});
    north = std::max({north, segment.lat_deg, segment.lat_deg + segment.dlat_deg});
    west = std::min({west, from, from + segment.dlon_deg});
    east = std::max({east, from, from + segment.dlon_deg});
  }
  const double cos_least = std::max(1e-4, std::min(cos_deg(south - reach_lat), cos_deg(north + reach_lat)));
  const double reach_lon = std::min(90.0, reach_lat / cos_least) + 2 * margin_deg;
  south_deg_ = south - reach_lat;
  west_deg_ = wrap_lon_deg(origin + west - reach_lon);
  const double height = north + reach_lat - south_deg_;
  const double width = std::min(360.0, east - west + 2 * reach_lon);

  // Some cells for each segment, none much smaller than the corridor is wide: finer would only repeat the lists.
  const double wanted_cells = std::clamp(4.0 * static_cast<double>(segments_.size()), 16.0, 65'536.0);
  cell_deg_ = std::max({std::sqrt(height * width / wanted_cells), reach_lat, width / 4096, height / 4096});
  rows_ = static_cast<std::uint32_t>(height / cell_deg_) + 1;
  columns_ = static_cast<std::uint32_t>(width / cell_deg_) + 1;

  cell_begin_.assign(std::size_t{rows_} * columns_ + 1, 0);
  for (const Segment& segment : segments_) visit_cells(segment, [&](std::size_t cell) { ++cell_begin_[cell + 1]; });
  for (std::size_t cell = 1; cell < cell_begin_.size(); ++cell) cell_begin_[cell] += cell_begin_[cell - 1];
  cell_segments_.resize(cell_begin_.back());
  std::vector<std::uint32_t> next(cell_begin_.begin(), cell_begin_.end() - 1);
  for (std::uint32_t i = 0; i < segments_.size(); ++i) {
    visit_cells(segments_[i], [&](std::size_t cell) { cell_segments_[next[cell]++] = i; });
  }
}

}  // namespace vigia
