#include "connectors/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace vigia {
namespace {

// Private-use characters: they mean nothing in anybody's text, and YAML lets them stand in a plain scalar.
constexpr std::string_view mark_begin = "\xEE\x80\x80";  // U+E000
constexpr std::string_view mark_end = "\xEE\x80\x81";    // U+E001

bool is_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  const auto letter_or_digit = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), letter_or_digit);
}

// Appends the value of "${NAME:-default}"; gives back what is wrong, empty when good.
std::string append_value(const std::string& reference, const EnvironmentLookup& lookup, std::string& out) {
  const std::string_view inside = std::string_view(reference).substr(2, reference.size() - 3);
  const std::size_t separator = inside.find(":-");
  const std::string name(inside.substr(0, separator));
  if (!is_name(name)) return reference;
  if (inside.find("${") != std::string_view::npos) return reference + ", a variable within a default";
  const std::optional<std::string> value = lookup(name);
  if (separator != std::string_view::npos && (!value || value->empty())) {
    out += inside.substr(separator + 2);
    return {};
  }
  if (!value) return fmt::format("{}, which is not set", reference);
  out += *value;
  return {};
}

}  // namespace

EnvironmentLookup process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

std::string EnvironmentReferences::hide(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t begin = text.find("${");
    if (begin == std::string_view::npos) break;
    const std::size_t end = text.find_first_of("}\n", begin);
    if (end == std::string_view::npos || text[end] == '\n') {  // not a reference; left for the reader of the scalar
      out += text.substr(0, begin + 2);
      text.remove_prefix(begin + 2);
      continue;
    }
    out += text.substr(0, begin);
    out += fmt::format("{}{}{}", mark_begin, references_.size(), mark_end);
    references_.emplace_back(text.substr(begin, end + 1 - begin));
    text.remove_prefix(end + 1);
  }
  out += text;
  return out;
}

template <class Put>
std::string EnvironmentReferences::replace_marks(std::string_view scalar, Put&& put) const {
  std::string text;
  for (;;) {
    const std::size_t begin = scalar.find(mark_begin);
    const std::size_t end = begin == std::string_view::npos ? begin : scalar.find(mark_end, begin);
    if (end == std::string_view::npos) break;
    const char* digits = scalar.data() + begin + mark_begin.size();
    std::size_t index = 0;
    std::from_chars(digits, scalar.data() + end, index);
    text += scalar.substr(0, begin);
    if (index < references_.size()) put(references_[index], text);
    scalar.remove_prefix(end + mark_end.size());
  }
  text += scalar;
  return text;
}

EnvironmentReferences::Expanded EnvironmentReferences::expand(std::string_view scalar,
                                                              const EnvironmentLookup& lookup) const {
  Expanded result;
  if (scalar.find("${") != std::string_view::npos) result.error = fmt::format("{} without a closing brace", scalar);
  result.text = replace_marks(scalar, [&](const std::string& reference, std::string& text) {
    std::string error = append_value(reference, lookup, text);
    if (result.error.empty()) result.error = std::move(error);
    result.substituted = true;
  });
  return result;
}

std::string EnvironmentReferences::as_written(std::string_view scalar) const {
  return replace_marks(scalar, [](const std::string& reference, std::string& text) { text += reference; });
}

}  // namespace vigia
