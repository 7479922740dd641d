// report_distance: two positions in a row further apart than `distance_m`; one alert a pair, over before it is raised.
#pragma once

#include "operators/fold.h"
#include "operators/stop_radius.h"

namespace vigia {

class ReportDistance : public OperatorBase {
 public:
  static constexpr std::string_view kind = "report_distance";
  explicit ReportDistance(const RuleSpec& spec) : distance_(spec.number("distance_m")) {}

  void on_fix(Fold& fold, LatLon fix, TimeMs at_ms) const {
    if (!fold.view.has_fix() || distance_.holds(fold.view.fix(), fix)) return;
    fold.emitter.instant(rule, 0, fold.view.fix_ms, at_ms, fix.lat_deg, fix.lon_deg, fold.view.trip);
  }
  void judge(SealJudge& judge) const {
    judge.for_each_candidate(
        [&](const Candidate& candidate) { judge.add(candidate).status = schema::AlertStatus::cleared; });
  }

 private:
  StopRadius distance_;
};

}  // namespace vigia
