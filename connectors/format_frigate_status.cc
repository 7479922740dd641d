// What Frigate says of its cameras and itself, one word a message: PREFIX/available, PREFIX/CAMERA/status/ROLE and
// PREFIX/CAMERA/motion. The MQTT topic says what it is about, the record's timestamp when it was.
#include <fmt/format.h>

#include <vector>

#include "connectors/formats.h"
#include "connectors/mqtt_topic.h"
#include "schemas/json_object.h"

namespace vigia {
namespace {

std::vector<std::string_view> levels_of(std::string_view topic) {
  std::vector<std::string_view> levels;
  for (std::size_t begin = 0; begin <= topic.size();) {
    const auto end = std::min(topic.find('/', begin), topic.size());
    levels.push_back(topic.substr(begin, end - begin));
    begin = end + 1;
  }
  return levels;
}

struct Meaning {
  std::string_view about, word, kind;
};
constexpr Meaning meanings[] = {
    {"available", "offline", "recorder_failed"}, {"available", "online", "recorder_restored"},
    {"detect", "offline", "signal_lost"},        {"detect", "online", "signal_restored"},
    {"record", "offline", "recorder_failed"},    {"record", "online", "recorder_restored"},
    {"motion", "ON", "motion_started"},          {"motion", "OFF", "motion_ended"},
};

}  // namespace

std::string adapt_frigate_status(const InputRecord& record, std::string& json) {
  const auto topic = mqtt_topic(record);
  if (topic.empty()) return "no MQTT topic in the key, and none in a header mqtt.topic";
  const auto levels = levels_of(topic);
  const auto count = levels.size();
  std::string_view camera;
  if (count >= 2 && levels[count - 1] == "available")
    camera = topic.substr(0, topic.rfind('/'));  // Frigate itself, the recorder of them all, stands under its prefix
  else if (count >= 3 && levels[count - 1] == "motion")
    camera = levels[count - 2];
  else if (count >= 4 && levels[count - 2] == "status")
    camera = levels[count - 3];
  else
    return {};  // counts, settings, snapshots
  for (const Meaning& one : meanings) {
    if (one.about != levels[count - 1] || one.word != record.value) continue;
    json::JsonObject event(json);
    event.field("camera_id", camera);
    event.field("device_time_ms", record.broker_ms);
    event.field("kind", one.kind);
    return {};
  }
  return {};  // switched off by somebody, or the microphone
}

}  // namespace vigia
