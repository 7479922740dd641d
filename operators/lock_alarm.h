// A change of the lock that is an alarm in itself, wherever it happens.
#pragma once

#include "operators/fold.h"

namespace vigia {

template <schema::Lock alarm>
class LockAlarm : public OperatorBase {
 public:
  explicit LockAlarm(const RuleSpec&) {}

  void on_lock(Fold& fold, schema::Lock, schema::Lock to) const {
    if (to == alarm)
      fold.emitter.instant(rule, 0, fold.now_ms(), fold.now_ms(), fold.view.lat_deg, fold.view.lon_deg, fold.view.trip);
  }
  void judge(SealJudge& judge) const { judge.add_all(); }
};

}  // namespace vigia
