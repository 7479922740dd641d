// What the process says to the one that started it.
#pragma once

#include "connectors/status.h"

namespace vigia {

inline constexpr int exit_good = 0;
inline constexpr int exit_failed = 1;         // input unreadable, storage or brokers refused
inline constexpr int exit_configuration = 2;  // the pipeline or the command line is invalid; nothing was started
inline constexpr int exit_fenced = 3;         // another process runs in this one's place: this one must not go on

[[nodiscard]] constexpr int exit_code_of(Fault fault) {
  if (fault == Fault::none) return exit_good;
  if (fault == Fault::misconfigured) return exit_configuration;
  return fault == Fault::fenced ? exit_fenced : exit_failed;
}

}  // namespace vigia
