// panic: a seal's message reports `panic` where the one before did not. An instant.
#pragma once

#include "operators/fold.h"

namespace vigia {

class SealPanic : public OperatorBase {
 public:
  static constexpr std::string_view kind = "panic";
  explicit SealPanic(const RuleSpec&) {}

  void on_conditions(Fold& fold, std::uint8_t appeared, std::uint8_t) const {
    if ((appeared & condition_bit(schema::Condition::panic)) == 0) return;
    fold.emitter.instant(rule, 0, fold.now_ms(), fold.now_ms(), fold.view.lat_deg, fold.view.lon_deg, fold.view.trip);
  }
  void judge(SealJudge& judge) const { judge.add_all(); }
};

}  // namespace vigia
