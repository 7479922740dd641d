// The checks on values, the same for both formats. Every event passes here: the good path is a chain of comparisons that
// allocates nothing, and the complaints are kept out of its way.
#include <fmt/format.h>

#include <cmath>

#include "schemas/utf8.h"
#include "schemas/verify.h"

namespace vigia::schema {
namespace {

// Each test below says whether its value is good, and if not, why.
using Reason = std::string;

[[gnu::noinline]] bool bad_text(const char* name, std::string_view text, std::size_t bytes_max, Reason& why) {
  if (text.empty()) {
    why = fmt::format("{} is missing", name);
  } else if (text.size() > bytes_max) {
    why = fmt::format("{} is {} bytes long, expected at most {}", name, text.size(), bytes_max);
  } else {
    why = fmt::format("{} is not valid UTF-8", name);
  }
  return false;
}

[[gnu::noinline]] bool bad_time(const char* name, std::int64_t time_ms, Reason& why) {
  if (time_ms == 0) {
    why = fmt::format("{} is missing", name);
  } else if (time_ms < 0) {
    why = fmt::format("{} is {}, expected milliseconds since 1970, not negative", name, time_ms);
  } else {
    why = fmt::format("{} is {}, expected a time before the year 10000", name, time_ms);
  }
  return false;
}

[[gnu::noinline]] bool bad_degrees(const char* name, double degrees, int limit, Reason& why) {
  why = fmt::format("{} is {}, expected {} to {}", name, degrees, -limit, limit);
  return false;
}

[[gnu::noinline]] bool bad_number(const char* name, double value, Reason& why) {
  why = fmt::format("{} is {}, expected a finite number", name, value);
  return false;
}

bool text(const char* name, const flatbuffers::String* value, Reason& why, std::size_t bytes_max = max_id_bytes) {
  if (!value || value->size() == 0) return true;
  const std::string_view bytes = value->string_view();
  return (bytes.size() <= bytes_max && is_utf8(bytes)) || bad_text(name, bytes, bytes_max, why);
}

bool required_text(const char* name, const flatbuffers::String* value, Reason& why) {
  return value && value->size() > 0 ? text(name, value, why) : bad_text(name, {}, max_id_bytes, why);
}

bool time(const char* name, std::int64_t time_ms, Reason& why) {
  return (time_ms >= 0 && time_ms <= last_time_ms) || bad_time(name, time_ms, why);
}

bool required_time(const char* name, std::int64_t time_ms, Reason& why) {
  return time_ms == 0 ? bad_time(name, time_ms, why) : time(name, time_ms, why);
}

// NaN fails every comparison, so it is out of range.
bool degrees(const char* name, double value, int limit, Reason& why) {
  return (value >= -limit && value <= limit) || bad_degrees(name, value, limit, why);
}

template <class Real>
bool number(const char* name, const flatbuffers::Optional<Real>& value, Reason& why) {
  return !value || std::isfinite(*value) || bad_number(name, *value, why);
}

bool position(const Position* fix, Reason& why) {
  return !fix || (degrees("position.lat_deg", fix->lat_deg(), 90, why) &&
                  degrees("position.lon_deg", fix->lon_deg(), 180, why) &&
                  number("position.speed_kmh", fix->speed_kmh(), why) &&
                  number("position.heading_deg", fix->heading_deg(), why) &&
                  number("position.accuracy_m", fix->accuracy_m(), why));
}

bool attributes(const flatbuffers::Vector<flatbuffers::Offset<Attribute>>* list, Reason& why) {
  if (!list) return true;
  for (const Attribute* one : *list) {
    if (!text("a key in attributes", one->key(), why)) return false;
    if (!text("a value in attributes", one->value(), why, max_attribute_bytes)) return false;
  }
  return true;
}

bool good(const SealEvent& event, Reason& why) {
  return required_text("seal_id", event.seal_id(), why) &&
         required_time("device_time_ms", event.device_time_ms(), why) && position(event.position(), why) &&
         text("operator_id", event.operator_id(), why) && text("provider_id", event.provider_id(), why) &&
         attributes(event.attributes(), why);
}

bool good(const TripEvent& event, Reason& why) {
  return required_text("trip_id", event.trip_id(), why) && required_text("seal_id", event.seal_id(), why) &&
         required_time("event_time_ms", event.event_time_ms(), why) && text("route_id", event.route_id(), why) &&
         text("container_id", event.container_id(), why) && text("manifest_id", event.manifest_id(), why) &&
         text("transport_document_id", event.transport_document_id(), why) &&
         text("cargo_type", event.cargo_type(), why) && text("origin_depot_id", event.origin_depot_id(), why) &&
         text("destination_depot_id", event.destination_depot_id(), why) &&
         time("due_ms", event.due_ms().value_or(0), why) && time("from_ms", event.from_ms().value_or(0), why) &&
         time("until_ms", event.until_ms().value_or(0), why) && text("activity", event.activity(), why) &&
         text("officer_id", event.officer_id(), why) && number("weight_kg", event.weight_kg(), why) &&
         text("zone_id", event.zone_id(), why) && text("seal_number", event.seal_number(), why) &&
         attributes(event.attributes(), why);
}

bool good(const AccessEvent& event, Reason& why) {
  return required_text("door_id", event.door_id(), why) &&
         required_time("device_time_ms", event.device_time_ms(), why) && text("holder_id", event.holder_id(), why) &&
         text("credential_id", event.credential_id(), why) && text("escort_id", event.escort_id(), why) &&
         text("reason", event.reason(), why) && text("path", event.path(), why) && attributes(event.attributes(), why);
}

bool good(const CameraEvent& event, Reason& why) {
  return required_text("camera_id", event.camera_id(), why) &&
         required_time("device_time_ms", event.device_time_ms(), why) &&
         text("object_class", event.object_class(), why) && text("track_id", event.track_id(), why) &&
         number("confidence", event.confidence(), why) && text("zone_id", event.zone_id(), why) &&
         text("plate", event.plate(), why) && text("evidence_uri", event.evidence_uri(), why, max_attribute_bytes) &&
         attributes(event.attributes(), why);
}

template <class Event>
std::string reason_of(const Event& event) {
  std::string why;
  static_cast<void>(good(event, why));
  return why;
}

}  // namespace

std::string check(const SealEvent& event) { return reason_of(event); }
std::string check(const TripEvent& event) { return reason_of(event); }
std::string check(const AccessEvent& event) { return reason_of(event); }
std::string check(const CameraEvent& event) { return reason_of(event); }

}  // namespace vigia::schema
