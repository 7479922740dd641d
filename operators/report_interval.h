// report_interval: two messages in a row further apart in device time than `interval`; one alert a pair, over before it is
// raised. Silence at the end is signal_lost's.
#pragma once

#include "operators/fold.h"

namespace vigia {

class ReportInterval : public OperatorBase {
 public:
  static constexpr std::string_view kind = "report_interval";
  explicit ReportInterval(const RuleSpec& spec) : interval_ms_(spec.duration_ms("interval")) {}

  void on_message(Fold& fold, TimeMs previous_ms) const {
    if (previous_ms == no_time_ms || fold.now_ms() - previous_ms <= interval_ms_) return;
    fold.emitter.instant(rule, 0, previous_ms, fold.now_ms(), fold.view.lat_deg, fold.view.lon_deg, fold.view.trip);
  }
  void judge(SealJudge& judge) const {
    judge.for_each_candidate(
        [&](const Candidate& candidate) { judge.add(candidate).status = schema::AlertStatus::cleared; });
  }

 private:
  TimeMs interval_ms_;
};

}  // namespace vigia
