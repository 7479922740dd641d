// clock_fault: the device's clock is ahead, or far behind: from the first event with a faulty time to the next sound one.
// An implicit rule: every device is watched.
#pragma once

#include "operators/fold.h"

namespace vigia {

class ClockFault : public OperatorBase {
 public:
  static constexpr std::string_view kind = "clock_fault";
  explicit ClockFault(const RuleSpec&) {}

  void on_clock(Fold& fold, bool fault) const {
    if (fault)
      fold.emitter.open(rule, 0, fold.now_ms(), fold.view.lat_deg, fold.view.lon_deg, fold.view.trip);
    else
      fold.emitter.close(rule, 0, fold.now_ms());
  }
  void judge(SealJudge& judge) const { judge.add_all(); }
};

}  // namespace vigia
