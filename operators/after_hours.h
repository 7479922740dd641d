// after_hours: each grant and each opening outside of the door's hours, by the local clock. An instant.
#pragma once

#include "operators/door_fold.h"

namespace vigia {

class AfterHours : public OperatorBase {
 public:
  static constexpr std::string_view kind = "after_hours";
  explicit AfterHours(const RuleSpec&) {}

  [[nodiscard]] static bool may_concern(const Door* door) {
    return door != nullptr && (door->closed_permanently || !door->spans.empty());
  }

  void on_event(const DoorFold& fold) const {
    if (fold.event.kind != AccessKind::badge_granted && !opens(fold)) return;
    const auto* door = door_of(fold);
    if (door == nullptr) return;
    if (door->closed_permanently || !is_open_at(door->spans, fold.site.days.local_ms(fold.now_ms()))) raise(fold, rule);
  }
  void judge(DoorJudge& judge) const { judge.add_all(); }
};

}  // namespace vigia
