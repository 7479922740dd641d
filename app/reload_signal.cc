#include "app/reload_signal.h"

#include <atomic>
#include <csignal>

namespace vigia {
namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

}  // namespace

void watch_reload_signal() {
  struct sigaction action {};
  action.sa_handler = [](int) { requested = true; };
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGHUP, &action, nullptr);
}

bool take_reload_request() { return requested.load(std::memory_order_relaxed) && requested.exchange(false); }

}  // namespace vigia
