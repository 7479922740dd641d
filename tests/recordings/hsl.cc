#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>
#include <tuple>

#include <fmt/format.h>
#include <simdjson.h>

#include "tests/recordings/recording.h"

namespace vigia::recordings {
namespace {

using simdjson::dom::element;

struct Message {
  std::string type, vehicle;  // VP: a position, DOO and DOC: the door was opened or closed
  TimeMs time_ms = 0, received_ms = 0;
  std::optional<double> lat_deg, lon_deg, speed_mps;
  std::optional<bool> is_open;
};

template <class Number>
std::optional<Number> number(const simdjson::simdjson_result<Number>& value) {
  return value.error() ? std::nullopt : std::optional(value.value_unsafe());
}

// One line of a dump: receive time, topic, {"TYPE": {...}}.
std::optional<Message> message_of(const std::string& text, simdjson::dom::parser& parser) {
  const auto json_at = text.find('{');
  if (json_at == text.npos) return std::nullopt;
  const element whole = parser.parse(text.substr(json_at)).value();
  const simdjson::dom::object outer = whole.get_object().value();
  const element fields = outer.begin().value();
  const auto vehicle = fields["veh"].get_int64();
  const auto time = fields["tst"].get_string();
  if (vehicle.error() || time.error()) return std::nullopt;
  Message message{std::string(outer.begin().key()),
                  fmt::format("bus-{}", vehicle.value_unsafe()),
                  parse_utc(std::string(time.value_unsafe())),
                  parse_utc(text),
                  {},
                  {},
                  {},
                  {}};
  message.lat_deg = number(fields["lat"].get_double());
  message.lon_deg = number(fields["long"].get_double());
  message.speed_mps = number(fields["spd"].get_double());
  if (const auto door = number(fields["drst"].get_int64())) message.is_open = *door == 1;
  return message;
}

std::vector<Message> messages_of(const std::filesystem::path& dump) {
  std::vector<Message> messages;
  simdjson::dom::parser parser;
  std::istringstream stream(reference::read_file(dump.string()));
  for (std::string text; std::getline(stream, text);)
    if (auto message = message_of(text, parser)) messages.push_back(std::move(*message));
  return messages;
}

// Speeds are told to 0.01 m/s, which is to 0.1 km/h at best: 5 km/h are 1.39 m/s.
reference::Line seal_line(const Message& message) {
  std::string value = fmt::format("{{\"seal_id\":\"{}\",\"device_time_ms\":{}", message.vehicle, message.time_ms);
  if (message.lat_deg && message.lon_deg) {
    value += fmt::format(",\"position\":{{\"lat_deg\":{},\"lon_deg\":{}", *message.lat_deg, *message.lon_deg);
    if (message.speed_mps) value += fmt::format(",\"speed_kmh\":{:.1f}", *message.speed_mps * 3.6);
    value += "}";
  }
  if (message.is_open) value += fmt::format(",\"lock\":\"{}\"", *message.is_open ? "opened" : "closed");
  return {"seal.events", message.vehicle, message.received_ms, value + "}"};
}

reference::Line door_line(const Message& message) {
  return {"access.events", message.vehicle, message.received_ms,
          fmt::format("{{\"door_id\":\"{}\",\"device_time_ms\":{},\"kind\":\"{}\"}}", message.vehicle, message.time_ms,
                      message.type == "DOO" ? "door_opened" : "door_closed")};
}

void sort_by_arrival(std::vector<reference::Line>& lines) {
  std::sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return std::tie(a.timestamp_ms, a.key, a.value) < std::tie(b.timestamp_ms, b.key, b.value);
  });
}

}  // namespace

Recording read_hsl(const std::string& folder, const harness::TempDir& directory) {
  Recording recording;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto dump = entry.path() / "hfp.dump";
    if (!std::filesystem::exists(dump)) continue;
    for (const auto& message : messages_of(dump)) recording.lines.push_back(seal_line(message));
  }
  sort_by_arrival(recording.lines);
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

std::map<std::string, std::vector<reference::Line>> read_hsl_doors(const std::string& folder) {
  std::map<std::string, std::vector<reference::Line>> cases;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto dump = entry.path() / "hfp.dump";
    if (!std::filesystem::exists(dump)) continue;
    auto& lines = cases[entry.path().filename().string()];
    for (const auto& message : messages_of(dump)) {
      if (message.type == "VP") lines.push_back(seal_line(message));
      if (message.type == "DOO" || message.type == "DOC") lines.push_back(door_line(message));
    }
    sort_by_arrival(lines);
  }
  return cases;
}

}  // namespace vigia::recordings
