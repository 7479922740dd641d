#include "operators/security_time.h"

#include <chrono>

namespace vigia {
namespace {

// Takes `digits` digits from the front; false: there are none.
bool take(std::string_view& text, int digits, int& out) {
  out = 0;
  for (; digits > 0; --digits) {
    if (text.empty() || text[0] < '0' || text[0] > '9') return false;
    out = out * 10 + (text[0] - '0');
    text.remove_prefix(1);
  }
  return true;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<TimeMs> parse_rfc3339(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const bool is_date = take(text, 4, year) && take(text, "-") && take(text, 2, month) && take(text, "-") &&
                       take(text, 2, day) && take(text, "Tt ") && take(text, 2, hour) && take(text, ":") &&
                       take(text, 2, minute) && take(text, ":") && take(text, 2, second);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!is_date || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;  // 60: a leap second
  TimeMs fraction_ms = 0;
  if (take(text, ".")) {
    TimeMs weight = 100;
    int digit = 0;
    if (!take(text, 1, digit)) return std::nullopt;
    do {
      fraction_ms += digit * weight;
      weight /= 10;
    } while (take(text, 1, digit));
  }
  int offset_minutes = 0;
  if (!take(text, "Zz")) {
    const int sign = text.empty() || text[0] != '-' ? 1 : -1;
    int hours = 0, minutes = 0;
    if (!take(text, "+-") || !take(text, 2, hours) || !take(text, ":") || !take(text, 2, minutes) || hours > 23 ||
        minutes > 59)
      return std::nullopt;
    offset_minutes = sign * (hours * 60 + minutes);
  }
  if (!text.empty()) return std::nullopt;
  const TimeMs days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute - offset_minutes) * 60'000 + second * 1'000LL + fraction_ms;
}

}  // namespace vigia
