#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/recordings/recording.h"

namespace vigia::recordings {
namespace {

using Row = std::map<std::string, std::string>;

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char c : line) {
    if (c == ',')
      cells.emplace_back();
    else if (c != '"' && c != '\r')
      cells.back() += c;
  }
  return cells;
}

std::vector<Row> read_csv(const std::string& path) {
  std::istringstream stream(reference::read_file(path));
  std::string line;
  std::getline(stream, line);
  const auto names = cells_of(line);
  std::vector<Row> rows;
  while (std::getline(stream, line)) {
    const auto cells = cells_of(line);
    if (cells.size() < names.size()) continue;
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = cells[i];
  }
  return rows;
}

// All shapes of the route, each a line of the MultiLineString.
std::string route_feature(const std::string& folder, const std::string& route, double half_width_m) {
  std::map<std::string, std::vector<std::pair<int, std::string>>> shapes;
  for (auto& row : read_csv(folder + "/gtfs/" + route + "/shapes.txt"))
    shapes[row["shape_id"]].emplace_back(std::stoi(row["shape_pt_sequence"]),
                                         fmt::format("[{},{}]", row["shape_pt_lon"], row["shape_pt_lat"]));
  std::vector<std::string> lines;
  for (auto& [id, points] : shapes) {
    std::sort(points.begin(), points.end());
    std::vector<std::string> places;
    for (const auto& point : points) places.push_back(point.second);
    lines.push_back(fmt::format("[{}]", fmt::join(places, ",")));
  }
  return fmt::format(
      "{{\"type\":\"Feature\",\"properties\":{{\"id\":\"{}\",\"corridor_half_width_m\":{}}},"
      "\"geometry\":{{\"type\":\"MultiLineString\",\"coordinates\":[{}]}}}}",
      route, half_width_m, fmt::join(lines, ","));
}

std::string file_of(const std::string& route) {
  for (const auto* name : {"3T_3757", "5A_8062", "S2_2113"})
    if (route + "_" == std::string(name).substr(0, 3)) return fmt::format("/avl/{}.csv", name);
  throw std::runtime_error("no bus on " + route);
}

void add_bus(const std::string& folder, const Bus& bus, std::vector<reference::Line>& lines) {
  int number = 0;
  for (auto& row : read_csv(folder + file_of(bus.route))) {
    const TimeMs time_ms = parse_utc(row["time"]);
    if (++number == 1)
      lines.push_back(
          {"trip.events", bus.route, time_ms,
           fmt::format("{{\"trip_id\":\"{0}-trip\",\"seal_id\":\"{0}\",\"event_time_ms\":{1},\"action\":\"start\","
                       "\"route_id\":\"{2}\"}}",
                       bus.route, time_ms, bus.on_route)});
    lines.push_back(
        {"seal.events", bus.route, time_ms,
         fmt::format("{{\"seal_id\":\"{}\",\"device_time_ms\":{},\"sequence\":{},\"position\":{{\"lat_deg\":{},"
                     "\"lon_deg\":{},\"heading_deg\":{}}}}}",
                     bus.route, time_ms, number, row["latitude"], row["longitude"], row["heading"])});
  }
}

}  // namespace

Recording read_wmata(const std::string& folder, const std::vector<Bus>& buses, double half_width_m, int confirmations,
                     const harness::TempDir& directory) {
  Recording recording;
  std::map<std::string, std::string> routes;
  for (const auto& bus : buses) {
    add_bus(folder, bus, recording.lines);
    if (!routes.contains(bus.on_route)) routes[bus.on_route] = route_feature(folder, bus.on_route, half_width_m);
  }
  std::stable_sort(recording.lines.begin(), recording.lines.end(),
                   [](const auto& a, const auto& b) { return a.timestamp_ms < b.timestamp_ms; });
  std::vector<std::string> features;
  for (const auto& [id, feature] : routes) features.push_back(feature);
  recording.zones_geojson = directory.write("zones.geojson", "{\"type\":\"FeatureCollection\",\"features\":[]}\n");
  recording.routes_geojson = directory.write(
      "routes.geojson",
      fmt::format("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", fmt::join(features, ",\n")));
  recording.pipeline = directory.write(
      "pipeline.yaml",
      pipeline_text(fmt::format("  - {{id: corridor, kind: route_deviation, confirmations: {}}}\n", confirmations)));
  return recording;
}

}  // namespace vigia::recordings
