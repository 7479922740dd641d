// Traccar's position and event forward in JSON: {"position", "device"} and {"event", "device", "position", ...}.
#include <algorithm>
#include <cmath>

#include "connectors/foreign_json.h"
#include "connectors/formats.h"

namespace vigia {
namespace {

using foreign::Object;

constexpr double kmh_per_knot = 1.852;

// What an alarm says in our words; an empty text says nothing.
struct AlarmMeaning {
  std::string_view alarm, lock, condition;
};
constexpr AlarmMeaning meanings[] = {
    // The gravest state of the lock first: of several alarms in one message that one counts.
    {"removing", "removed", ""},    {"tampering", "tampered", ""},
    {"unlock", "opened", ""},       {"door", "opened", ""},
    {"lock", "closed", ""},         {"lowBattery", "", "low_battery"},
    {"jamming", "", "jamming"},     {"gpsAntennaCut", "", "antenna_cut"},
    {"powerCut", "", "power_cut"},  {"sos", "", "panic"},
    {"vibration", "", "vibration"}, {"shock", "", "vibration"},
};

// Traccar joins the alarms of one message with commas.
bool holds(std::string_view alarms, std::string_view alarm) {
  while (!alarms.empty()) {
    const auto end = std::min(alarms.find(','), alarms.size());
    if (alarms.substr(0, end) == alarm) return true;
    alarms.remove_prefix(std::min(end + 1, alarms.size()));
  }
  return false;
}

std::string_view lock_of(std::string_view alarms, const Object& attributes) {
  for (const AlarmMeaning& one : meanings)
    if (!one.lock.empty() && holds(alarms, one.alarm)) return one.lock;
  if (const auto locked = foreign::flag(attributes, "lock")) return *locked ? "closed" : "opened";
  if (const auto open = foreign::flag(attributes, "door")) return *open ? "opened" : "closed";
  return {};
}

std::string conditions_of(std::string_view alarms) {
  std::string list;
  for (const AlarmMeaning& one : meanings) {
    const std::string quoted = '"' + std::string(one.condition) + '"';
    if (one.condition.empty() || !holds(alarms, one.alarm) || list.find(quoted) != std::string::npos) continue;
    list += list.empty() ? "[" : ",";
    list += quoted;
  }
  return list.empty() ? list : list + ']';
}

void write_fix(const Object& position, json::JsonObject& event) {
  // Without a fix of its own a position repeats the last one, and says so.
  const auto lat = foreign::number(position, "latitude"), lon = foreign::number(position, "longitude");
  if (!lat || !lon || !foreign::flag(position, "valid").value_or(false) ||
      foreign::flag(position, "outdated").value_or(false))
    return;
  auto fix = event.object("position");
  fix.field("lat_deg", *lat);
  fix.field("lon_deg", *lon);
  if (const auto knots = foreign::number(position, "speed"))
    fix.field("speed_kmh", std::round(*knots * kmh_per_knot * 1000) / 1000);
  if (const auto course = foreign::number(position, "course")) fix.field("heading_deg", *course);
  if (const auto accuracy = foreign::number(position, "accuracy"); accuracy && *accuracy > 0)
    fix.field("accuracy_m", *accuracy);
}

// What both forwards say of one message of the device: the same, so that who reads both reads duplicates.
void write_event(std::string_view seal_id, TimeMs time_ms, const Object& position, std::string_view alarms,
                 std::string& json) {
  const Object attributes = foreign::object(position, "attributes");
  json::JsonObject event(json);
  event.field("seal_id", seal_id);
  event.field("device_time_ms", time_ms);
  if (foreign::flag(attributes, "archive").value_or(false)) event.field("buffered", true);
  write_fix(position, event);
  if (const auto lock = lock_of(alarms, attributes); !lock.empty()) event.field("lock", lock);
  if (const auto level = foreign::number(attributes, "batteryLevel"); level && *level >= 0 && *level <= 100)
    event.field("battery_percent", std::llround(*level));
  if (const auto conditions = conditions_of(alarms); !conditions.empty()) event.key("conditions") += conditions;
  if (const auto driver = foreign::text(attributes, "driverUniqueId"); !driver.empty())
    event.field("operator_id", driver);
  foreign::Attributes kept;
  kept.add_all(attributes);
  if (foreign::text(attributes, "alarm").empty()) kept.add("alarm", alarms);
  kept.add("protocol", position, "protocol");
  kept.write(event);
}

}  // namespace

std::string adapt_traccar(const InputRecord& record, std::string& json) {
  foreign::dom::object root;
  if (auto error = foreign::read_object(record, root); !error.empty()) return error;
  const Object device = foreign::object(root, "device");
  const Object event = foreign::object(root, "event");
  const Object position = foreign::object(root, "position");
  if (!device || (!event && !position))
    return "no \"device\" with a \"position\" or an \"event\", as Traccar forwards them";
  const auto seal_id = foreign::text(device, "uniqueId");
  if (seal_id.empty()) return "device.uniqueId is missing";

  auto alarms = foreign::text(foreign::object(position, "attributes"), "alarm");
  if (alarms.empty()) alarms = foreign::text(foreign::object(event, "attributes"), "alarm");
  if (position) {
    auto time_ms = foreign::time(position, "deviceTime");
    if (!time_ms) time_ms = foreign::time(position, "fixTime");
    if (!time_ms)
      return "position.deviceTime is missing or no time, expected one such as 2021-08-11T09:04:07.468+00:00";
    write_event(seal_id, *time_ms, position, alarms, json);
  } else if (!alarms.empty()) {
    const auto time_ms = foreign::time(event, "eventTime");
    if (!time_ms) return "event.eventTime is missing or no time, expected one such as 2021-08-11T09:04:07.468+00:00";
    write_event(seal_id, *time_ms, position, alarms, json);
  }
  return {};  // else it is of Traccar's own making: the device went offline, a command was sent, ...
}

}  // namespace vigia
