#include "connectors/kill_point.h"

#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

namespace vigia {

namespace {

const char* wanted() {
  const char* text = std::getenv("VIGIA_KILL_POINT");
  return text == nullptr ? "" : text;
}

// By write(): it must be in the log before the signal.
void say(const std::string& text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

KillPoint::KillPoint(std::string_view text) : name_(text.substr(0, text.find(':'))) {
  if (name_.size() == text.size()) return;
  const std::string_view number = text.substr(name_.size() + 1);
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), count);
  if (name_.empty() || error != std::errc{} || end != number.data() + number.size() || count == 0) {
    say(fmt::format("VIGIA_KILL_POINT is '{}'; expected NAME or NAME:N with N from 1\n", text));
    ::_exit(2);
  }
  left_ = count;
}

void KillPoint::pass(std::string_view name) {
  if (name_.empty() || name != name_ || left_.fetch_sub(1) != 1) return;
  say(fmt::format("kill point {}\n", name));
  ::kill(::getpid(), SIGKILL);
}

const bool kill_point_detail::is_armed = *wanted() != 0;

void kill_point_detail::pass(std::string_view name) {
  static KillPoint point(wanted());
  point.pass(name);
}

}  // namespace vigia
