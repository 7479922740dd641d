#include "tests/reference/load.h"

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>
#include <simdjson.h>

namespace vigia::reference {
namespace {

using simdjson::dom::element;

std::optional<element> member(element object, std::string_view name) {
  auto found = object.at_key(name);
  if (found.error() || found.value_unsafe().is_null()) return std::nullopt;
  return found.value();
}

std::string text_of(element object, std::string_view name) {
  const auto found = member(object, name);
  return found ? std::string(found->get_string().value()) : std::string();
}

std::optional<TimeMs> time_of(element object, std::string_view name) {
  const auto found = member(object, name);
  return found ? std::optional<TimeMs>(found->get_int64().value()) : std::nullopt;
}

// By value: a range-for over a result's value() would look at a temporary that is gone.
simdjson::dom::array items(element list) { return list.get_array().value(); }

constexpr std::array seal_fields = {"seal_id",         "device_time_ms", "sequence",    "position",    "lock",
                                    "battery_percent", "conditions",     "operator_id", "provider_id", "attributes"};
constexpr std::array trip_text = {"route_id",   "container_id",    "manifest_id",         "transport_document_id",
                                  "cargo_type", "origin_depot_id", "destination_depot_id"};
constexpr std::array trip_fields = {"trip_id",
                                    "seal_id",
                                    "event_time_ms",
                                    "action",
                                    "route_id",
                                    "container_id",
                                    "manifest_id",
                                    "transport_document_id",
                                    "cargo_type",
                                    "origin_depot_id",
                                    "destination_depot_id",
                                    "concept",
                                    "due_ms",
                                    "from_ms",
                                    "until_ms",
                                    "activity",
                                    "officer_id",
                                    "weight_kg",
                                    "zone_id",
                                    "seal_number",
                                    "attributes"};

// The fields in the order of the schema, as they were written; good enough to tell contents apart.
template <std::size_t Count>
std::string canonical_of(element object, const std::array<const char*, Count>& fields) {
  std::string text = "{";
  for (const auto* field : fields) {
    const auto found = member(object, field);
    if (!found) continue;
    const std::string value = simdjson::minify(*found);
    if (value == "\"unknown\"" || (std::string_view(field) == "battery_percent" && value == "255")) continue;
    text += fmt::format("{}\"{}\":{}", text.size() > 1 ? "," : "", field, value);
  }
  return text + "}";
}

Event seal_event(element object) {
  Event event;
  event.seal_id = text_of(object, "seal_id");
  event.time_ms = object["device_time_ms"].get_int64().value();
  event.sequence = static_cast<std::uint32_t>(time_of(object, "sequence").value_or(0));
  if (const auto buffered = member(object, "buffered")) event.buffered = buffered->get_bool().value();
  if (const auto position = member(object, "position"))
    event.position = Point{(*position)["lat_deg"].get_double().value(), (*position)["lon_deg"].get_double().value()};
  event.lock = text_of(object, "lock");
  event.provider_id = text_of(object, "provider_id");
  if (const auto conditions = member(object, "conditions"))
    for (const element condition : items(*conditions)) event.conditions.emplace_back(condition.get_string().value());
  event.canonical = canonical_of(object, seal_fields);
  return event;
}

Event trip_event(element object) {
  Event event;
  event.is_trip = true;
  event.seal_id = text_of(object, "seal_id");
  event.time_ms = object["event_time_ms"].get_int64().value();
  event.trip_id = text_of(object, "trip_id");
  event.action = text_of(object, "action");
  for (const auto* field : trip_text)
    if (const auto text = text_of(object, field); !text.empty()) event.text[field] = text;
  event.due_ms = time_of(object, "due_ms");
  event.from_ms = time_of(object, "from_ms");
  event.until_ms = time_of(object, "until_ms");
  if (const auto weight = member(object, "weight_kg")) event.weight_kg = weight->get_double().value();
  event.canonical = canonical_of(object, trip_fields);
  return event;
}

Point point_of(element coordinates) {
  return {coordinates.at(1).get_double().value(), coordinates.at(0).get_double().value()};
}

std::vector<Point> points_of(element list) {
  std::vector<Point> points;
  for (const element pair : items(list)) points.push_back(point_of(pair));
  return points;
}

std::vector<Ring> rings_of(element list) {
  std::vector<Ring> rings;
  for (const element ring : items(list)) rings.push_back(points_of(ring));
  return rings;
}

PlainZone zone_of(element feature) {
  const element properties = feature["properties"].value(), geometry = feature["geometry"].value();
  PlainZone zone{text_of(properties, "id"), text_of(properties, "kind"), text_of(properties, "site"), {}, {}, 0};
  const std::string type = text_of(geometry, "type");
  const element coordinates = geometry["coordinates"].value();
  if (type == "Point") {
    zone.center = point_of(coordinates);
    zone.radius_m = properties["radius_m"].get_double().value();
  } else if (type == "Polygon") {
    zone.polygons.push_back(rings_of(coordinates));
  } else {
    for (const element polygon : items(coordinates)) zone.polygons.push_back(rings_of(polygon));
  }
  return zone;
}

PlainRoute route_of(element feature) {
  const element properties = feature["properties"].value(), geometry = feature["geometry"].value();
  PlainRoute route{text_of(properties, "id"), {}, properties["corridor_half_width_m"].get_double().value()};
  const element coordinates = geometry["coordinates"].value();
  if (text_of(geometry, "type") == "LineString")
    route.lines.push_back(points_of(coordinates));
  else
    for (const element line : items(coordinates)) route.lines.push_back(points_of(line));
  return route;
}

}  // namespace

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("can't read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<Line> parse_lines(std::string_view json_lines) {
  simdjson::dom::parser parser;
  std::vector<Line> lines;
  while (!json_lines.empty()) {
    const auto end = json_lines.find('\n');
    const auto text = json_lines.substr(0, end);
    json_lines.remove_prefix(end == json_lines.npos ? json_lines.size() : end + 1);
    if (text.empty()) continue;
    const element object = parser.parse(text.data(), text.size()).value();
    lines.push_back({text_of(object, "topic"), text_of(object, "key"), object["timestamp_ms"].get_int64().value(),
                     simdjson::minify(object["value"].value())});
  }
  return lines;
}

std::vector<Line> read_lines(const std::string& path) { return parse_lines(read_file(path)); }

std::string to_json_line(const Line& line) {
  return fmt::format("{{\"topic\":\"{}\",\"key\":\"{}\",\"timestamp_ms\":{},\"value\":{}}}\n", line.topic, line.key,
                     line.timestamp_ms, line.value);
}

std::vector<Event> events_of(const std::vector<Line>& lines) {
  simdjson::dom::parser parser;
  std::vector<Event> events;
  for (const auto& line : lines) {
    const bool is_trip = line.topic == "trip.events";
    if (!is_trip && line.topic != "seal.events") continue;
    const element value = parser.parse(line.value).value();
    const auto add = [&](element object) {
      events.push_back(is_trip ? trip_event(object) : seal_event(object));
      events.back().broker_ms = line.timestamp_ms;
      events.back().arrival = events.size();
    };
    if (const auto batch = member(value, "events"))
      for (const element object : items(*batch)) add(object);
    else
      add(value);
  }
  return events;
}

PlainSite read_site(const std::string& zones_geojson, const std::string& routes_geojson) {
  simdjson::dom::parser parser;
  PlainSite site;
  for (const element feature : items(parser.load(zones_geojson)["features"].value()))
    site.zones.push_back(zone_of(feature));
  for (const element feature : items(parser.load(routes_geojson)["features"].value()))
    site.routes.push_back(route_of(feature));
  return site;
}

}  // namespace vigia::reference
