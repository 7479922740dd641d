// Maintenance windows: while people work at a site its alerts ring at no console, but those that say that the site itself
// fails, or is tampered with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/identity.h"
#include "operators/local_days.h"
#include "operators/opening_hours.h"

namespace vigia {

struct Maintenance {
  std::vector<std::string> site;                  // patterns
  TimeMs from_ms = no_time_ms, to_ms = never_ms;  // [from, to)
  std::vector<OpenSpan> hours;                    // of the week, local time; empty: all of it
  std::vector<std::string> except;                // patterns of kinds, beside those that are never silenced
};

[[nodiscard]] std::string canonical_text(const Maintenance& window);

// Failures of the site's own equipment, and tampering: of no window.
[[nodiscard]] bool is_never_silenced(std::string_view kind);

// Until when what begins at the site at this time is silenced: the latest end of the windows that it lies in; never_ms: one of
// them has none; no_time_ms: it lies in none. A site that is not known ("") is in none.
[[nodiscard]] TimeMs silenced_until_ms(const std::vector<Maintenance>& windows, std::string_view site,
                                       std::string_view kind, TimeMs start_ms, const LocalDays& days);

}  // namespace vigia
