#include "operators/opening_hours.h"

#include <algorithm>
#include <array>

namespace vigia {
namespace {

constexpr std::array<std::string_view, 7> day_names = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::int32_t day_min = 24 * 60;

// Takes characters from the front of a text; once something is missing it stays failed.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool accept(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail();
  }
  void skip_spaces() {
    while (accept(' ')) {
    }
  }

  int day() {
    const auto found = std::find(day_names.begin(), day_names.end(), rest_.substr(0, 3));
    if (found == day_names.end()) {
      fail();
      return 0;
    }
    rest_.remove_prefix(3);
    return static_cast<int>(found - day_names.begin());
  }

  int two_digits() {
    int value = 0;
    for (int i = 0; i < 2; ++i) {
      if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') {
        fail();
        return 0;
      }
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  int time_min() {
    const int hours = two_digits();
    expect(':');
    const int minutes = two_digits();
    if (minutes > 59 || hours * 60 + minutes > day_min) fail();
    return hours * 60 + minutes;
  }

  void fail() { failed_ = true; }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

// "Mon-Fri 06:00-20:00"
void read_entry(Scanner& in, std::vector<OpenSpan>& out) {
  const int first_day = in.day();
  const int last_day = in.accept('-') ? in.day() : first_day;
  in.expect(' ');
  in.skip_spaces();
  const int start = in.time_min();
  in.expect('-');
  int end = in.time_min();
  if (start == day_min) in.fail();  // a day does not begin at 24:00
  if (in.failed()) return;
  if (end <= start) end += day_min;
  for (int day = first_day;; day = (day + 1) % 7) {
    out.push_back({day * day_min + start, day * day_min + end});
    if (day == last_day) break;
  }
}

}  // namespace

std::optional<std::vector<OpenSpan>> parse_opening_hours(std::string_view text) {
  std::vector<OpenSpan> spans;
  Scanner in(text);
  in.skip_spaces();
  do {
    in.skip_spaces();
    read_entry(in, spans);
    in.skip_spaces();
  } while (!in.failed() && in.accept(','));
  if (in.failed() || !in.at_end()) return std::nullopt;
  return spans;
}

bool is_open_at(const std::vector<OpenSpan>& spans, TimeMs local_ms) {
  if (spans.empty()) return true;
  constexpr TimeMs minute_ms = 60'000, week_ms = 7 * day_min * minute_ms;
  constexpr TimeMs monday_ms = 3 * day_min * minute_ms;  // 1970-01-01 was a Thursday
  const auto rest_ms = (local_ms + monday_ms) % week_ms;
  const auto in_week_ms = rest_ms < 0 ? rest_ms + week_ms : rest_ms;
  return std::any_of(spans.begin(), spans.end(), [&](const OpenSpan& span) {
    const auto holds = [&](TimeMs at_ms) {
      return span.start_min * minute_ms <= at_ms && at_ms < span.end_min * minute_ms;
    };
    return holds(in_week_ms) || holds(in_week_ms + week_ms);
  });
}

}  // namespace vigia
