// What a broker or another process brings about comes when it comes: tests know of it only by looking again and again, for a limit
// that a slow machine does not reach.
#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>

namespace vigia::test {

constexpr auto patience = std::chrono::minutes(3);

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

// Looks until what is there matches, for EXPECT_TRUE. Else it says what was waited for, and what was there instead. `what` is read
// as in "waited for WHAT".
template <class Look, class Matcher>
[[nodiscard]] testing::AssertionResult eventually(const std::string& what, Look look, Matcher matcher,
                                                  std::chrono::steady_clock::duration limit = patience) {
  using Found = std::decay_t<std::invoke_result_t<Look>>;
  const auto wanted = testing::SafeMatcherCast<const Found&>(matcher);
  std::optional<Found> found;
  const auto matches = [&] {
    found.emplace(look());
    return wanted.Matches(*found);
  };
  if (wait_until(matches, limit, std::chrono::milliseconds(300))) return testing::AssertionSuccess();
  std::stringstream expected;
  wanted.DescribeTo(&expected);
  return testing::AssertionFailure() << "waited " << std::chrono::duration_cast<std::chrono::seconds>(limit).count()
                                     << " s for " << what << ", expected one that " << expected.str()
                                     << "; there was instead " << testing::PrintToString(*found) << "\n";
}

// How long a fault lasts.
inline void let_pass(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

}  // namespace vigia::test
