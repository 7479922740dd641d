#include "tests/recordings/recording.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>

namespace vigia::recordings {

std::optional<std::string> find_recording(const std::string& name) {
  const auto path = std::filesystem::path(VIGIA_SOURCE_DIR) / ".." / "shared" / "data" / name;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  return std::filesystem::canonical(path).string();
}

std::string pipeline_text(const std::string& rules) {
  return "application: recording\n"
         "kafka: {brokers: \"localhost:9092\"}\n"
         "timezone: UTC\n"
         "time: {horizon: 24h, allowed_lateness: 10m, max_clock_skew: 5m, clock: records}\n"
         "state: {directory: state}\n"
         "site: [zones.geojson, routes.geojson]\n"
         "sources: [{topic: seal.events, stream: seal, format: json}, {topic: trip.events, stream: trip, format: "
         "json}]\n"
         "outputs: {alerts: vigia.alerts, alert_state: vigia.alerts.state, format: json}\n"
         "rules:\n" +
         rules;
}

TimeMs parse_utc(const std::string& text) {
  int year = 0, hour = 0, minute = 0;
  unsigned month = 0, day = 0;
  double seconds = 0;
  if (std::sscanf(text.c_str(), "%d-%u-%u%*c%d:%d:%lf", &year, &month, &day, &hour, &minute, &seconds) != 6)
    throw std::runtime_error("not a time: " + text);
  const std::chrono::sys_days date = std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day};
  const auto days_ms = std::chrono::duration_cast<std::chrono::milliseconds>(date.time_since_epoch()).count();
  return days_ms + ((hour * 60 + minute) * 60) * 1000LL + static_cast<TimeMs>(seconds * 1000 + 1e-6);
}

}  // namespace vigia::recordings
