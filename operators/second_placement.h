// second_placement: `closed` after `removed` on the same trip. An instant, once for each removal.
#pragma once

#include "operators/fold.h"

namespace vigia {

class SecondPlacement : public OperatorBase {
 public:
  static constexpr std::string_view kind = "second_placement";
  explicit SecondPlacement(const RuleSpec&) {}

  void on_lock(Fold& fold, schema::Lock, schema::Lock to) const {
    if (to == schema::Lock::closed && fold.view.is(view_removed))
      fold.emitter.instant(rule, 0, fold.now_ms(), fold.now_ms(), fold.view.lat_deg, fold.view.lon_deg, fold.view.trip);
  }
  void judge(SealJudge& judge) const { judge.add_all(); }
};

}  // namespace vigia
