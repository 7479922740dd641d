#include "app/time_text.h"

#include <date/tz.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>

#include <fmt/format.h>

namespace vigia {
namespace {

using Local = date::local_time<std::chrono::milliseconds>;
using Utc = date::sys_time<std::chrono::milliseconds>;

const date::time_zone* find_zone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

// YYYY-MM-DD, then nothing or T or a blank and HH:MM or HH:MM:SS.
std::optional<Local> parse_local(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  int date_end = 0, minute_end = 0, second_end = 0;
  const int read = std::sscanf(text.c_str(), "%4d-%2d-%2d%n%*1[T ]%2d:%2d%n:%2d%n", &year, &month, &day, &date_end,
                               &hour, &minute, &minute_end, &second, &second_end);
  const int end = read == 6 ? second_end : read == 5 ? minute_end : read == 3 ? date_end : -1;
  if (end != static_cast<int>(text.size())) return std::nullopt;
  const date::year_month_day date{date::year(year), date::month(static_cast<unsigned>(month)),
                                  date::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return date::local_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace

std::string format_time(TimeMs time_ms, const std::string& zone) {
  if (time_ms == 0 || time_ms == no_time_ms) return "-";
  const Utc utc{std::chrono::milliseconds(time_ms)};
  const date::time_zone* found = find_zone(zone);
  const Local local = found != nullptr ? found->to_local(utc) : Local(utc.time_since_epoch());
  return date::format("%Y-%m-%d %H:%M:%S", date::floor<std::chrono::seconds>(local));
}

std::string no_time_words(std::string_view text) {
  return fmt::format("found the time {}, expected one such as 2026-03-04T06:00, or ms since 1970", text);
}

std::string length_words(TimeMs length_ms) {
  if (length_ms < 1000) return fmt::format("{} ms", length_ms);
  struct Unit {
    const char* name;
    TimeMs length_ms;
  };
  constexpr Unit units[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1000}};
  const auto* unit = std::ranges::find_if(units, [&](const Unit& u) { return length_ms >= u.length_ms; });
  const std::string first = fmt::format("{} {}", length_ms / unit->length_ms, unit->name);
  const TimeMs rest_ms = length_ms % unit->length_ms;
  if (unit + 1 == std::end(units) || rest_ms < unit[1].length_ms) return first;
  return fmt::format("{} {} {}", first, rest_ms / unit[1].length_ms, unit[1].name);
}

std::optional<TimeMs> parse_time(std::string_view text, const std::string& zone) {
  TimeMs number_ms = 0;
  if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number_ms);
      error == std::errc() && end == text.data() + text.size()) {
    return number_ms;
  }
  const bool is_utc = text.ends_with('Z');
  if (is_utc) text.remove_suffix(1);
  const auto local = parse_local(std::string(text));
  if (!local) return std::nullopt;
  const date::time_zone* found = is_utc ? nullptr : find_zone(zone);
  if (found == nullptr) return local->time_since_epoch().count();
  return found->to_sys(*local, date::choose::earliest).time_since_epoch().count();
}

}  // namespace vigia
