// Holds made-up events back until they are due: so many a second, and none before its time.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/identity.h"

namespace vigia {

// How time passes. Tests have their own.
struct PaceClock {
  std::function<TimeMs()> now_ms;     // the wall clock
  std::function<void(TimeMs)> sleep;  // for so many ms
  std::function<bool()> stopped;      // no more waiting
};

[[nodiscard]] PaceClock real_pace_clock();

class Pace {
 public:
  // `per_s`: events a second at most; 0: no such limit. `follows_wall`: no event before its own time.
  Pace(double per_s, bool follows_wall, PaceClock clock);

  // Waits until the event, with `sent` others before it, may go. False: stopped.
  [[nodiscard]] bool wait(std::uint64_t sent, TimeMs event_ms);

 private:
  double per_s_;
  bool follows_wall_;
  PaceClock clock_;
  TimeMs started_ms_;
};

}  // namespace vigia
