// Which configurations there are, and which of them holds: what a runner asks (docs/reload.md). Thread-safe.
#pragma once

#include <memory>

#include "connectors/configuration_hash.h"
#include "connectors/status.h"
#include "engine/task.h"

namespace vigia {

class Configurations {
 public:
  virtual ~Configurations() = default;

  // The one to judge by, as far as has been heard. Known, and make_task() has it.
  [[nodiscard]] virtual ConfigurationHash current() = 0;

  // Hears all that was announced before this call.
  [[nodiscard]] virtual Status catch_up() = 0;

  // An empty task under it; not known: the one that whoever does not name it has always had. Fault::refused: it is not there.
  [[nodiscard]] virtual Status make_task(ConfigurationHash hash, std::unique_ptr<Task>& out) = 0;
};

}  // namespace vigia
