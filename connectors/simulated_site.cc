#include "connectors/simulated_site.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

namespace vigia {
namespace {

using simdjson::dom::element;

std::string depot_at(const SiteModel& site, LatLon place) {
  std::vector<std::uint32_t> zones;
  site.index.zones_at(place, zones);
  const auto depot =
      std::ranges::find_if(zones, [&](std::uint32_t zone) { return site.zones[zone].kind == ZoneKind::depot; });
  return depot == zones.end() ? std::string() : site.zones[*depot].id;
}

// Empty: not a line.
std::vector<LatLon> line_of(element feature) {
  std::vector<LatLon> points;
  std::string_view type;
  simdjson::dom::array coordinates;
  if (feature["geometry"]["type"].get(type) != simdjson::SUCCESS || type != "LineString") return points;
  if (feature["geometry"]["coordinates"].get(coordinates) != simdjson::SUCCESS) return points;
  for (const element position : coordinates) {
    LatLon point;
    if (position.at(0).get(point.lon_deg) != simdjson::SUCCESS) return {};
    if (position.at(1).get(point.lat_deg) != simdjson::SUCCESS) return {};
    points.push_back(point);
  }
  return points;
}

void add_routes(element file, const SiteModel& site, std::vector<SimulatedRoute>& out) {
  simdjson::dom::array features;
  if (file["features"].get(features) != simdjson::SUCCESS) return;
  for (const element feature : features) {
    std::vector<LatLon> line = line_of(feature);
    std::string_view id;
    double half_width_m = 0;
    if (line.size() < 2 || feature["properties"]["id"].get(id) != simdjson::SUCCESS) continue;
    if (feature["properties"]["corridor_half_width_m"].get(half_width_m) != simdjson::SUCCESS) continue;
    std::string origin = depot_at(site, line.front());
    std::string destination = depot_at(site, line.back());
    out.emplace_back(std::string(id), std::move(line), half_width_m, std::move(origin), std::move(destination));
  }
}

}  // namespace

Status load_simulated_routes(const std::vector<std::string>& site_files, const SiteModel& site,
                             std::vector<SimulatedRoute>& out) {
  for (const std::string& path : site_files) {
    if (!path.ends_with(".geojson") && !path.ends_with(".json")) continue;
    simdjson::dom::parser parser;
    element file;
    if (const auto error = parser.load(path).get(file); error != simdjson::SUCCESS) {
      return Status::of(Fault::unreadable, fmt::format("{}: {}", path, simdjson::error_message(error)));
    }
    add_routes(file, site, out);
  }
  if (out.empty())
    return Status::of(Fault::refused, "the pipeline's site files have no route (a LineString) to drive on");
  return Status::good();
}

bool is_exempt(const SiteModel& site, LatLon place) {
  std::vector<std::uint32_t> zones;
  site.index.zones_at(place, zones);
  return std::ranges::any_of(zones, [&](std::uint32_t zone) {
    return site.zones[zone].kind == ZoneKind::depot || site.zones[zone].kind == ZoneKind::exempt;
  });
}

void adopt_limits(const std::vector<RuleSpec>& rules, SimulatorOptions& options) {
  for (const RuleSpec& rule : rules) {
    if (rule.kind == "unauthorized_stop") options.stop_limit_ms = rule.duration_ms("limit");
    if (rule.kind == "signal_lost") options.signal_interval_ms = rule.duration_ms("interval");
  }
}

}  // namespace vigia
