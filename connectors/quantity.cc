#include "connectors/quantity.h"

#include <fmt/format.h>

#include <charconv>
#include <span>

namespace vigia {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

// The largest first.
constexpr Unit duration_units[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
constexpr Unit size_units[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}};

std::optional<std::int64_t> parse(std::string_view text, std::span<const Unit> units) {
  std::uint64_t number = 0;  // unsigned: no sign is taken
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units) {
    if (name != unit.name) continue;
    if (number > static_cast<std::uint64_t>(INT64_MAX / unit.factor)) return std::nullopt;
    return static_cast<std::int64_t>(number) * unit.factor;
  }
  return std::nullopt;
}

std::string format(std::int64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) return fmt::format("{}{}", value / unit.factor, unit.name);
  }
  return fmt::format("{}{}", value / units.back().factor, units.back().name);
}

}  // namespace

std::optional<TimeMs> parse_duration(std::string_view text) { return parse(text, duration_units); }
std::optional<std::int64_t> parse_size(std::string_view text) { return parse(text, size_units); }
std::string format_duration(TimeMs duration_ms) { return format(duration_ms, duration_units); }
std::string format_size(std::int64_t size_bytes) { return format(size_bytes, size_units); }

}  // namespace vigia
