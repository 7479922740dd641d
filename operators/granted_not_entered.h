// granted_not_entered: a grant that no opening followed up to the end of `entry_window`, by whomever. From the grant to the end
// of the window. The clock raises it as provisional, the next event behind the window decides it, and so does the time within
// which an opening could still have come.
#pragma once

#include "operators/door_fold.h"

namespace vigia {

class GrantedNotEntered : public OperatorBase {
 public:
  static constexpr std::string_view kind = "granted_not_entered";
  struct State {
    TimeMs granted_ms = no_time_ms;  // the last grant, while its window is open and no opening has come
    std::uint64_t earlier = 0;       // how many grants before it are in the same case; those are findings that are open
  };
  explicit GrantedNotEntered(const RuleSpec& spec) : window_ms_(spec.duration_ms("entry_window")) {}

  void on_event(State& state, const DoorFold& fold) const {
    expire(state, fold);
    if (fold.event.kind == AccessKind::door_opened) {
      state.granted_ms = no_time_ms;
      if (state.earlier == 0) return;
      fold.emitter.close_where(rule, [](const Candidate&) { return answered_ms; });
      state.earlier = 0;
    } else if (fold.event.kind == AccessKind::badge_granted) {
      if (state.granted_ms != no_time_ms) {
        fold.emitter.open(rule, 0, state.granted_ms, NAN, NAN, 0);
        ++state.earlier;
      }
      state.granted_ms = fold.now_ms();
      fold.emitter.deadline(fold.now_ms() + window_ms_);
    }
  }
  [[nodiscard]] TimeMs due(const State& state, const DoorState&) const {
    return state.granted_ms == no_time_ms ? never_ms : state.granted_ms + window_ms_;
  }
  void judge(const State& state, DoorJudge& judge) const {
    judge.for_each_candidate([&](const Candidate& candidate) {
      if (candidate.is_open())
        judge_waiting(judge, candidate.start_ms);
      else if (candidate.end_ms != answered_ms)
        judge.add(candidate);
    });
    if (state.granted_ms != no_time_ms) judge_waiting(judge, state.granted_ms);
  }

 private:
  // Windows that ended before this event.
  void expire(State& state, const DoorFold& fold) const {
    const auto is_over = [&](TimeMs granted_ms) { return granted_ms + window_ms_ < fold.now_ms(); };
    if (state.earlier != 0)
      state.earlier -= fold.emitter.close_where(
          rule, [&](const Candidate& c) { return is_over(c.start_ms) ? c.start_ms + window_ms_ : TimeMs{0}; });
    if (state.granted_ms == no_time_ms || !is_over(state.granted_ms)) return;
    fold.emitter.instant(rule, 0, state.granted_ms, state.granted_ms + window_ms_, NAN, NAN, 0);
    state.granted_ms = no_time_ms;
  }
  void judge_waiting(DoorJudge& judge, TimeMs granted_ms) const {
    const auto due_ms = granted_ms + window_ms_;
    const auto decided_ms = due_ms + judge.message_horizon_ms();
    judge.ask_again(due_ms);
    judge.ask_again(decided_ms);
    if (judge.key.clock_ms <= due_ms) return;
    const bool is_decided = judge.key.clock_ms > decided_ms;
    auto& episode = judge.add(granted_ms, is_decided ? decided_ms : due_ms);
    episode.status = is_decided ? schema::AlertStatus::cleared : schema::AlertStatus::provisional;
    episode.end_ms = due_ms;
  }

  TimeMs window_ms_;
};

}  // namespace vigia
