// Chaos has no other way to know that something outside has happened than to look again and again.
#pragma once

#include <chrono>
#include <thread>

namespace vigia::test {

constexpr auto patience = std::chrono::seconds(60);

// Whether `condition` came true in time.
template <class Condition>
[[nodiscard]] bool wait_until(Condition condition, std::chrono::steady_clock::duration limit = patience,
                              std::chrono::milliseconds between = std::chrono::milliseconds(10)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(between);
  }
  return true;
}

// How long a fault lasts.
inline void let_pass(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

}  // namespace vigia::test
