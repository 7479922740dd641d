#include "app/stop_signal.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

namespace vigia {
namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int number) {
  if (requested.exchange(true)) ::_exit(128 + number);
}

}  // namespace

void watch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

bool stop_requested() { return requested.load(); }

void wait_or_stop(TimeMs wait_ms) {
  constexpr TimeMs slice_ms = 50;
  for (TimeMs left_ms = wait_ms; left_ms > 0 && !stop_requested(); left_ms -= slice_ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(slice_ms, left_ms)));
  }
}

}  // namespace vigia
