#include "connectors/config_diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace vigia {
namespace {

std::string place(const std::string& file, int line) { return line > 0 ? fmt::format("{}:{}", file, line) : file; }

template <class Entry>
void sort_by_place(std::vector<Entry>& entries) {
  std::map<std::string, std::size_t> order;
  for (const Entry& entry : entries) order.emplace(entry.file, order.size());
  std::stable_sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    const auto rank_a = order.at(a.file), rank_b = order.at(b.file);
    return rank_a != rank_b ? rank_a < rank_b : a.line < b.line;
  });
}

}  // namespace

void Diagnostics::error(std::string_view file, int line, std::string found, std::string expected) {
  errors.push_back({std::string(file), line, std::move(found), std::move(expected)});
}

void Diagnostics::warning(std::string_view file, int line, std::string text) {
  warnings.push_back({std::string(file), line, std::move(text)});
}

void Diagnostics::sort() {
  sort_by_place(errors);
  sort_by_place(warnings);
}

std::string format_error(const ConfigError& error) {
  return fmt::format("{}: found {}, expected {}\n", place(error.file, error.line), error.found, error.expected);
}

std::string format_errors(const std::vector<ConfigError>& errors) {
  std::string text;
  for (const ConfigError& error : errors) text += format_error(error);
  return text;
}

std::string format_warnings(const std::vector<ConfigWarning>& warnings) {
  std::string text;
  for (const ConfigWarning& warning : warnings) {
    text += fmt::format("{}: warning: {}\n", place(warning.file, warning.line), warning.text);
  }
  return text;
}

}  // namespace vigia
