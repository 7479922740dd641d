// Records as JSON: compact, field names and enumerators of the schemas, fields in their order, attributes sorted by key.
// All functions append to `out` and may run concurrently.
#pragma once

#include <string>

#include "schemas/access_event_generated.h"
#include "schemas/alert_generated.h"
#include "schemas/camera_event_generated.h"
#include "schemas/command_reply_generated.h"
#include "schemas/json_object.h"
#include "schemas/seal_event_generated.h"
#include "schemas/trip_event_generated.h"

namespace vigia::json {

// Fields that have their default are left out; position.lat_deg and lon_deg never are. REQUIRES: a verified event.
void append_json(const schema::SealEvent& event, std::string& out);
void append_json(const schema::TripEvent& event, std::string& out);
void append_json(const schema::AccessEvent& event, std::string& out);
void append_json(const schema::CameraEvent& event, std::string& out);

// The same for events in their object form.
void append_json(const schema::SealEventT& event, std::string& out);
void append_json(const schema::TripEventT& event, std::string& out);
void append_json(const schema::AccessEventT& event, std::string& out);
void append_json(const schema::CameraEventT& event, std::string& out);

// Always written: alert_id, revision, status, kind, rule_id, severity, category, subject_id, start_ms, end_ms,
// detected_ms, late_by_ms. Empty texts and lists, and triage fields with their default, are left out.
void append_json(const schema::AlertT& alert, std::string& out);
void append_json(const schema::Alert& alert, std::string& out);

// Empty texts are left out.
void append_json(const schema::CommandReplyT& reply, std::string& out);

// What decides between two events that are equal in time, sequence, stream and device, and what makes two events without
// a sequence the same: the JSON form without `buffered`. It does not depend on the format the event came in, on the order
// of its attributes, or on which values a newer producer knows.
void append_canonical(const schema::SealEvent& event, std::string& out);
void append_canonical(const schema::TripEvent& event, std::string& out);
void append_canonical(const schema::AccessEvent& event, std::string& out);
void append_canonical(const schema::CameraEvent& event, std::string& out);
template <class Event>
[[nodiscard]] std::string canonical(const Event& event) {
  std::string out;
  append_canonical(event, out);
  return out;
}

}  // namespace vigia::json
