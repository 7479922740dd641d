// area_not_permitted: a badge, granted or denied, at a door of an area that its holder may not enter. An instant. Not judged: a
// door without area, a holder that is not listed.
#pragma once

#include "operators/door_fold.h"

namespace vigia {

class AreaNotPermitted : public OperatorBase {
 public:
  static constexpr std::string_view kind = "area_not_permitted";
  explicit AreaNotPermitted(const RuleSpec&) {}

  [[nodiscard]] static bool may_concern(const Door* door) { return door != nullptr && !door->area.empty(); }

  void on_event(const DoorFold& fold) const {
    const bool is_badge = fold.event.kind == AccessKind::badge_granted || fold.event.kind == AccessKind::badge_denied;
    const auto* door = is_badge ? door_of(fold) : nullptr;
    if (door == nullptr || door->area.empty()) return;
    const auto* holder = fold.site.equipment.find_holder(fold.event.holder);
    if (holder == nullptr || std::ranges::find(holder->areas, door->area) != holder->areas.end()) return;
    raise(fold, rule, static_cast<std::uint32_t>(fold.event.holder), fold.event.holder);
  }
  void judge(DoorJudge& judge) const { judge.add_all(); }
};

}  // namespace vigia
