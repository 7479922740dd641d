// Frigate's MQTT topic PREFIX/events: {"type": "new" | "update" | "end", "before": {...}, "after": {...}}, one message for
// each change of a tracked object.
#include "connectors/foreign_json.h"
#include "connectors/formats.h"

namespace vigia {
namespace {

using foreign::Object;

std::string joined(const std::optional<foreign::dom::array>& list) {
  std::string all;
  if (!list) return all;
  for (const auto one : *list)
    if (const auto text = foreign::scalar(one)) all += (all.empty() ? "" : ",") + *text;
  return all;
}

bool contains(const std::optional<foreign::dom::array>& list, std::string_view text) {
  if (!list) return false;
  for (const auto one : *list)
    if (foreign::scalar(one) == text) return true;
  return false;
}

// An object may be in several zones at once, and an event has one: the one it entered last.
std::string zone_of(const Object& seen) {
  const auto current = foreign::list(seen, "current_zones");
  std::string zone;
  if (const auto entered = foreign::list(seen, "entered_zones"))
    for (const auto one : *entered)
      if (const auto name = foreign::scalar(one); name && contains(current, *name)) zone = *name;
  if (zone.empty() && current)
    for (const auto one : *current) zone = foreign::scalar(one).value_or("");
  return zone;
}

// "John", or ["John", 0.79] with how sure it is.
std::string sub_label(const Object& seen) {
  if (const auto list = foreign::list(seen, "sub_label"))
    for (const auto one : *list) return foreign::scalar(one).value_or("");
  return std::string(foreign::text(seen, "sub_label"));
}

}  // namespace

std::string adapt_frigate_events(const InputRecord& record, std::string& json) {
  foreign::dom::object root;
  if (auto error = foreign::read_object(record, root); !error.empty()) return error;
  const Object seen = foreign::object(root, "after");
  if (!seen || foreign::text(root, "type").empty())
    return "no \"type\" with an \"after\", as Frigate publishes tracked objects";
  if (foreign::flag(seen, "false_positive").value_or(false)) return {};
  const auto camera = foreign::text(seen, "camera");
  if (camera.empty()) return "after.camera is missing";
  auto time_ms = foreign::seconds_time(seen, "frame_time");
  if (!time_ms) time_ms = foreign::seconds_time(seen, "start_time");
  if (!time_ms) return "after.frame_time is missing or no number, expected seconds since 1970";

  json::JsonObject event(json);
  event.field("camera_id", camera);
  event.field("device_time_ms", *time_ms);
  event.field("kind", "object");
  if (const auto label = foreign::text(seen, "label"); !label.empty()) event.field("object_class", label);
  if (const auto id = foreign::text(seen, "id"); !id.empty()) event.field("track_id", id);
  if (const auto score = foreign::number(seen, "score")) event.field("confidence", *score);
  if (const auto zone = zone_of(seen); !zone.empty()) event.field("zone_id", zone);
  if (const auto plate = foreign::text(seen, "recognized_license_plate"); !plate.empty()) event.field("plate", plate);
  foreign::Attributes kept;
  kept.add("type", foreign::text(root, "type"));
  kept.add("zones", joined(foreign::list(seen, "current_zones")));
  kept.add("entered_zones", joined(foreign::list(seen, "entered_zones")));
  kept.add("sub_label", sub_label(seen));
  for (const auto name : {"top_score", "stationary", "has_clip", "has_snapshot", "current_estimated_speed"})
    kept.add(name, seen, name);
  kept.write(event);
  return {};
}

}  // namespace vigia
