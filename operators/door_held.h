// door_held: open for longer than `held_limit`: from opened to closed. The clock raises it as provisional; a later event of the
// door that still finds it open confirms it, and so does the time within which a `closed` could still have come.
#pragma once

#include "operators/door_fold.h"

namespace vigia {

class DoorHeld : public OperatorBase {
 public:
  static constexpr std::string_view kind = "door_held";
  explicit DoorHeld(const RuleSpec& spec) : limit_ms_(spec.duration_ms("held_limit")) {}

  void on_event(const DoorFold& fold) const {
    if (opens(fold)) return fold.emitter.deadline(fold.now_ms() + limit_ms_);
    const auto opened_ms = fold.device.opened_ms;
    if (opened_ms == no_time_ms || fold.now_ms() - opened_ms <= limit_ms_) return;
    if (fold.emitter.find_open(rule, 0) == nullptr) fold.emitter.open(rule, 0, opened_ms, NAN, NAN, 0);
    if (fold.event.kind == AccessKind::door_closed) fold.emitter.close(rule, 0, fold.now_ms());
  }
  [[nodiscard]] TimeMs due(const DoorState& door) const {
    return door.is_open() ? door.opened_ms + limit_ms_ : never_ms;
  }
  void judge(DoorJudge& judge) const {
    bool is_proven = false;
    judge.for_each_candidate([&](const Candidate& candidate) {
      is_proven |= candidate.is_open();
      judge.add(candidate);
    });
    if (is_proven || !judge.device.is_open()) return;
    const auto due_ms = judge.device.opened_ms + limit_ms_;
    const auto decided_ms = due_ms + judge.message_horizon_ms();
    judge.ask_again(due_ms);
    judge.ask_again(decided_ms);
    if (judge.key.clock_ms <= due_ms) return;
    const bool is_decided = judge.key.clock_ms > decided_ms;
    auto& episode = judge.add(judge.device.opened_ms, is_decided ? decided_ms : due_ms);
    episode.status = is_decided ? schema::AlertStatus::confirmed : schema::AlertStatus::provisional;
  }

 private:
  TimeMs limit_ms_;
};

}  // namespace vigia
