#include "schemas/rfc3339.h"

#include <fmt/format.h>

#include <chrono>

namespace vigia {
namespace {

using namespace std::chrono;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes what it reads off the front of the text.
struct Reader {
  std::string_view left;
  bool failed = false;

  bool skip(char c) {
    if (left.empty() || left.front() != c) return false;
    left.remove_prefix(1);
    return true;
  }
  void expect(char c) { failed |= !skip(c); }
  int digits(std::size_t count, int most) {
    if (left.size() < count) return failed = true, 0;
    int value = 0;
    for (const char c : left.substr(0, count)) {
      failed |= !is_digit(c);
      value = value * 10 + (c - '0');
    }
    left.remove_prefix(count);
    failed |= value > most;
    return value;
  }
  int fraction_ms() {
    failed |= left.empty() || !is_digit(left.front());
    int value_ms = 0;
    for (int unit_ms = 100; !left.empty() && is_digit(left.front()); left.remove_prefix(1), unit_ms /= 10)
      value_ms += (left.front() - '0') * unit_ms;
    return value_ms;
  }
  minutes offset() {
    if (skip('Z') || skip('z')) return minutes(0);
    const bool is_west = skip('-');
    if (!is_west) expect('+');
    minutes value = hours(digits(2, 23));
    if (!left.empty()) {
      skip(':');
      value += minutes(digits(2, 59));
    }
    return is_west ? -value : value;
  }
};

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  Reader in{text};
  const year y(in.digits(4, 9999));
  in.expect('-');
  const month m(static_cast<unsigned>(in.digits(2, 12)));
  in.expect('-');
  const day d(static_cast<unsigned>(in.digits(2, 31)));
  if (!in.skip('T') && !in.skip('t')) in.expect(' ');
  milliseconds time = hours(in.digits(2, 23));
  in.expect(':');
  time += minutes(in.digits(2, 59));
  in.expect(':');
  time += seconds(in.digits(2, 60));
  if (in.skip('.')) time += milliseconds(in.fraction_ms());
  time -= in.offset();
  const year_month_day date(y, m, d);
  if (in.failed || !in.left.empty() || !date.ok()) return std::nullopt;
  return (sys_days(date) + time).time_since_epoch().count();
}

std::string format_rfc3339(std::int64_t time_ms) {
  const sys_time<milliseconds> time{milliseconds(time_ms)};
  const auto midnight = floor<days>(time);
  const year_month_day date(midnight);
  const hh_mm_ss clock(time - midnight);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

}  // namespace vigia
