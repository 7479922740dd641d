// seal_opened: opened outside the depots of its trip. It runs to `closed`; further openings while it is open are no second
// alert, and an authorised opening is not judged again later. An officer who is present authorises none, but the alert says so.
#pragma once

#include "operators/depot.h"
#include "operators/fold.h"

namespace vigia {

class SealOpened : public OperatorBase {
 public:
  static constexpr std::string_view kind = "seal_opened";
  explicit SealOpened(const RuleSpec&) {}

  void on_opened(Fold& fold) const {
    fold.emitter.open(rule, 0, fold.now_ms(), fold.view.lat_deg, fold.view.lon_deg, fold.view.trip);
  }
  void on_closed(Fold& fold) const { fold.emitter.close(rule, 0, fold.now_ms()); }
  void on_trip_end(Fold& fold, TimeMs at_ms) const { fold.emitter.close(rule, 0, at_ms); }

  void judge(SealJudge& judge) const {
    judge.for_each_candidate([&](const Candidate& candidate) {
      if (in_own_depot(judge, candidate)) return;
      judge.add(candidate).value = officer_present(judge.trip(candidate.context), candidate.start_ms) ? 1 : 0;
    });
  }
};

}  // namespace vigia
