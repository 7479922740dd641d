#include "connectors/timezone.h"

#include <date/tz.h>

#include <chrono>
#include <exception>
#include <utility>
#include <vector>

namespace vigia {

bool is_timezone(const std::string& name) {
  if (name == "UTC") return true;
  try {
    return date::locate_zone(name) != nullptr;
  } catch (const std::exception&) {  // no such zone, or no database
    return false;
  }
}

LocalDays local_days(const std::string& name) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  std::vector<LocalDays::Change> changes;
  try {
    const auto* zone = date::locate_zone(name);
    date::sys_seconds at = date::sys_days(date::year{1970} / 1 / 1);
    const date::sys_seconds end = date::sys_days(date::year{2100} / 1 / 1);
    while (at < end) {
      const auto info = zone->get_info(at);
      const TimeMs offset_ms = duration_cast<milliseconds>(info.offset).count();
      if (changes.empty() || changes.back().offset_ms != offset_ms)
        changes.push_back({duration_cast<milliseconds>(at.time_since_epoch()).count(), offset_ms});
      if (info.end <= at) break;
      at = info.end;
    }
  } catch (const std::exception&) {  // UTC on a machine without the database
  }
  return LocalDays(name, std::move(changes));
}

}  // namespace vigia
