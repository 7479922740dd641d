// NVIDIA DeepStream's messages (Gst-nvmsgconv): the full schema, one object a message, and the minimal one, the objects of
// a frame as texts "ID|LEFT|TOP|RIGHT|BOTTOM|CLASS", with "|#|...|CONFIDENCE" behind when there is more.
#include <cctype>
#include <charconv>
#include <string>
#include <vector>

#include "connectors/foreign_json.h"
#include "connectors/formats.h"

namespace vigia {
namespace {

using foreign::Object;

constexpr std::string_view no_timestamp =
    "@timestamp is missing or no time, expected one such as 2020-06-13T06:59:42.757Z";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// DeepStream has words for what it does not know.
bool is_known(std::string_view text) { return !text.empty() && !text.starts_with("UNK"); }

void write_head(std::string_view camera, TimeMs time_ms, json::JsonObject& event) {
  event.field("camera_id", camera);
  event.field("device_time_ms", time_ms);
  event.field("kind", "object");
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('|', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

void write_confidence(std::optional<double> confidence, json::JsonObject& event) {
  if (confidence && *confidence > 0 && *confidence <= 1) event.field("confidence", *confidence);  // else not told
}

void write_minimal_object(std::string_view camera, TimeMs time_ms, std::string_view text, std::string& json) {
  const auto parts = parts_of(text);
  json::JsonObject event(json);
  write_head(camera, time_ms, event);
  if (parts.size() > 5) event.field("object_class", lower(parts[5]));
  event.field("track_id", parts[0]);
  if (parts.size() > 7) {
    double value = 0;
    const auto last = parts.back();
    if (std::from_chars(last.data(), last.data() + last.size(), value).ec == std::errc())
      write_confidence(value, event);
  }
  foreign::Attributes kept;
  kept.add("object", text);
  kept.write(event);
}

std::string minimal(const Object& root, const foreign::dom::array& objects, std::string& json) {
  const auto camera = foreign::text(root, "sensorId");
  if (camera.empty()) return "sensorId is missing";
  const auto time_ms = foreign::time(root, "@timestamp");
  if (!time_ms) return std::string(no_timestamp);
  for (const auto one : objects) {
    std::string_view text;
    if (one.get(text) != simdjson::SUCCESS) return "an element of objects is no text";
    json += json.empty() ? R"({"events":[)" : ",";
    write_minimal_object(camera, *time_ms, text, json);
  }
  if (!json.empty()) json += "]}";
  return {};
}

// What an object is stands under the name of what it is: "vehicle": {...}, "person": {...}.
struct Described {
  std::string_view name;
  Object members;
};
Described described(const foreign::dom::object& object) {
  for (const auto member : object) {
    if (member.key == "bbox" || member.key == "location" || member.key == "coordinate" || member.key == "pose")
      continue;
    foreign::dom::object members;
    if (member.value.get(members) == simdjson::SUCCESS) return {member.key, members};
  }
  return {};
}

// Of a place's part, named as the user named it: "aisle", "entrance", "parkingSpot".
std::string_view zone_of(const Object& place) {
  if (!place) return {};
  for (const auto member : *place) {
    foreign::dom::object part;
    if (member.key == "location" || member.value.get(part) != simdjson::SUCCESS) continue;
    const auto id = foreign::text(part, "id");
    return id.empty() ? foreign::text(part, "name") : id;
  }
  return {};
}

std::string full(const Object& root, const foreign::dom::object& object, std::string& json) {
  const auto camera = foreign::text(foreign::object(root, "sensor"), "id");
  if (camera.empty()) return "sensor.id is missing";
  const auto time_ms = foreign::time(root, "@timestamp");
  if (!time_ms) return std::string(no_timestamp);
  const auto [name, members] = described(object);
  const Object place = foreign::object(root, "place");
  const Object verdict = foreign::object(root, "event");

  json::JsonObject event(json);
  write_head(camera, *time_ms, event);
  if (!name.empty()) event.field("object_class", lower(name));
  if (const auto id = foreign::text(object, "id"); !id.empty()) event.field("track_id", id);
  write_confidence(foreign::number(members, "confidence"), event);
  if (const auto zone = zone_of(place); !zone.empty()) event.field("zone_id", zone);
  if (const auto plate = foreign::text(members, "license"); is_known(plate)) event.field("plate", plate);
  if (const auto path = foreign::text(root, "videoPath"); !path.empty()) event.field("evidence_uri", path);
  foreign::Attributes kept;
  kept.add("event_type", foreign::text(verdict, "type"));
  kept.add("event_id", foreign::text(verdict, "id"));
  kept.add("message_id", foreign::text(root, "messageid"));
  kept.add("place", foreign::text(place, "name"));
  for (const auto key : {"speed", "direction", "orientation"}) kept.add(key, object, key);
  if (members)
    for (const auto member : *members)
      if (const auto text = foreign::scalar(member.value); text && member.key != "confidence" && is_known(*text))
        kept.add(member.key, *text);
  kept.write(event);
  return {};
}

}  // namespace

std::string adapt_deepstream(const InputRecord& record, std::string& json) {
  foreign::dom::object root;
  if (auto error = foreign::read_object(record, root); !error.empty()) return error;
  if (const auto objects = foreign::list(root, "objects")) return minimal(root, *objects, json);
  if (const auto object = foreign::object(root, "object")) return full(root, *object, json);
  return "no \"object\" and no list \"objects\", as DeepStream's schemas have them";
}

}  // namespace vigia
