// visitor_unescorted: a visitor's grant without one of an escort at that door, at most `window` before or behind it: of the holder
// that it names, else of an employee, officer or guard. An instant, told once the window behind it has passed.
#pragma once

#include <array>

#include "operators/door_fold.h"

namespace vigia {

class VisitorUnescorted : public OperatorBase {
 public:
  static constexpr std::string_view kind = "visitor_unescorted";
  struct Grant {
    std::uint64_t holder = 0;
    TimeMs at_ms = no_time_ms;
  };
  // The last grants of different holders, latest first. One that is pushed out while it counts becomes an internal finding.
  struct State {
    TimeMs escort_ms = no_time_ms;  // of whomever may escort
    std::array<Grant, 4> last;
    std::uint64_t pushed_out = 0;  // internal findings that are open,
    std::uint64_t waiting = 0;     // and visitors' grants that are
  };
  explicit VisitorUnescorted(const RuleSpec& spec) : window_ms_(spec.duration_ms("window")) {}

  void on_event(State& state, const DoorFold& fold) const {
    if (fold.event.kind != AccessKind::badge_granted) return;
    expire(state, fold);
    const auto holder_class = class_of(fold.event, fold.site);
    const bool may_escort = holder_class == HolderClass::employee || holder_class == HolderClass::officer ||
                            holder_class == HolderClass::guard;
    if (state.waiting != 0) answer(state, fold, may_escort);
    if (holder_class == HolderClass::visitor && !is_escorted(state, fold)) {
      fold.emitter.open(rule, low(fold.event.escort), fold.now_ms(), NAN, NAN, fold.event.holder);
      ++state.waiting;
    }
    if (may_escort) state.escort_ms = fold.now_ms();
    if (fold.event.holder != 0) remember(state, fold);
  }
  void judge(const State&, DoorJudge& judge) const {
    judge.for_each_candidate([&](const Candidate& candidate) {
      if (candidate.end_ms == answered_ms) return;
      const auto due_ms = candidate.start_ms + window_ms_;
      if (candidate.is_open()) judge.ask_again(due_ms);
      if (candidate.is_open() && judge.key.clock_ms <= due_ms) return;
      auto& episode = judge.add(candidate);
      episode.status = schema::AlertStatus::confirmed;
      episode.end_ms = candidate.start_ms;
      episode.evidence[1] = {};
      if (candidate.is_open()) episode.detected_ms = due_ms;
    });
  }

 private:
  static std::uint32_t low(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }

  void expire(State& state, const DoorFold& fold) const {
    const auto over = [&](const Candidate& c) {
      return c.start_ms + window_ms_ < fold.now_ms() ? c.start_ms + window_ms_ : TimeMs{0};
    };
    if (state.waiting != 0) state.waiting -= fold.emitter.close_where(rule, over);
    if (state.pushed_out != 0) state.pushed_out -= fold.emitter.close_where(internal_rule(rule), over);
  }
  // Visitors that this holder may be the escort of.
  void answer(State& state, const DoorFold& fold, bool may_escort) const {
    state.waiting -= fold.emitter.close_where(rule, [&](const Candidate& visitor) {
      const bool is_answer = visitor.discriminator == 0 ? may_escort : visitor.discriminator == low(fold.event.holder);
      return is_answer ? answered_ms : TimeMs{0};
    });
  }
  [[nodiscard]] bool is_near(TimeMs at_ms, const DoorFold& fold) const {
    return at_ms != no_time_ms && fold.now_ms() - at_ms <= window_ms_;
  }
  [[nodiscard]] bool is_escorted(const State& state, const DoorFold& fold) const {
    const auto escort = fold.event.escort;
    if (escort == 0) return is_near(state.escort_ms, fold);
    for (const Grant& grant : state.last)
      if (grant.holder == escort) return is_near(grant.at_ms, fold);
    return state.pushed_out != 0 && fold.emitter.find_open(internal_rule(rule), low(escort)) != nullptr;
  }
  void remember(State& state, const DoorFold& fold) const {
    auto at = std::ranges::find(state.last, fold.event.holder, &Grant::holder);
    if (at == state.last.end()) {
      --at;
      if (is_near(at->at_ms, fold)) {
        fold.emitter.open(internal_rule(rule), low(at->holder), at->at_ms, NAN, NAN, 0);
        ++state.pushed_out;
      }
    }
    std::move_backward(state.last.begin(), at, at + 1);
    state.last.front() = {fold.event.holder, fold.now_ms()};
  }

  TimeMs window_ms_;
};

}  // namespace vigia
