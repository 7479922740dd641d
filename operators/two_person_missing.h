// two_person_missing: an opening with fewer than two grants of different holders at that door in `window` before it. An instant.
#pragma once

#include <utility>

#include "operators/door_fold.h"

namespace vigia {

class TwoPersonMissing : public OperatorBase {
 public:
  static constexpr std::string_view kind = "two_person_missing";
  struct Grant {
    std::uint64_t holder = 0;
    TimeMs at_ms = no_time_ms;
  };
  struct State {
    Grant last, other;  // the last grant, and the last one of anybody else
  };
  explicit TwoPersonMissing(const RuleSpec& spec) : window_ms_(spec.duration_ms("window")) {}

  void on_event(State& state, const DoorFold& fold) const {
    if (fold.event.kind == AccessKind::badge_granted && fold.event.holder != 0) {
      if (state.last.holder != fold.event.holder) state.other = state.last;
      state.last = {fold.event.holder, fold.now_ms()};
    }
    if (!opens(fold)) return;
    const auto is_near = [&](const Grant& grant) {
      return grant.at_ms != no_time_ms && fold.now_ms() - grant.at_ms <= window_ms_;
    };
    if (!is_near(state.last) || !is_near(state.other)) raise(fold, rule);
  }
  void judge(const State&, DoorJudge& judge) const { judge.add_all(); }

 private:
  TimeMs window_ms_;
};

}  // namespace vigia
