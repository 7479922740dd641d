#include "connectors/timezone.h"

#include <date/tz.h>

#include <exception>

namespace vigia {

bool is_timezone(const std::string& name) {
  if (name == "UTC") return true;
  try {
    return date::locate_zone(name) != nullptr;
  } catch (const std::exception&) {  // no such zone, or no database
    return false;
  }
}

}  // namespace vigia
