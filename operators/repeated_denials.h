// repeated_denials by door: it starts with the first denial of the first `count` within `window`, goes on while the next comes
// within `window` of the last, and ends with the last, once `window` has passed. By holder: operators/badge_rules.h.
#pragma once

#include <span>

#include "operators/door_fold.h"

namespace vigia {

class RepeatedDenials : public OperatorBase {
 public:
  static constexpr std::string_view kind = "repeated_denials";
  // Behind it stand the times of the count - 1 denials before the last, oldest first; 0: there was none.
  struct State {
    TimeMs last_ms = no_time_ms;
    std::uint64_t goes_on = 0;  // a finding is open
  };
  explicit RepeatedDenials(const RuleSpec& spec)
      : window_ms_(spec.duration_ms("window")),
        before_(static_cast<std::size_t>(spec.integer("count") - 1)),
        is_judged_(spec.string("by") == "door") {}

  [[nodiscard]] std::size_t state_bytes() const { return sizeof(State) + (is_judged_ ? before_ * sizeof(TimeMs) : 0); }

  void on_event(State& state, const DoorFold& fold) const {
    if (!is_judged_ || fold.event.kind != AccessKind::badge_denied) return;
    const auto now_ms = fold.now_ms();
    if (state.goes_on != 0 && now_ms - state.last_ms > window_ms_) {
      fold.emitter.close(rule, 0, state.last_ms);
      state.goes_on = 0;
    }
    const std::span<TimeMs> before(reinterpret_cast<TimeMs*>(&state + 1), before_);
    if (!before.empty()) {
      std::shift_left(before.begin(), before.end(), 1);
      before.back() = state.last_ms == no_time_ms ? 0 : state.last_ms;
    }
    state.last_ms = now_ms;
    const auto first_ms = before.empty() ? now_ms : before.front();
    if (state.goes_on == 0) {
      if (first_ms == 0 || now_ms - first_ms > window_ms_) return;
      fold.emitter.open(rule, 0, first_ms, NAN, NAN, 0);
      state.goes_on = 1;
    }
    // Each time: the clock may have ended it already, before this denial came.
    fold.emitter.deadline(now_ms + window_ms_);
    fold.emitter.touch();
  }
  [[nodiscard]] TimeMs due(const State& state, const DoorState&) const {
    return state.goes_on != 0 ? state.last_ms + window_ms_ : never_ms;
  }
  void judge(const State& state, DoorJudge& judge) const {
    judge.for_each_candidate([&](const Candidate& candidate) {
      auto& episode = judge.add(candidate);
      if (!candidate.is_open()) return;
      const auto due_ms = state.last_ms + window_ms_;
      judge.ask_again(due_ms);
      if (judge.key.clock_ms <= due_ms) return;
      episode.status = schema::AlertStatus::cleared;
      episode.end_ms = state.last_ms;
      episode.detected_ms = due_ms;
    });
  }

 private:
  TimeMs window_ms_;
  std::size_t before_;
  bool is_judged_;
};

}  // namespace vigia
