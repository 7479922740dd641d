// panel_tamper, panel_offline: from the first report of it to the first that it is over. A panel reports under its own id.
#pragma once

#include "operators/door_fold.h"

namespace vigia {

template <AccessKind begins, AccessKind ends>
class PanelState : public OperatorBase {
 public:
  explicit PanelState(const RuleSpec&) {}

  void on_event(const DoorFold& fold) const {
    if (fold.event.kind == begins && fold.emitter.find_open(rule, 0) == nullptr)
      fold.emitter.open(rule, 0, fold.now_ms(), NAN, NAN, 0);
    if (fold.event.kind == ends) fold.emitter.close(rule, 0, fold.now_ms());
  }
  void judge(DoorJudge& judge) const { judge.add_all(); }
};

struct PanelTamper : PanelState<AccessKind::tamper, AccessKind::tamper_cleared> {
  static constexpr std::string_view kind = "panel_tamper";
  using PanelState::PanelState;
};
struct PanelOffline : PanelState<AccessKind::panel_offline, AccessKind::panel_online> {
  static constexpr std::string_view kind = "panel_offline";
  using PanelState::PanelState;
};

}  // namespace vigia
