// Frigate's MQTT topic PREFIX/reviews: {"type": "new" | "update" | "end", "before": {...}, "after": {...}}, one message
// for each change of a review item, which gathers what was to be seen by one camera for a while.
#include <string>

#include "connectors/foreign_json.h"
#include "connectors/formats.h"

namespace vigia {
namespace {

using foreign::Object;

constexpr std::string_view verified = "-verified";  // behind the class of an object that has been recognised

std::string last_of(const std::optional<foreign::dom::array>& list) {
  std::string last;
  if (list)
    for (const auto one : *list) last = foreign::scalar(one).value_or(last);
  return last;
}

void write_event(std::string_view camera, TimeMs time_ms, std::string_view object, std::string_view type,
                 const Object& item, std::string& json) {
  const Object data = foreign::object(item, "data");
  const bool is_verified = object.ends_with(verified);
  if (is_verified) object.remove_suffix(verified.size());
  json::JsonObject event(json);
  event.field("camera_id", camera);
  event.field("device_time_ms", time_ms);
  event.field("kind", "object");
  event.field("object_class", object);
  event.field("track_id", foreign::text(item, "id"));
  if (const auto zone = last_of(foreign::list(data, "zones")); !zone.empty()) event.field("zone_id", zone);
  if (const auto path = foreign::text(item, "thumb_path"); !path.empty()) event.field("evidence_uri", path);
  foreign::Attributes kept;
  kept.add("type", type);
  kept.add("severity", item, "severity");
  kept.add("sub_label", last_of(foreign::list(data, "sub_labels")));
  if (is_verified) kept.add("verified", "true");
  kept.write(event);
}

}  // namespace

std::string adapt_frigate_reviews(const InputRecord& record, std::string& json) {
  foreign::dom::object root;
  if (auto error = foreign::read_object(record, root); !error.empty()) return error;
  const Object item = foreign::object(root, "after");
  const auto type = foreign::text(root, "type");
  if (!item || type.empty()) return "no \"type\" with an \"after\", as Frigate publishes review items";
  if (type != "new" && type != "update" && type != "end") return {};  // a description written afterwards
  const auto camera = foreign::text(item, "camera");
  if (camera.empty()) return "after.camera is missing";
  // An update does not say when: the record's own time is the nearest to it.
  auto time_ms = std::optional<TimeMs>(record.broker_ms);
  if (type == "new") time_ms = foreign::seconds_time(item, "start_time");
  if (type == "end") time_ms = foreign::seconds_time(item, "end_time");
  if (!time_ms) return "after.start_time or end_time is missing or no number, expected seconds since 1970";
  const auto objects = foreign::list(foreign::object(item, "data"), "objects");
  if (!objects) return {};
  for (const auto object : *objects) {
    const auto name = foreign::scalar(object);
    if (!name || name->empty()) continue;
    json += json.empty() ? R"({"events":[)" : ",";
    write_event(camera, *time_ms, *name, type, item, json);
  }
  if (!json.empty()) json += "]}";
  return {};
}

}  // namespace vigia
