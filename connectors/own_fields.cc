#include "connectors/own_fields.h"

#include <flatbuffers/reflection_generated.h>

#include <algorithm>
#include <functional>

#include <reflection/access_event_bfbs_generated.h>
#include <reflection/alert_bfbs_generated.h>
#include <reflection/camera_event_bfbs_generated.h>
#include <reflection/seal_event_bfbs_generated.h>
#include <reflection/trip_event_bfbs_generated.h>

namespace vigia {
namespace {

struct Service {
  std::string_view name;
  const std::uint8_t* (*schema)();
  std::vector<std::string_view> of_site;  // what operators/site_fields.cc adds
};

const std::vector<Service>& services() {
  static const std::vector<Service> all = {
      {"seal", schema::SealEventBinarySchema::data, {}},
      {"trip", schema::TripEventBinarySchema::data, {}},
      {"access", schema::AccessEventBinarySchema::data, {"door.site", "door.area", "door.panel", "holder.class"}},
      {"camera", schema::CameraEventBinarySchema::data, {"camera.site", "camera.zone"}},
      {"alert", schema::AlertBinarySchema::data, {}}};
  return all;
}

const Service& service_of(std::string_view name) { return *std::ranges::find(services(), name, &Service::name); }

bool is_map(const reflection::Object& table) {  // a list of Attribute is an object in JSON, with any names
  return table.name()->string_view().ends_with(".Attribute");
}

// Calls `found(path, type, is_map)` for each field of the table and of those below it.
using Found = std::function<void(const std::string& path, const reflection::Type& type, bool is_map)>;

void walk(const reflection::Schema& schema, const reflection::Object& table, const std::string& above,
          const Found& found) {
  for (const reflection::Field* field : *table.fields()) {
    const std::string path = above + field->name()->str();
    const reflection::Type& type = *field->type();
    const auto base = type.base_type() == reflection::Vector ? type.element() : type.base_type();
    if (base != reflection::Obj) {
      found(path, type, false);
      continue;
    }
    const reflection::Object& below = *schema.objects()->Get(static_cast<std::uint32_t>(type.index()));
    found(path, type, is_map(below));
    if (!is_map(below)) walk(schema, below, path + ".", found);
  }
}

void walk(const Service& service, const Found& found) {
  const reflection::Schema& schema = *reflection::GetSchema(service.schema());
  walk(schema, *schema.root_table(), "", found);
}

std::vector<std::string> enumerators_of(const reflection::Schema& schema, const reflection::Type& type) {
  std::vector<std::string> names;
  const auto base = type.base_type() == reflection::Vector ? type.element() : type.base_type();
  const bool is_whole = base >= reflection::Byte && base <= reflection::ULong;
  if (!is_whole || type.index() < 0) return names;
  for (const reflection::EnumVal* value : *schema.enums()->Get(static_cast<std::uint32_t>(type.index()))->values())
    names.push_back(value->name()->str());
  return names;
}

}  // namespace

OwnField find_own_field(std::string_view name, std::string_view path) {
  const Service& service = service_of(name);
  OwnField out;
  out.is_known = std::ranges::any_of(service.of_site, [&](std::string_view field) {
    return field == path || (field.starts_with(path) && field[path.size()] == '.');
  });
  walk(service, [&](const std::string& field, const reflection::Type& type, bool is_map) {
    if (field == path) {
      out.is_known = true;
      out.enumerators = enumerators_of(*reflection::GetSchema(service.schema()), type);
    } else if (is_map && path.starts_with(field + ".")) {
      out.is_known = true;
    }
  });
  return out;
}

std::vector<std::string> own_fields(std::string_view name) {
  const Service& service = service_of(name);
  std::vector<std::string> names(service.of_site.begin(), service.of_site.end());
  walk(service, [&](const std::string& field, const reflection::Type&, bool) { names.push_back(field); });
  return names;
}

}  // namespace vigia
