// Which members each kind of event has.
#include "schemas/json_fields.h"
#include "schemas/verify.h"

namespace vigia::json {
namespace {

// The values of an event are checked once, in the form that both formats share.
template <class Event>
flatbuffers::Offset<Event> checked(flatbuffers::Offset<Event> event, Findings& findings,
                                   flatbuffers::FlatBufferBuilder& out) {
  findings.error = schema::check(*flatbuffers::GetTemporaryPointer(out, event));
  return findings.error.empty() ? event : flatbuffers::Offset<Event>();
}

struct SealFields {
  std::string_view seal_id;
  std::int64_t device_time_ms = 0;
  std::uint32_t sequence = 0;
  bool buffered = false;
  std::optional<PositionFields> position;
  schema::Lock lock = schema::Lock::unknown;
  std::uint8_t battery_percent = 255;
  std::vector<schema::Condition> conditions;
  std::string_view operator_id, provider_id;
  Attributes attributes;

  bool take(Field& field) {
    return field("seal_id", seal_id) || field("device_time_ms", device_time_ms) || field("sequence", sequence) ||
           field("buffered", buffered) || field("position", position) || field("lock", lock) ||
           field("battery_percent", battery_percent) || field("conditions", conditions) ||
           field("operator_id", operator_id) || field("provider_id", provider_id) || field("attributes", attributes);
  }
};

struct TripFields {
  std::string_view trip_id, seal_id;
  std::int64_t event_time_ms = 0;
  schema::TripAction action = schema::TripAction::unknown;
  std::string_view route_id, container_id, manifest_id, transport_document_id, cargo_type;
  std::string_view origin_depot_id, destination_depot_id;
  schema::TripConcept trip_concept = schema::TripConcept::unknown;
  flatbuffers::Optional<std::int64_t> due_ms, from_ms, until_ms;
  std::string_view activity, officer_id;
  flatbuffers::Optional<double> weight_kg;
  std::string_view zone_id, seal_number;
  Attributes attributes;

  bool take(Field& field) {
    return field("trip_id", trip_id) || field("seal_id", seal_id) || field("event_time_ms", event_time_ms) ||
           field("action", action) || field("route_id", route_id) || field("container_id", container_id) ||
           field("manifest_id", manifest_id) || field("transport_document_id", transport_document_id) ||
           field("cargo_type", cargo_type) || field("origin_depot_id", origin_depot_id) ||
           field("destination_depot_id", destination_depot_id) || field("concept", trip_concept) ||
           field("due_ms", due_ms) || field("from_ms", from_ms) || field("until_ms", until_ms) ||
           field("activity", activity) || field("officer_id", officer_id) || field("weight_kg", weight_kg) ||
           field("zone_id", zone_id) || field("seal_number", seal_number) || field("attributes", attributes);
  }
};

struct AccessFields {
  std::string_view door_id;
  std::int64_t device_time_ms = 0;
  std::uint32_t sequence = 0;
  bool buffered = false;
  schema::AccessKind kind = schema::AccessKind::unknown;
  std::string_view holder_id, credential_id;
  schema::HolderClass holder_class = schema::HolderClass::unknown;
  schema::Direction direction = schema::Direction::unknown;
  std::string_view escort_id, reason, path;
  Attributes attributes;

  bool take(Field& field) {
    return field("door_id", door_id) || field("device_time_ms", device_time_ms) || field("sequence", sequence) ||
           field("buffered", buffered) || field("kind", kind) || field("holder_id", holder_id) ||
           field("credential_id", credential_id) || field("holder_class", holder_class) ||
           field("direction", direction) || field("escort_id", escort_id) || field("reason", reason) ||
           field("path", path) || field("attributes", attributes);
  }
};

struct CameraFields {
  std::string_view camera_id;
  std::int64_t device_time_ms = 0;
  std::uint32_t sequence = 0;
  bool buffered = false;
  schema::CameraKind kind = schema::CameraKind::unknown;
  std::string_view object_class, track_id;
  flatbuffers::Optional<std::uint32_t> count;
  flatbuffers::Optional<double> confidence;
  std::string_view zone_id, plate, evidence_uri;
  Attributes attributes;

  bool take(Field& field) {
    return field("camera_id", camera_id) || field("device_time_ms", device_time_ms) || field("sequence", sequence) ||
           field("buffered", buffered) || field("kind", kind) || field("object_class", object_class) ||
           field("track_id", track_id) || field("count", count) || field("confidence", confidence) ||
           field("zone_id", zone_id) || field("plate", plate) || field("evidence_uri", evidence_uri) ||
           field("attributes", attributes);
  }
};

}  // namespace

flatbuffers::Offset<schema::SealEvent> read_seal_event(dom::object object, Findings& findings,
                                                       flatbuffers::FlatBufferBuilder& out) {
  SealFields f;
  for_each_field(object, "", findings, [&](Field& field) { return f.take(field); });
  if (f.seal_id.empty()) findings.complain("seal_id is missing");
  if (!findings.error.empty()) return {};
  const auto seal_id = build(f.seal_id, out);
  const auto position = build(f.position, out);
  const auto conditions = f.conditions.empty() ? flatbuffers::Offset<flatbuffers::Vector<schema::Condition>>()
                                               : out.CreateVector(f.conditions);
  const auto operator_id = build(f.operator_id, out);
  const auto provider_id = build(f.provider_id, out);
  const auto attributes = build(f.attributes, out);
  return checked(schema::CreateSealEvent(out, seal_id, f.device_time_ms, f.sequence, f.buffered, position, f.lock,
                                         f.battery_percent, conditions, operator_id, provider_id, attributes),
                 findings, out);
}

flatbuffers::Offset<schema::TripEvent> read_trip_event(dom::object object, Findings& findings,
                                                       flatbuffers::FlatBufferBuilder& out) {
  TripFields f;
  for_each_field(object, "", findings, [&](Field& field) { return f.take(field); });
  if (f.trip_id.empty()) findings.complain("trip_id is missing");
  if (f.seal_id.empty()) findings.complain("seal_id is missing");
  if (!findings.error.empty()) return {};
  const auto text = [&](std::string_view value) { return build(value, out); };
  const auto trip_id = text(f.trip_id), seal_id = text(f.seal_id), route_id = text(f.route_id);
  const auto container_id = text(f.container_id), manifest_id = text(f.manifest_id);
  const auto transport_document_id = text(f.transport_document_id), cargo_type = text(f.cargo_type);
  const auto origin_depot_id = text(f.origin_depot_id), destination_depot_id = text(f.destination_depot_id);
  const auto activity = text(f.activity), officer_id = text(f.officer_id);
  const auto zone_id = text(f.zone_id), seal_number = text(f.seal_number);
  const auto attributes = build(f.attributes, out);
  return checked(schema::CreateTripEvent(out, trip_id, seal_id, f.event_time_ms, f.action, route_id, container_id,
                                         manifest_id, transport_document_id, cargo_type, origin_depot_id,
                                         destination_depot_id, f.trip_concept, f.due_ms, f.from_ms, f.until_ms,
                                         activity, officer_id, f.weight_kg, zone_id, seal_number, attributes),
                 findings, out);
}

flatbuffers::Offset<schema::AccessEvent> read_access_event(dom::object object, Findings& findings,
                                                           flatbuffers::FlatBufferBuilder& out) {
  AccessFields f;
  for_each_field(object, "", findings, [&](Field& field) { return f.take(field); });
  if (f.door_id.empty()) findings.complain("door_id is missing");
  if (!findings.error.empty()) return {};
  const auto text = [&](std::string_view value) { return build(value, out); };
  const auto door_id = text(f.door_id), holder_id = text(f.holder_id), credential_id = text(f.credential_id);
  const auto escort_id = text(f.escort_id), reason = text(f.reason), path = text(f.path);
  const auto attributes = build(f.attributes, out);
  return checked(
      schema::CreateAccessEvent(out, door_id, f.device_time_ms, f.sequence, f.buffered, f.kind, holder_id,
                                credential_id, f.holder_class, f.direction, escort_id, reason, path, attributes),
      findings, out);
}

flatbuffers::Offset<schema::CameraEvent> read_camera_event(dom::object object, Findings& findings,
                                                           flatbuffers::FlatBufferBuilder& out) {
  CameraFields f;
  for_each_field(object, "", findings, [&](Field& field) { return f.take(field); });
  if (f.camera_id.empty()) findings.complain("camera_id is missing");
  if (!findings.error.empty()) return {};
  const auto text = [&](std::string_view value) { return build(value, out); };
  const auto camera_id = text(f.camera_id), object_class = text(f.object_class), track_id = text(f.track_id);
  const auto zone_id = text(f.zone_id), plate = text(f.plate), evidence_uri = text(f.evidence_uri);
  const auto attributes = build(f.attributes, out);
  return checked(
      schema::CreateCameraEvent(out, camera_id, f.device_time_ms, f.sequence, f.buffered, f.kind, object_class,
                                track_id, f.count, f.confidence, zone_id, plate, evidence_uri, attributes),
      findings, out);
}

}  // namespace vigia::json
