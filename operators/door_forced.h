// door_forced: an opening without a grant or a request to exit at that door in `grant_window` before it. An instant. With
// `attend_when: cleared` the alert says whether the door is still open since then, for it may not be closed before the door is.
#pragma once

#include "operators/door_fold.h"

namespace vigia {

class DoorForced : public OperatorBase {
 public:
  static constexpr std::string_view kind = "door_forced";
  struct State {
    TimeMs admitted_ms = no_time_ms;  // the last grant or request to exit
  };
  explicit DoorForced(const RuleSpec& spec)
      : window_ms_(spec.duration_ms("grant_window")), tells_open_(spec.triage.attend_when_cleared) {}

  void on_event(State& state, const DoorFold& fold) const {
    if (fold.event.kind == AccessKind::badge_granted || fold.event.kind == AccessKind::exit_requested)
      state.admitted_ms = fold.now_ms();
    if (tells_open_ && fold.event.kind == AccessKind::door_closed) fold.emitter.touch();
    if (!opens(fold)) return;
    const bool is_admitted = state.admitted_ms != no_time_ms && fold.now_ms() - state.admitted_ms <= window_ms_;
    if (!is_admitted) raise(fold, rule);
  }
  void judge(const State&, DoorJudge& judge) const {
    judge.for_each_candidate([&](const Candidate& candidate) {
      const bool is_open = tells_open_ && judge.device.is_open() && judge.device.opened_ms == candidate.start_ms;
      judge.add(candidate).value = is_open ? 1 : 0;
    });
  }

 private:
  TimeMs window_ms_;
  bool tells_open_;
};

}  // namespace vigia
