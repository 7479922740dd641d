// What the demo shows while it runs: alerts as they are raised, corrected, withdrawn, and how fast it goes. On a
// terminal with a line at the bottom that is drawn again and again; in a pipe, quiet lines.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

#include "engine/task.h"

namespace vigia {

struct DemoProgress {
  double share = 0;             // of the day
  TimeMs clock_ms = 0;          // simulated
  std::uint64_t sent = 0;       // events given to Kafka
  std::uint64_t processed = 0;  // events judged
};

// alert() may be called by any thread, the others by one.
class DemoScreen {
 public:
  explicit DemoScreen(std::string zone);

  void alert(const Alert& alert);
  void draw(const DemoProgress& progress);
  void finish();  // wipes the bottom line

 private:
  [[nodiscard]] std::string bottom_line(const DemoProgress& progress);

  const std::string timezone_;
  const bool terminal_;
  std::mutex mutex_;
  std::deque<std::string> waiting_;  // lines not yet shown
  std::uint64_t left_out_ = 0;       // revisions that got no line
  std::uint64_t raised_ = 0, corrected_ = 0, withdrawn_ = 0;
  std::chrono::steady_clock::time_point drawn_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point reported_ = drawn_;
  std::chrono::steady_clock::time_point lines_since_ = drawn_;
  int lines_ = 0;
  std::uint64_t processed_ = 0;
  double per_s_ = 0;
};

}  // namespace vigia
