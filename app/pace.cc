#include "app/pace.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "app/stop_signal.h"

namespace vigia {
namespace {

constexpr TimeMs slice_ms = 200;  // how late a stop may be noticed

TimeMs wall_now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

PaceClock real_pace_clock() {
  return {wall_now_ms, [](TimeMs ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }, stop_requested};
}

Pace::Pace(double per_s, bool follows_wall, PaceClock clock)
    : per_s_(per_s), follows_wall_(follows_wall), clock_(std::move(clock)), started_ms_(clock_.now_ms()) {}

bool Pace::wait(std::uint64_t sent, TimeMs event_ms) {
  TimeMs due_ms = started_ms_;
  if (per_s_ > 0) due_ms += static_cast<TimeMs>(static_cast<double>(sent) / per_s_ * 1000);
  if (follows_wall_) due_ms = std::max(due_ms, event_ms);
  if (due_ms == started_ms_) return !clock_.stopped();
  for (TimeMs left_ms = due_ms - clock_.now_ms(); left_ms > 0; left_ms = due_ms - clock_.now_ms()) {
    if (clock_.stopped()) return false;
    clock_.sleep(std::min(left_ms, slice_ms));
  }
  return !clock_.stopped();
}

}  // namespace vigia
