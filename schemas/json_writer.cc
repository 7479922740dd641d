#include "schemas/json_writer.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "schemas/enum_names.h"

namespace vigia::json {
namespace {

using schema::name_of;

void text(JsonObject& object, std::string_view name, const flatbuffers::String* value) {
  if (value && value->size() > 0) object.field(name, value->string_view());
}

void text(JsonObject& object, std::string_view name, std::string_view value) {
  if (!value.empty()) object.field(name, value);
}

template <class T>
void optional(JsonObject& object, std::string_view name, const flatbuffers::Optional<T>& value) {
  if (value) object.field(name, *value);
}

// An enumerator other than its default 0; a value that this version does not know counts as unknown.
template <schema::SchemaEnum E>
void enumerator(JsonObject& object, std::string_view name, E value) {
  if (schema::is_known(value) && value != E{}) object.field(name, name_of(value));
}

using AttributeViews = std::vector<std::pair<std::string_view, std::string_view>>;

// Sorted by key; of two with one key the later counts.
void attributes(JsonObject& object, AttributeViews& views) {
  if (views.empty()) return;
  std::stable_sort(views.begin(), views.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string& out = object.key("attributes");
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (i + 1 < views.size() && views[i + 1].first == views[i].first) continue;
    if (!first) out += ',';
    first = false;
    append_json_string(views[i].first, out);
    out += ':';
    append_json_string(views[i].second, out);
  }
  out += '}';
}

void attributes(JsonObject& object, const flatbuffers::Vector<flatbuffers::Offset<schema::Attribute>>* list) {
  if (!list || list->size() == 0) return;
  AttributeViews views;
  views.reserve(list->size());
  for (const schema::Attribute* one : *list) {
    views.emplace_back(one->key()->string_view(), one->value() ? one->value()->string_view() : std::string_view());
  }
  attributes(object, views);
}

void position(JsonObject& object, const schema::Position* value) {
  if (!value) return;
  JsonObject inner = object.object("position");
  inner.field("lat_deg", value->lat_deg());
  inner.field("lon_deg", value->lon_deg());
  optional(inner, "speed_kmh", value->speed_kmh());
  optional(inner, "heading_deg", value->heading_deg());
  optional(inner, "accuracy_m", value->accuracy_m());
}

void position(JsonObject& object, const schema::PositionT* value) {
  if (!value) return;
  JsonObject inner = object.object("position");
  inner.field("lat_deg", value->lat_deg);
  inner.field("lon_deg", value->lon_deg);
  optional(inner, "speed_kmh", value->speed_kmh);
  optional(inner, "heading_deg", value->heading_deg);
  optional(inner, "accuracy_m", value->accuracy_m);
}

void conditions(JsonObject& object, const flatbuffers::Vector<schema::Condition>* list) {
  if (!list || std::none_of(list->begin(), list->end(), [](auto c) { return schema::is_known(c); })) return;
  std::string& out = object.key("conditions");
  char separator = '[';
  for (const schema::Condition condition : *list) {
    if (!schema::is_known(condition)) continue;
    out += separator;
    append_json_string(name_of(condition), out);
    separator = ',';
  }
  out += ']';
}

enum class Form { plain, canonical };

void append(const schema::SealEvent& event, Form form, std::string& out) {
  JsonObject object(out);
  text(object, "seal_id", event.seal_id());
  if (event.device_time_ms() != 0) object.field("device_time_ms", event.device_time_ms());
  if (event.sequence() != 0) object.field("sequence", event.sequence());
  if (event.buffered() && form == Form::plain) object.field("buffered", true);
  position(object, event.position());
  enumerator(object, "lock", event.lock());
  if (event.battery_percent() != 255) object.field("battery_percent", event.battery_percent());
  conditions(object, event.conditions());
  text(object, "operator_id", event.operator_id());
  text(object, "provider_id", event.provider_id());
  attributes(object, event.attributes());
}

void append(const schema::TripEvent& event, std::string& out) {
  JsonObject object(out);
  text(object, "trip_id", event.trip_id());
  text(object, "seal_id", event.seal_id());
  if (event.event_time_ms() != 0) object.field("event_time_ms", event.event_time_ms());
  enumerator(object, "action", event.action());
  text(object, "route_id", event.route_id());
  text(object, "container_id", event.container_id());
  text(object, "manifest_id", event.manifest_id());
  text(object, "transport_document_id", event.transport_document_id());
  text(object, "cargo_type", event.cargo_type());
  text(object, "origin_depot_id", event.origin_depot_id());
  text(object, "destination_depot_id", event.destination_depot_id());
  enumerator(object, "concept", event.concept_());
  optional(object, "due_ms", event.due_ms());
  optional(object, "from_ms", event.from_ms());
  optional(object, "until_ms", event.until_ms());
  text(object, "activity", event.activity());
  text(object, "officer_id", event.officer_id());
  optional(object, "weight_kg", event.weight_kg());
  text(object, "zone_id", event.zone_id());
  text(object, "seal_number", event.seal_number());
  attributes(object, event.attributes());
}

void append(const schema::AccessEvent& event, Form form, std::string& out) {
  JsonObject object(out);
  text(object, "door_id", event.door_id());
  if (event.device_time_ms() != 0) object.field("device_time_ms", event.device_time_ms());
  if (event.sequence() != 0) object.field("sequence", event.sequence());
  if (event.buffered() && form == Form::plain) object.field("buffered", true);
  enumerator(object, "kind", event.kind());
  text(object, "holder_id", event.holder_id());
  text(object, "credential_id", event.credential_id());
  enumerator(object, "holder_class", event.holder_class());
  enumerator(object, "direction", event.direction());
  text(object, "escort_id", event.escort_id());
  text(object, "reason", event.reason());
  text(object, "path", event.path());
  attributes(object, event.attributes());
}

void append(const schema::CameraEvent& event, Form form, std::string& out) {
  JsonObject object(out);
  text(object, "camera_id", event.camera_id());
  if (event.device_time_ms() != 0) object.field("device_time_ms", event.device_time_ms());
  if (event.sequence() != 0) object.field("sequence", event.sequence());
  if (event.buffered() && form == Form::plain) object.field("buffered", true);
  enumerator(object, "kind", event.kind());
  text(object, "object_class", event.object_class());
  text(object, "track_id", event.track_id());
  optional(object, "count", event.count());
  optional(object, "confidence", event.confidence());
  text(object, "zone_id", event.zone_id());
  text(object, "plate", event.plate());
  text(object, "evidence_uri", event.evidence_uri());
  attributes(object, event.attributes());
}

void evidence(JsonObject& object, const std::vector<std::unique_ptr<schema::EvidenceT>>& list) {
  if (list.empty()) return;
  std::string& out = object.key("evidence");
  char separator = '[';
  for (const auto& one : list) {
    out += separator;
    separator = ',';
    JsonObject inner(out);
    inner.field("topic", one->topic);
    inner.field("partition", one->partition);
    inner.field("offset", one->offset);
  }
  out += ']';
}

void triage(JsonObject& object, const schema::AlertT& alert) {
  enumerator(object, "triage_status", alert.triage_status);
  if (alert.triage_revision != 0) object.field("triage_revision", alert.triage_revision);
  text(object, "triage_by", alert.triage_by);
  text(object, "triage_note", alert.triage_note);
  if (alert.triage_ms != 0) object.field("triage_ms", alert.triage_ms);
}

template <class Event>
void append_packed(const typename Event::NativeTableType& event, std::string& out) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(Event::Pack(builder, &event));
  append_json(*flatbuffers::GetRoot<Event>(builder.GetBufferPointer()), out);
}

}  // namespace

void append_json(const schema::SealEvent& event, std::string& out) { append(event, Form::plain, out); }
void append_json(const schema::TripEvent& event, std::string& out) { append(event, out); }
void append_json(const schema::AccessEvent& event, std::string& out) { append(event, Form::plain, out); }
void append_json(const schema::CameraEvent& event, std::string& out) { append(event, Form::plain, out); }
void append_json(const schema::SealEventT& event, std::string& out) { append_packed<schema::SealEvent>(event, out); }
void append_json(const schema::TripEventT& event, std::string& out) { append_packed<schema::TripEvent>(event, out); }

void append_json(const schema::AccessEventT& event, std::string& out) {
  append_packed<schema::AccessEvent>(event, out);
}
void append_json(const schema::CameraEventT& event, std::string& out) {
  append_packed<schema::CameraEvent>(event, out);
}

void append_json(const schema::AlertT& alert, std::string& out) {
  JsonObject object(out);
  object.field("alert_id", alert.alert_id);
  object.field("revision", alert.revision);
  object.field("status", name_of(alert.status));
  object.field("kind", alert.kind);
  object.field("rule_id", alert.rule_id);
  text(object, "rule_hash", alert.rule_hash);
  object.field("severity", name_of(alert.severity));
  object.field("category", name_of(alert.category));
  text(object, "subject_type", alert.subject_type);
  object.field("subject_id", alert.subject_id);
  text(object, "trip_id", alert.trip_id);
  text(object, "site_id", alert.site_id);
  object.field("start_ms", alert.start_ms);
  object.field("end_ms", alert.end_ms);
  position(object, alert.position.get());
  object.field("detected_ms", alert.detected_ms);
  object.field("late_by_ms", alert.late_by_ms);
  text(object, "cause", alert.cause);
  text(object, "message", alert.message);
  evidence(object, alert.evidence);
  AttributeViews views;
  for (const auto& one : alert.attributes) views.emplace_back(one->key, one->value);
  attributes(object, views);
  triage(object, alert);
}

void append_json(const schema::Alert& alert, std::string& out) {
  schema::AlertT unpacked;
  alert.UnPackTo(&unpacked);
  append_json(unpacked, out);
}

void append_json(const schema::CommandReplyT& reply, std::string& out) {
  JsonObject object(out);
  object.field("alert_id", reply.alert_id);
  object.field("action", schema::name_of(reply.action));
  text(object, "by", reply.by);
  text(object, "note", reply.note);
  object.field("event_time_ms", reply.event_time_ms);
  object.field("result", schema::name_of(reply.result));
  text(object, "reason", reply.reason);
  object.field("triage_status", schema::name_of(reply.triage_status));
  object.field("triage_revision", reply.triage_revision);
  if (!reply.evidence) return;
  JsonObject place = object.object("evidence");
  place.field("topic", reply.evidence->topic);
  place.field("partition", reply.evidence->partition);
  place.field("offset", reply.evidence->offset);
}

void append_canonical(const schema::SealEvent& event, std::string& out) { append(event, Form::canonical, out); }
void append_canonical(const schema::TripEvent& event, std::string& out) { append(event, out); }
void append_canonical(const schema::AccessEvent& event, std::string& out) { append(event, Form::canonical, out); }
void append_canonical(const schema::CameraEvent& event, std::string& out) { append(event, Form::canonical, out); }

}  // namespace vigia::json
