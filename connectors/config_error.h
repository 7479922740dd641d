// One mistake in a configuration or site file, said the way its author can act on it.
#pragma once

#include <string>

namespace vigia {

// A plain value, safe to copy and to move between threads.
struct ConfigError {
  std::string file;
  int line = 0;  // 1-based; 0 when the mistake has no place of its own (a file that cannot be read)
  std::string found;
  std::string expected;
};

}  // namespace vigia
