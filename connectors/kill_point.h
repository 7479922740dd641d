// Named places at which tests let the process die as a crash would, with nothing flushed and nothing closed.
//
// VIGIA_KILL_POINT=NAME[:N] in the environment: the process sends itself SIGKILL when it passes kill_point(NAME) for the
// N-th time (the first, without N), on whatever thread. Without the variable a passing costs the test of one bool.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace vigia {

// What one text asks for. Any thread may call pass().
class KillPoint {
 public:
  // `text` outlives the object; "" never kills. A text that is no NAME[:N] ends the process with exit 2: a test that
  // means to kill must not pass because of a slip.
  explicit KillPoint(std::string_view text);

  void pass(std::string_view name);

 private:
  std::string_view name_;
  std::atomic<std::uint64_t> left_ = 1;
};

namespace kill_point_detail {
extern const bool is_armed;
void pass(std::string_view name);
}  // namespace kill_point_detail

inline void kill_point(const char* name) {
  if (kill_point_detail::is_armed) [[unlikely]] {
    kill_point_detail::pass(name);
  }
}

}  // namespace vigia
