// trip_delayed: `due_ms` passes without `finish`. The clock raises it as provisional; a later finish, or the time within
// which a finish in time could still have come, confirms it; a finish in time withdraws it. A cancel, or the start of the
// next trip, ends it.
#pragma once

#include "operators/fold.h"

namespace vigia {

class TripDelayed : public OperatorBase {
 public:
  static constexpr std::string_view kind = "trip_delayed";
  explicit TripDelayed(const RuleSpec&) {}

  void judge(SealJudge& judge) const {
    if (judge.key.context == nullptr) return;
    for (const auto& span : judge.key.context->spans()) {
      const auto* trip = judge.trip(span.trip);
      if (trip == nullptr || trip->due_ms.at_ms == no_time_ms) continue;
      const auto due_ms = trip->due_ms.value;
      if (span.end_ms != never_ms) {
        if (span.end_ms > due_ms) add_ended(judge, span, due_ms);
        continue;
      }
      const auto decided_ms = due_ms + judge.settings.allowed_lateness_ms;
      judge.ask_again(due_ms);
      judge.ask_again(decided_ms);
      if (judge.key.clock_ms <= due_ms) continue;
      const bool decided = judge.key.clock_ms > decided_ms;
      auto& episode = judge.add(due_ms, decided ? decided_ms : due_ms);
      episode.status = decided ? schema::AlertStatus::confirmed : schema::AlertStatus::provisional;
      episode.context = span.trip;
    }
  }

 private:
  static void add_ended(SealJudge& judge, const TripSpan& span, TimeMs due_ms) {
    auto& episode = judge.add(due_ms, span.ended_by->broker_ms);
    episode.status = schema::AlertStatus::cleared;
    episode.end_ms = span.end_ms;
    episode.context = span.trip;
    episode.late_by_ms = std::max<TimeMs>(0, span.ended_by->broker_ms - span.end_ms);
    episode.evidence[0] = span.ended_by->evidence;
  }
};

}  // namespace vigia
