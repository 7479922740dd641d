// The mistakes and warnings found while a configuration is loaded, and how they read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/config_error.h"

namespace vigia {

// Something that loads but probably does not do what its author thinks.
struct ConfigWarning {
  std::string file;
  int line = 0;
  std::string text;
};

// Collects; loading goes on after each. Not thread-safe.
struct Diagnostics {
  std::vector<ConfigError> errors;
  std::vector<ConfigWarning> warnings;

  void error(std::string_view file, int line, std::string found, std::string expected);
  void warning(std::string_view file, int line, std::string text);

  // By file in the order in which files were first mentioned, then by line.
  void sort();
};

// One line each, ended by a newline: "pipeline.yaml:12: found limit 15, expected a duration such as 15m".
[[nodiscard]] std::string format_error(const ConfigError& error);
[[nodiscard]] std::string format_errors(const std::vector<ConfigError>& errors);

// "pipeline.yaml:12: warning: ..."
[[nodiscard]] std::string format_warnings(const std::vector<ConfigWarning>& warnings);

}  // namespace vigia
