// door_forced: an opening without a grant or a request to exit at that door in `grant_window` before it. An instant.
#pragma once

#include "operators/door_fold.h"

namespace vigia {

class DoorForced : public OperatorBase {
 public:
  static constexpr std::string_view kind = "door_forced";
  struct State {
    TimeMs admitted_ms = no_time_ms;  // the last grant or request to exit
  };
  explicit DoorForced(const RuleSpec& spec) : window_ms_(spec.duration_ms("grant_window")) {}

  void on_event(State& state, const DoorFold& fold) const {
    if (fold.event.kind == AccessKind::badge_granted || fold.event.kind == AccessKind::exit_requested)
      state.admitted_ms = fold.now_ms();
    if (!opens(fold)) return;
    const bool is_admitted = state.admitted_ms != no_time_ms && fold.now_ms() - state.admitted_ms <= window_ms_;
    if (!is_admitted) raise(fold, rule);
  }
  void judge(const State&, DoorJudge& judge) const { judge.add_all(); }

 private:
  TimeMs window_ms_;
};

}  // namespace vigia
