#include "tests/scenarios/scenario_words.h"

#include <cmath>
#include <numbers>
#include <stdexcept>

#include <fmt/format.h>

namespace vigia::scenarios {
namespace {

constexpr double metres_per_degree = 6'371'008.8 * std::numbers::pi / 180.0;

[[noreturn]] void refuse(std::string_view what, std::string_view text) {
  throw std::runtime_error(fmt::format("not a {}: '{}'", what, text));
}

std::int64_t integer(std::string_view text, std::string_view what) {
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos) refuse(what, text);
  return std::stoll(std::string(text));
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::string part;
  const auto finish = [&] {
    if (!part.empty() || separator != ' ') parts.push_back(std::move(part));
    part.clear();
  };
  for (const char c : text) {
    if (c == separator)
      finish();
    else
      part += c;
  }
  finish();
  return parts;
}

TimeMs parse_time(std::string_view text) {
  const auto whole = text;
  if (text.starts_with('@')) return integer(text.substr(1), "time");
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  TimeMs millis = 0;
  if (const auto dot = text.find('.'); dot != text.npos) {
    if (text.size() != dot + 4) refuse("time", whole);
    millis = integer(text.substr(dot + 1), "time");
    text = text.substr(0, dot);
  }
  const auto parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) refuse("time", whole);
  TimeMs seconds = 0;
  for (const auto& part : parts) seconds = seconds * 60 + integer(part, "time");
  if (parts.size() == 2) seconds *= 60;
  const TimeMs since_zero_ms = seconds * 1000 + millis;
  return day_zero_ms + (negative ? -since_zero_ms : since_zero_ms);
}

TimeMs parse_duration(std::string_view text) {
  const auto unit_at = text.find_first_not_of("0123456789");
  if (unit_at == text.npos) refuse("duration", text);
  const auto unit = text.substr(unit_at);
  const std::int64_t count = integer(text.substr(0, unit_at), "duration");
  for (const auto& [name, ms] : {std::pair{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}})
    if (unit == name) return count * ms;
  refuse("duration", text);
}

Metres parse_metres(std::string_view text) {
  const auto parts = split(text, ',');
  if (parts.size() != 2) refuse("place", text);
  return {std::stod(parts[0]), std::stod(parts[1])};
}

std::string geojson_of(Metres place) {
  return fmt::format("[{:.17g},{:.17g}]", place.east / metres_per_degree, place.north / metres_per_degree);
}

std::string position_of(Metres place) {
  return fmt::format("{{\"lat_deg\":{:.17g},\"lon_deg\":{:.17g}}}", place.north / metres_per_degree,
                     place.east / metres_per_degree);
}

std::string metres_of(double lat_deg, double lon_deg) {
  return fmt::format("{},{}", std::lround(lon_deg * metres_per_degree), std::lround(lat_deg * metres_per_degree));
}

std::pair<std::string, std::string> name_and_value(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == word.npos) return {word, ""};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

}  // namespace vigia::scenarios
