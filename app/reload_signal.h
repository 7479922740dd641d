// SIGHUP as a question that can be asked: should the configuration be read again?
#pragma once

namespace vigia {

void watch_reload_signal();
// Whether one has come since the last call.
[[nodiscard]] bool take_reload_request();

}  // namespace vigia
