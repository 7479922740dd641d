// SIGTERM and SIGINT as a question that can be asked: should the process end? A second signal ends it at once.
#pragma once

#include "engine/identity.h"

namespace vigia {

void watch_stop_signals();
[[nodiscard]] bool stop_requested();
// Sleeps, or returns early when a stop is requested.
void wait_or_stop(TimeMs wait_ms);

}  // namespace vigia
