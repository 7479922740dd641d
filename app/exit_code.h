// What the process says to the one that started it.
#pragma once

namespace vigia {

inline constexpr int exit_good = 0;
inline constexpr int exit_failed = 1;         // input unreadable, storage or brokers refused
inline constexpr int exit_configuration = 2;  // the pipeline or the command line is invalid; nothing was started
inline constexpr int exit_fenced = 3;         // another process runs in this one's place: this one must not go on

}  // namespace vigia
