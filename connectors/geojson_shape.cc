#include "connectors/geojson_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "operators/corridor.h"
#include "operators/ring_check.h"

namespace vigia {
namespace {

using Type = JsonNode::Type;

std::string text_of(LatLon p) { return fmt::format("[{}, {}]", p.lon_deg, p.lat_deg); }

// The items of an array that must not be empty; nullptr, with an error, when it is something else.
const std::vector<JsonNode>* items_of(const JsonNode& node, const char* expected, ErrorList& errors) {
  if (node.type == Type::array && !node.items.empty()) return &node.items;
  errors.add(node.line, node.describe(), expected);
  return nullptr;
}

// A ring as given, closing point included, and the line of each point.
struct RawRing {
  Ring points;
  std::vector<int> lines;
  int line = 0;
};

RawRing read_points(const JsonNode& node, const char* expected, ErrorList& errors) {
  RawRing out;
  out.line = node.line;
  const auto* items = items_of(node, expected, errors);
  if (items == nullptr) return out;
  for (const JsonNode& item : *items) {
    out.points.push_back(read_position(item, errors));
    out.lines.push_back(item.line);
  }
  return out;
}

bool is_closed(LatLon first, LatLon last) {
  return first.lat_deg == last.lat_deg && std::fmod(first.lon_deg - last.lon_deg, 360.0) == 0;
}

bool on_one_line(const Ring& points) {
  return std::all_of(points.begin(), points.end(), [&](LatLon p) {
    return (points[1].lon_deg - points[0].lon_deg) * (p.lat_deg - points[0].lat_deg) ==
           (points[1].lat_deg - points[0].lat_deg) * (p.lon_deg - points[0].lon_deg);
  });
}

// What can be wrong with one ring by itself; true when it is good.
bool check_ring(const RawRing& ring, ErrorList& errors) {
  if (!is_closed(ring.points.front(), ring.points.back())) {
    errors.add(
        ring.line,
        fmt::format("an unclosed ring, from {} to {}", text_of(ring.points.front()), text_of(ring.points.back())),
        "a ring whose last position is its first");
    return false;
  }
  if (goes_around_a_pole(ring.points)) {
    errors.add(ring.line, "a ring around a pole", "a ring that does not go around the Earth");
    return false;
  }
  Polygon single{{ring.points}};
  unwrap(single);
  const Ring& points = single.rings[0];
  if (points.size() < 3 || on_one_line(points)) {
    errors.add(ring.line, fmt::format("a ring of {} different positions without an area", points.size()),
               "a ring of at least four positions that encloses an area, the last being the first");
    return false;
  }
  const auto [west, east] =
      std::minmax_element(points.begin(), points.end(), [](LatLon a, LatLon b) { return a.lon_deg < b.lon_deg; });
  if (east->lon_deg - west->lon_deg > ZoneShape::max_width_deg) {
    errors.add(ring.line, fmt::format("a ring {} degrees of longitude wide", east->lon_deg - west->lon_deg),
               "at most 180 degrees; cut it into several polygons");
    return false;
  }
  return true;
}

// The line on which an edge of the unwrapped polygon begins.
int line_of(const RingEdge& edge, const Polygon& polygon, const std::vector<RawRing>& raw) {
  const LatLon p = polygon.rings[edge.ring][edge.from];
  const RawRing& ring = raw[edge.ring];
  for (std::size_t i = 0; i < ring.points.size(); ++i) {
    const LatLon q = ring.points[i];
    if (q.lat_deg == p.lat_deg && wrap_lon_deg(q.lon_deg) == wrap_lon_deg(p.lon_deg)) return ring.lines[i];
  }
  return ring.line;
}

void check_polygon(const Polygon& polygon, const std::vector<RawRing>& raw, ErrorList& errors) {
  if (const auto crossing = find_crossing(polygon)) {
    const auto edge_text = [&](const RingEdge& edge) {
      const Ring& ring = polygon.rings[edge.ring];
      return fmt::format("{} to {}", text_of(ring[edge.from]), text_of(ring[(edge.from + 1) % ring.size()]));
    };
    const bool itself = crossing->first.ring == crossing->second.ring;
    errors.add(line_of(crossing->first, polygon, raw),
               fmt::format("{}: {} crosses {}", itself ? "a ring that crosses itself" : "rings that cross each other",
                           edge_text(crossing->first), edge_text(crossing->second)),
               "rings that cross neither themselves nor each other");
    return;
  }
  for (std::size_t hole = 1; hole < polygon.rings.size(); ++hole) {
    if (hole_outside(polygon, hole)) {
      errors.add(raw[hole].line, "a hole outside of its outer ring", "a hole within the first ring of its polygon");
    }
  }
}

void check_line(const RawRing& line, ErrorList& errors) {
  const auto& points = line.points;
  if (std::all_of(points.begin(), points.end(), [&](LatLon p) { return p == points[0]; })) {
    errors.add(line.line, points.size() == 1 ? "a line of one position" : "a line whose positions are all the same",
               "a line of at least two different positions");
    return;
  }
  double lon = points[0].lon_deg, west = lon, east = lon;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const double step = wrap_lon_deg(points[i].lon_deg - points[i - 1].lon_deg);
    if (std::abs(step) > Corridor::max_segment_lon_deg) {
      errors.add(line.lines[i], fmt::format("a step of {} degrees of longitude", std::abs(step)),
                 "at most 90 from one position to the next");
      return;
    }
    lon += step;
    west = std::min(west, lon);
    east = std::max(east, lon);
  }
  if (east - west > Corridor::max_route_lon_deg) {
    errors.add(line.line, fmt::format("a line {} degrees of longitude wide", east - west), "at most 180 degrees");
  }
}

}  // namespace

LatLon read_position(const JsonNode& node, ErrorList& errors) {
  constexpr const char* expected = "a position: [longitude, latitude] in degrees";
  if (node.type != Type::array) {
    errors.add(node.line, node.describe(), expected);
    return {};
  }
  const auto bad = std::find_if(node.items.begin(), node.items.end(),
                                [](const JsonNode& item) { return item.type != Type::number; });
  if (node.items.size() < 2 || bad != node.items.end()) {
    errors.add(node.line,
               bad != node.items.end() ? "a position with " + bad->describe()
                                       : fmt::format("a position of {} numbers", node.items.size()),
               expected);
    return {};
  }
  const LatLon p{node.items[1].number, node.items[0].number};
  if (!(std::abs(p.lon_deg) <= 180)) {
    errors.add(node.items[0].line, fmt::format("longitude {}", p.lon_deg), "a longitude from -180 to 180");
  }
  if (!(std::abs(p.lat_deg) <= 90)) {
    errors.add(node.items[1].line, fmt::format("latitude {}", p.lat_deg),
               "a latitude from -90 to 90 (a position is [longitude, latitude])");
  } else if (std::abs(p.lat_deg) > max_lat_deg) {
    errors.add(node.items[1].line, fmt::format("latitude {}, too close to a pole", p.lat_deg),
               fmt::format("a latitude from -{0} to {0}", max_lat_deg));
  }
  return p;
}

std::vector<LatLon> read_line(const JsonNode& node, ErrorList& errors) {
  const std::size_t before = errors.errors.size();
  RawRing line = read_points(node, "an array of at least two positions", errors);
  if (errors.errors.size() == before) check_line(line, errors);
  return std::move(line.points);
}

std::vector<std::vector<LatLon>> read_lines(const JsonNode& node, ErrorList& errors) {
  std::vector<std::vector<LatLon>> out;
  const std::size_t before = errors.errors.size();
  if (const auto* items = items_of(node, "an array of lines", errors)) {
    for (const JsonNode& item : *items) out.push_back(read_line(item, errors));
  }
  if (errors.errors.size() != before) return out;
  double west = 0, east = 0;  // of all lines, counted from the first position of the first
  for (const auto& line : out) {
    double lon = wrap_lon_deg(line[0].lon_deg - out[0][0].lon_deg);
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i > 0) lon += wrap_lon_deg(line[i].lon_deg - line[i - 1].lon_deg);
      west = std::min(west, lon);
      east = std::max(east, lon);
    }
  }
  if (east - west > Corridor::max_route_lon_deg) {
    errors.add(node.line, fmt::format("lines {} degrees of longitude wide", east - west), "at most 180 degrees");
  }
  return out;
}

Polygon read_polygon(const JsonNode& node, ErrorList& errors) {
  const std::size_t before = errors.errors.size();
  std::vector<RawRing> raw;
  Polygon polygon;
  const auto* items = items_of(node, "an array of rings", errors);
  if (items == nullptr) return polygon;
  for (const JsonNode& item : *items) {
    const std::size_t good = errors.errors.size();
    raw.push_back(read_points(item, "a ring: an array of at least four positions", errors));
    if (errors.errors.size() == good && check_ring(raw.back(), errors)) polygon.rings.push_back(raw.back().points);
  }
  unwrap(polygon);
  if (errors.errors.size() == before) check_polygon(polygon, raw, errors);
  return polygon;
}

std::vector<Polygon> read_polygons(const JsonNode& node, ErrorList& errors) {
  std::vector<Polygon> out;
  if (const auto* items = items_of(node, "an array of polygons", errors)) {
    for (const JsonNode& item : *items) out.push_back(read_polygon(item, errors));
  }
  return out;
}

}  // namespace vigia
