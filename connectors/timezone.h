// The one place that includes the time-zone database's header, which is slow to compile.
#pragma once

#include <string>

#include "operators/local_days.h"

namespace vigia {

// True when the system's time-zone database has a zone or link of this name ("America/Guayaquil"). UTC is always there,
// even on a machine without the database. Thread-safe.
[[nodiscard]] bool is_timezone(const std::string& name);

// Its days, with the changes of its clocks from 1970 to 2100, as far as the database has them. REQUIRES: is_timezone(name).
[[nodiscard]] LocalDays local_days(const std::string& name);

}  // namespace vigia
