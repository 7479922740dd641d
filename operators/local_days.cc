#include "operators/local_days.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace vigia {
namespace {

constexpr TimeMs day_ms = 24 * 3'600'000LL;
constexpr TimeMs largest_offset_ms = 26 * 3'600'000LL;

std::int64_t days_in(TimeMs local_ms) { return (local_ms >= 0 ? local_ms : local_ms - (day_ms - 1)) / day_ms; }

}  // namespace

LocalDays::LocalDays(std::string zone, std::vector<Change> changes)
    : zone_(std::move(zone)), changes_(std::move(changes)) {
  if (changes_.empty()) changes_.push_back({0, 0});
  changes_.front().from_ms = no_time_ms;
}

// Days since 1970-01-01 by the local date.
std::int64_t LocalDays::number_of(TimeMs time_ms) const { return days_in(local_ms(time_ms)); }

TimeMs LocalDays::local_ms(TimeMs time_ms) const {
  const auto next = std::ranges::upper_bound(changes_, time_ms, {}, &Change::from_ms);
  return time_ms + std::prev(next)->offset_ms;
}

// In each stretch of one offset it is reached at the beginning, or when its own time comes.
TimeMs LocalDays::reached_ms(TimeMs local_ms, TimeMs from_ms) const {
  for (auto at = std::prev(std::ranges::upper_bound(changes_, from_ms, {}, &Change::from_ms));; ++at) {
    const TimeMs reached_ms = std::max({from_ms, at->from_ms, local_ms - at->offset_ms});
    if (std::next(at) == changes_.end() || reached_ms < std::next(at)->from_ms) return reached_ms;
  }
}

TimeMs LocalDays::start_of(std::int64_t number) const {
  const TimeMs midnight_ms = number * day_ms;  // by the local clock
  return reached_ms(midnight_ms, midnight_ms - largest_offset_ms);
}

LocalDays::Day LocalDays::day_of(TimeMs time_ms) const {
  auto number = number_of(time_ms);
  while (start_of(number + 1) <= time_ms) ++number;  // the clocks went back over midnight
  auto start_ms = start_of(number);
  auto end_ms = start_of(number + 1);
  while (end_ms == start_ms) end_ms = start_of(++number + 1);  // a date that the zone has left out
  return {start_ms, end_ms};
}

std::string LocalDays::date_of(TimeMs time_ms) const {
  auto number = number_of(time_ms);
  while (start_of(number + 1) <= time_ms) ++number;
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{number}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

}  // namespace vigia
