// Events with every field set, and ways to have them as bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "schemas/alert_generated.h"
#include "schemas/seal_batch_generated.h"
#include "schemas/trip_batch_generated.h"

namespace vigia::samples {

inline std::unique_ptr<schema::AttributeT> attribute(std::string key, std::string value) {
  auto one = std::make_unique<schema::AttributeT>();
  one->key = std::move(key);
  one->value = std::move(value);
  return one;
}

inline std::unique_ptr<schema::PositionT> position(double lat_deg = -2.189412345678901, double lon_deg = -79.88765) {
  auto one = std::make_unique<schema::PositionT>();
  one->lat_deg = lat_deg;
  one->lon_deg = lon_deg;
  one->speed_kmh = 61.3f;
  one->heading_deg = 270.0f;
  one->accuracy_m = 4.5f;
  return one;
}

inline schema::SealEventT seal() {
  schema::SealEventT event;
  event.seal_id = "EC-004711";
  event.device_time_ms = 1700000000123;
  event.sequence = 4000000000u;
  event.buffered = true;
  event.position = position();
  event.lock = schema::Lock::wrong_unlock;
  event.battery_percent = 81;
  event.conditions = {schema::Condition::jamming, schema::Condition::vibration};
  event.operator_id = "op-7";
  event.provider_id = "satelit";
  event.attributes.push_back(attribute("a", "first"));
  event.attributes.push_back(attribute("b", "se\"cond\n\xC3\xB1"));
  return event;
}

inline constexpr std::string_view seal_json =
    R"({"seal_id":"EC-004711","device_time_ms":1700000000123,"sequence":4000000000,"buffered":true,)"
    R"("position":{"lat_deg":-2.189412345678901,"lon_deg":-79.88765,"speed_kmh":61.3,"heading_deg":270,"accuracy_m":4.5},)"
    R"("lock":"wrong_unlock","battery_percent":81,"conditions":["jamming","vibration"],"operator_id":"op-7",)"
    R"("provider_id":"satelit","attributes":{"a":"first","b":"se\"cond\n)"
    "\xC3\xB1"
    R"("}})";

inline schema::TripEventT trip() {
  schema::TripEventT event;
  event.trip_id = "T-1";
  event.seal_id = "EC-004711";
  event.event_time_ms = 1700000000000;
  event.action = schema::TripAction::authorize_stop;
  event.route_id = "gye-uio";
  event.container_id = "MSKU1234565";
  event.manifest_id = "M1";
  event.transport_document_id = "BL9";
  event.cargo_type = "bananas";
  event.origin_depot_id = "gye";
  event.destination_depot_id = "uio";
  event.concept_ = schema::TripConcept::primary_zone_monitoring;
  event.due_ms = 1700000900000;
  event.from_ms = 0;
  event.until_ms = 1700000500000;
  event.activity = "lunch";
  event.officer_id = "o1";
  event.weight_kg = 20123.25;
  event.zone_id = "z1";
  event.seal_number = "S-9";
  event.attributes.push_back(attribute("k", ""));
  return event;
}

inline constexpr std::string_view trip_json =
    R"({"trip_id":"T-1","seal_id":"EC-004711","event_time_ms":1700000000000,"action":"authorize_stop",)"
    R"("route_id":"gye-uio","container_id":"MSKU1234565","manifest_id":"M1","transport_document_id":"BL9",)"
    R"("cargo_type":"bananas","origin_depot_id":"gye","destination_depot_id":"uio","concept":"primary_zone_monitoring",)"
    R"("due_ms":1700000900000,"from_ms":0,"until_ms":1700000500000,"activity":"lunch","officer_id":"o1",)"
    R"("weight_kg":20123.25,"zone_id":"z1","seal_number":"S-9","attributes":{"k":""}})";

inline schema::AlertT alert() {
  schema::AlertT one;
  one.alert_id = "00112233445566778899aabbccddeeff";
  one.revision = 3;
  one.status = schema::AlertStatus::withdrawn;
  one.kind = "unauthorized_stop";
  one.rule_id = "stop";
  one.rule_hash = "abcd";
  one.severity = schema::Severity::high;
  one.category = schema::Category::attention_major;
  one.subject_type = "seal";
  one.subject_id = "EC-004711";
  one.trip_id = "T-1";
  one.site_id = "gye";
  one.start_ms = 1700000000000;
  one.end_ms = 1700000900000;
  one.position = position(1.5, -80);
  one.detected_ms = 1700000900500;
  one.late_by_ms = 500;
  one.cause = "coverage";
  one.message = "Stopped for 15 min";
  one.evidence.push_back(std::make_unique<schema::EvidenceT>());
  one.evidence.back()->topic = "seal.events";
  one.evidence.back()->partition = 3;
  one.evidence.back()->offset = 123456789012;
  one.attributes.push_back(attribute("zone_id", "z1"));
  one.triage_status = schema::TriageStatus::attended;
  one.triage_revision = 2;
  one.triage_by = "ana";
  one.triage_note = "called";
  return one;
}

inline constexpr std::string_view alert_json =
    R"({"alert_id":"00112233445566778899aabbccddeeff","revision":3,"status":"withdrawn","kind":"unauthorized_stop",)"
    R"("rule_id":"stop","rule_hash":"abcd","severity":"high","category":"attention_major","subject_type":"seal",)"
    R"("subject_id":"EC-004711","trip_id":"T-1","site_id":"gye","start_ms":1700000000000,"end_ms":1700000900000,)"
    R"("position":{"lat_deg":1.5,"lon_deg":-80,"speed_kmh":61.3,"heading_deg":270,"accuracy_m":4.5},)"
    R"("detected_ms":1700000900500,"late_by_ms":500,"cause":"coverage","message":"Stopped for 15 min",)"
    R"("evidence":[{"topic":"seal.events","partition":3,"offset":123456789012}],"attributes":{"zone_id":"z1"},)"
    R"("triage_status":"attended","triage_revision":2,"triage_by":"ana","triage_note":"called"})";

inline std::string bytes_of(const flatbuffers::FlatBufferBuilder& builder) {
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

template <class Event>
std::string bytes_of(const typename Event::NativeTableType& event, const char* identifier = nullptr) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(Event::Pack(builder, &event), identifier);
  return bytes_of(builder);
}

inline std::string bytes_of(const schema::SealEventT& event) {
  return bytes_of<schema::SealEvent>(event, schema::SealEventIdentifier());
}

inline std::string bytes_of(const schema::TripEventT& event) {
  return bytes_of<schema::TripEvent>(event, schema::TripEventIdentifier());
}

inline std::string batch_of(std::size_t size) {
  schema::SealBatchT batch;
  for (std::size_t i = 0; i < size; ++i) {
    batch.events.push_back(std::make_unique<schema::SealEventT>(seal()));
    batch.events.back()->sequence = static_cast<std::uint32_t>(i + 1);
  }
  return bytes_of<schema::SealBatch>(batch, schema::SealBatchIdentifier());
}

}  // namespace vigia::samples
