#include <algorithm>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <simdjson.h>

#include "tests/recordings/recording.h"

namespace vigia::recordings {
namespace {

using simdjson::dom::element;

// One line of a dump: receive time, topic, {"TYPE": {...}}.
std::optional<reference::Line> line_of(const std::string& text, simdjson::dom::parser& parser) {
  const auto json_at = text.find('{');
  if (json_at == text.npos) return std::nullopt;
  const element whole = parser.parse(text.substr(json_at)).value();
  const simdjson::dom::object outer = whole.get_object().value();
  const element message = outer.begin().value();
  const auto vehicle = message["veh"].get_int64();
  const auto time = message["tst"].get_string();
  if (vehicle.error() || time.error()) return std::nullopt;
  const std::string id = fmt::format("bus-{}", vehicle.value_unsafe());
  std::string value =
      fmt::format("{{\"seal_id\":\"{}\",\"device_time_ms\":{}", id, parse_utc(std::string(time.value_unsafe())));
  const auto lat = message["lat"].get_double(), lon = message["long"].get_double();
  if (!lat.error() && !lon.error())
    value += fmt::format(",\"position\":{{\"lat_deg\":{},\"lon_deg\":{}}}", lat.value_unsafe(), lon.value_unsafe());
  const auto door = message["drst"].get_int64();
  if (!door.error()) value += fmt::format(",\"lock\":\"{}\"", door.value_unsafe() == 1 ? "opened" : "closed");
  return reference::Line{"seal.events", id, parse_utc(text), value + "}"};
}

}  // namespace

Recording read_hsl(const std::string& folder, const harness::TempDir& directory) {
  Recording recording;
  simdjson::dom::parser parser;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto dump = entry.path() / "hfp.dump";
    if (!std::filesystem::exists(dump)) continue;
    std::istringstream stream(reference::read_file(dump.string()));
    for (std::string text; std::getline(stream, text);)
      if (auto line = line_of(text, parser)) recording.lines.push_back(std::move(*line));
  }
  std::sort(recording.lines.begin(), recording.lines.end(), [](const auto& a, const auto& b) {
    return std::tie(a.timestamp_ms, a.key, a.value) < std::tie(b.timestamp_ms, b.key, b.value);
  });
  recording.zones_geojson = directory.write("zones.geojson",
                                            "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\","
                                            "\"properties\":{\"id\":\"city\",\"kind\":\"area\",\"radius_m\":2000},"
                                            "\"geometry\":{\"type\":\"Point\",\"coordinates\":[24.941,60.171]}}]}\n");
  recording.routes_geojson = directory.write("routes.geojson", "{\"type\":\"FeatureCollection\",\"features\":[]}\n");
  recording.pipeline = directory.write(
      "pipeline.yaml", pipeline_text("  - {id: stop, kind: unauthorized_stop, limit: 2m, radius_m: 40, scope: always}\n"
                                     "  - {id: door, kind: seal_opened, scope: always}\n"
                                     "  - {id: report, kind: report_interval, interval: 10s, scope: always}\n"
                                     "  - {id: way, kind: report_distance, distance_m: 60, scope: always}\n"
                                     "  - {id: enter, kind: zone_entered, scope: always}\n"
                                     "  - {id: leave, kind: zone_left, scope: always}\n"));
  return recording;
}

}  // namespace vigia::recordings
