// ONVIF events as JSON over MQTT (ONVIF Core Specification, "MQTT": payload definition onvif-ej): the topic
// PREFIX/onvif-ej/EVENT/TOPIC/&SOURCE/... says what happened, {"UtcTime", "Source": {...}, "Data": {...}} the rest. PREFIX is
// the device's.
#include <algorithm>
#include <array>

#include "connectors/foreign_json.h"
#include "connectors/formats.h"
#include "connectors/mqtt_topic.h"

namespace vigia {
namespace {

using foreign::Object;

constexpr std::string_view marker = "/onvif-ej/";

struct Message {
  std::string_view device;
  std::string topic;  // without namespaces and source values: "RuleEngine/LineDetector/Crossed"
  TimeMs time_ms = 0;
  foreign::dom::object root;
  Object source, data;
};

std::string without_namespaces(std::string_view topic) {
  std::string out;
  while (!topic.empty() && topic.front() != '&') {
    const auto end = std::min(topic.find('/'), topic.size());
    const auto level = topic.substr(0, end);
    if (!out.empty()) out += '/';
    const auto colon = std::find(level.begin(), level.end(), ':');
    out.append(colon == level.end() ? level.begin() : colon + 1, level.end());
    topic.remove_prefix(std::min(end + 1, topic.size()));
  }
  return out;
}

// An item of Source or Data by its name. Some devices write {"SimpleItem": [{"Name": ..., "Value": ...}]}.
std::string item(const Object& section, std::string_view name) {
  if (!section) return {};
  foreign::dom::element value;
  if ((*section)[name].get(value) == simdjson::SUCCESS) return foreign::scalar(value).value_or("");
  if (const auto list = foreign::list(section, "SimpleItem"))
    for (const auto one : *list) {
      foreign::dom::object pair;
      if (one.get(pair) == simdjson::SUCCESS && foreign::text(pair, "Name") == name) return item(pair, "Value");
    }
  return {};
}

std::optional<bool> state(const std::string& value) {
  if (value == "true" || value == "1" || value == "active") return true;
  if (value == "false" || value == "0" || value == "inactive") return false;
  return std::nullopt;
}

// False: there is nothing to tell, or `error` says why it can't be told.
bool read_message(const InputRecord& record, Message& message, std::string& error) {
  const auto topic = mqtt_topic(record);
  const auto at = topic.find(marker);
  if (at == std::string_view::npos || at == 0) {
    error = "no MQTT topic PREFIX/onvif-ej/... in the key, and none in a header mqtt.topic";
    return false;
  }
  if (record.value.empty()) return false;  // a property was deleted: nobody says any more how it is
  error = foreign::read_object(record, message.root);
  if (!error.empty()) return false;
  const auto time_ms = foreign::time(message.root, "UtcTime");
  if (!time_ms) {
    error = "UtcTime is missing or no time, expected one such as 2008-10-10T12:24:57.321Z";
    return false;
  }
  message.device = topic.substr(0, at);
  message.topic = without_namespaces(topic.substr(at + marker.size()));
  message.time_ms = *time_ms;
  message.source = foreign::object(message.root, "Source");
  message.data = foreign::object(message.root, "Data");
  return true;
}

void write_head(const Message& message, std::string_view id_name, std::string_view kind, json::JsonObject& event) {
  event.field(id_name, message.device);
  event.field("device_time_ms", message.time_ms);
  // What comes behind this one comes from the device's memory.
  if (message.topic == "EventBuffer/Begin") event.field("buffered", true);
  event.field("kind", kind);
}

void write_attributes(const Message& message, json::JsonObject& event) {
  foreign::Attributes kept;
  kept.add("topic", message.topic);
  kept.add_all(message.source);
  kept.add_all(message.data);
  kept.write(event);
}

struct State {
  std::string_view topic;  // and what is below it
  std::string_view item, value, kind;
};

bool is_below(std::string_view topic, std::string_view above) {
  return topic.starts_with(above) && (topic.size() == above.size() || topic[above.size()] == '/');
}

// Data items that are true or false, and what that says of a camera.
struct CameraState {
  std::string_view topic, item, when_true, when_false;
};
constexpr CameraState camera_states[] = {
    {"VideoSource/MotionAlarm", "State", "motion_started", "motion_ended"},
    {"RuleEngine/CellMotionDetector/Motion", "IsMotion", "motion_started", "motion_ended"},
    {"RuleEngine/MotionRegionDetector/Motion", "State", "motion_started", "motion_ended"},
    {"VideoSource/SignalLoss", "State", "signal_lost", "signal_restored"},
    {"VideoSource/GlobalSceneChange", "State", "image_degraded", "image_restored"},
    {"VideoSource/ImageTooBlurry", "State", "image_degraded", "image_restored"},
    {"VideoSource/ImageTooDark", "State", "image_degraded", "image_restored"},
    {"VideoSource/ImageTooBright", "State", "image_degraded", "image_restored"},
    {"Device/HardwareFailure/StorageFailure", "Failed", "recorder_failed", "recorder_restored"},
    {"Device/HardwareFailure/PowerSupplyFailure", "Failed", "power_lost", "power_restored"},
};

// Data items with a word, and what it says of a door; without an item: that the event came.
constexpr State door_states[] = {
    {"Door/State/DoorPhysicalState", "State", "Open", "door_opened"},
    {"Door/State/DoorPhysicalState", "State", "Closed", "door_closed"},
    {"Door/State/DoorTamper", "State", "TamperDetected", "tamper"},
    {"Door/State/DoorTamper", "State", "NotInTamper", "tamper_cleared"},
    {"AccessControl/AccessGranted", "", "", "badge_granted"},
    {"AccessControl/Denied", "", "", "badge_denied"},
    {"AccessControl/Duress", "", "", "duress"},
    {"EventBuffer/Begin", "", "", "heartbeat"},
};

std::string_view camera_kind(const Message& message) {
  if (message.topic == "EventBuffer/Begin") return "heartbeat";
  for (const CameraState& one : camera_states) {
    if (!is_below(message.topic, one.topic)) continue;
    const auto is_so = state(item(message.data, one.item));
    return !is_so ? std::string_view() : *is_so ? one.when_true : one.when_false;
  }
  // A rule about an object. What it says when the object has gone is no sighting.
  if (item(message.data, "ObjectId").empty()) return {};
  for (const auto name : {"IsInside", "State"})
    if (state(item(message.data, name)) == false) return {};
  return "object";
}

std::string_view door_kind(const Message& message) {
  for (const State& one : door_states)
    if (is_below(message.topic, one.topic) && (one.item.empty() || item(message.data, one.item) == one.value))
      return one.kind;
  return {};
}

void add(json::JsonObject& event, std::string_view name, const std::string& text) {
  if (!text.empty()) event.field(name, text);
}

}  // namespace

std::string adapt_onvif_camera(const InputRecord& record, std::string& json) {
  Message message;
  std::string error;
  if (!read_message(record, message, error)) return error;
  const auto kind = camera_kind(message);
  if (kind.empty()) return {};
  json::JsonObject event(json);
  write_head(message, "camera_id", kind, event);
  if (kind == "object") {
    add(event, "track_id", item(message.data, "ObjectId"));
    const auto rule = item(message.source, "Rule");
    add(event, "zone_id", rule.empty() ? item(message.source, "RuleName") : rule);
  }
  write_attributes(message, event);
  return {};
}

std::string adapt_onvif_access(const InputRecord& record, std::string& json) {
  Message message;
  std::string error;
  if (!read_message(record, message, error)) return error;
  const auto kind = door_kind(message);
  if (kind.empty()) return {};
  json::JsonObject event(json);
  write_head(message, "door_id", kind, event);
  add(event, "holder_id", item(message.data, "CredentialHolderName"));
  add(event, "credential_id", item(message.data, "CredentialToken"));
  if (kind == "badge_denied") add(event, "reason", item(message.data, "Reason"));
  write_attributes(message, event);
  return {};
}

}  // namespace vigia
