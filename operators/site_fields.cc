#include "operators/site_fields.h"

#include <fmt/format.h>

#include "schemas/json_object.h"

namespace vigia {
namespace {

// `write` writes the member's fields, into an object that has no members yet.
template <class Write>
void append_member(std::string_view name, std::string& json, Write&& write) {
  json.pop_back();  // the closing brace
  json += fmt::format("{}\"{}\":", json.size() > 1 ? "," : "", name);
  {
    json::JsonObject object(json);
    write(object);
  }
  json += '}';
}

void field(json::JsonObject& object, std::string_view name, const std::string& value) {
  if (!value.empty()) object.field(name, value);
}

}  // namespace

void append_site_fields(const schema::AccessEvent& event, const SiteModel& site, std::string& json) {
  const auto& equipment = site.equipment;
  if (const auto at = equipment.find_door(id_hash(event.door_id()->string_view())); at != Equipment::npos)
    append_member("door", json, [&](json::JsonObject& object) {
      const Door& door = equipment.doors()[at];
      field(object, "site", door.site);
      field(object, "area", door.area);
      field(object, "panel", door.panel);
    });
  if (event.holder_id() == nullptr) return;
  if (const Holder* holder = equipment.find_holder(id_hash(event.holder_id()->string_view())); holder != nullptr)
    append_member("holder", json, [&](json::JsonObject& object) {
      object.field("class", schema::EnumNameHolderClass(holder->holder_class));
    });
}

void append_site_fields(const schema::CameraEvent& event, const SiteModel& site, std::string& json) {
  const auto& equipment = site.equipment;
  const auto at = equipment.find_camera(id_hash(event.camera_id()->string_view()));
  if (at == Equipment::npos) return;
  append_member("camera", json, [&](json::JsonObject& object) {
    const Camera& camera = equipment.cameras()[at];
    field(object, "site", camera.site);
    field(object, "zone", camera.zone);
  });
}

}  // namespace vigia
