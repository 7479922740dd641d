// The one place that includes the time-zone database's header, which is slow to compile.
#pragma once

#include <string>

namespace vigia {

// True when the system's time-zone database has a zone or link of this name ("America/Guayaquil"). UTC is always there,
// even on a machine without the database. Thread-safe.
[[nodiscard]] bool is_timezone(const std::string& name);

}  // namespace vigia
