// seal_removed: removed elsewhere than in a depot of its trip with an officer present.
#pragma once

#include "operators/depot.h"
#include "operators/fold.h"

namespace vigia {

class SealRemoved : public OperatorBase {
 public:
  static constexpr std::string_view kind = "seal_removed";
  explicit SealRemoved(const RuleSpec&) {}

  void on_lock(Fold& fold, schema::Lock, schema::Lock to) const {
    if (to != schema::Lock::removed) return;
    fold.emitter.instant(rule, 0, fold.now_ms(), fold.now_ms(), fold.view.lat_deg, fold.view.lon_deg, fold.view.trip);
  }

  void judge(SealJudge& judge) const {
    judge.for_each_candidate([&](const Candidate& candidate) {
      const bool has_officer = officer_present(judge.trip(candidate.context), candidate.start_ms);
      if (!has_officer || !in_own_depot(judge, candidate)) judge.add(candidate).value = has_officer ? 1 : 0;
    });
  }
};

}  // namespace vigia
