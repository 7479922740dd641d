#include "connectors/scalar_value.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "connectors/quantity.h"
#include "connectors/suggestion.h"

namespace vigia {
namespace {

template <class T>
std::optional<T> parse_whole(const std::string& text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && rest == end && !text.empty() ? std::optional<T>(value) : std::nullopt;
}

std::optional<double> parse_number(const std::string& text) {
  const auto value = parse_whole<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<bool> parse_boolean(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

bool is_text(const std::string& text, bool is_plain) {
  if (!is_plain) return true;
  return !text.empty() && text != "null" && text != "~" && !parse_boolean(text) && !parse_number(text);
}

template <class T>
ScalarValue in_bounds(const KeySpec& key, const std::optional<T>& value) {
  if (!value) return {};
  const auto as_double = static_cast<double>(*value);
  if (key.max > 0 && (as_double < key.min || as_double > key.max)) return {};
  return {*value};
}

std::string between(const KeySpec& key, std::string (*format)(std::int64_t)) {
  if (key.max <= 0) return {};
  const auto bound = [&](double value) { return format(static_cast<std::int64_t>(value)); };
  return fmt::format(" between {} and {}", bound(key.min), bound(key.max));
}

std::string format_whole(std::int64_t value) { return std::to_string(value); }

}  // namespace

ScalarValue parse_scalar(const KeySpec& key, const std::string& text, bool is_plain) {
  switch (key.type) {
    case ValueType::boolean:
      if (const auto value = parse_boolean(text)) return {*value};
      return {};
    case ValueType::integer: return in_bounds(key, parse_whole<std::int64_t>(text));
    case ValueType::number: return in_bounds(key, parse_number(text));
    case ValueType::duration: return in_bounds(key, parse_duration(text));
    case ValueType::size: return in_bounds(key, parse_size(text));
    default: break;
  }
  if (!is_text(text, is_plain)) return {};
  if (text.empty() && !may_be_empty(key)) return {};
  for (const std::string_view allowed : key.allowed) {
    if (text == allowed) return {text};
  }
  return key.allowed.empty() ? ScalarValue{text} : ScalarValue{};
}

std::string expectation(const KeySpec& key, const std::string& text) {
  switch (key.type) {
    case ValueType::boolean: return "true or false";
    case ValueType::integer: return "a whole number" + between(key, format_whole);
    case ValueType::number: return "a number" + between(key, format_whole);
    case ValueType::duration:
      return fmt::format("a duration{}, an integer and a unit (ms s m h d) such as 15m", between(key, format_duration));
    case ValueType::size:
      return fmt::format("a size{}, an integer and a unit (KiB MiB GiB) such as 2GiB", between(key, format_size));
    case ValueType::text_list:
      if (key.allowed.empty()) return "a list of texts, none empty; quote what looks like a number, true or null";
      return "a list, each " + one_of(text, key.allowed);
    case ValueType::text_map: return "a map of names to values";
    case ValueType::section: return fmt::format("a map of the keys of {}", key.name);
    case ValueType::sections: return fmt::format("a list of {}, [] for none", key.name);
    case ValueType::text:
    case ValueType::choice: break;
  }
  if (!key.allowed.empty()) return one_of(text, key.allowed);
  return fmt::format("{}; quote it if it looks like a number, true or null",
                     may_be_empty(key) ? "text" : "text that is not empty");
}

}  // namespace vigia
