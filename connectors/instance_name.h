// The name of this instance of an application: made once, kept in the state directory, so that a process that comes back
// after a crash is known to the brokers as the one that went.
#pragma once

#include <string>

#include "connectors/status.h"
#include "engine/identity.h"

namespace vigia {

// Reads `directory`/instance, or makes the name up and writes it, synced. 16 hex digits.
[[nodiscard]] Status read_instance_name(const std::string& directory, std::string& out);

// Who is told that another one has its name may have been that itself: a member of a group whose answers got lost, a producer of
// which a request was held up on the way. Twice within this time it is somebody else.
inline constexpr TimeMs fence_pause_ms = 60'000;

// Fault::fenced: two processes have the same name, and this one had it first. `text`: how that was noticed.
[[nodiscard]] Status fenced_by_another(std::string text);

}  // namespace vigia
