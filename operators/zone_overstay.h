// zone_overstay: in a zone for longer than `limit`, from entered to left. With no exit known it is judged to the last
// position inside; the clock raises it earlier as provisional.
#pragma once

#include "operators/fold.h"
#include "operators/zone_choice.h"

namespace vigia {

class ZoneOverstay : public OperatorBase {
 public:
  static constexpr std::string_view kind = "zone_overstay";
  ZoneOverstay(const RuleSpec& spec, const SiteModel& site)
      : limit_ms_(spec.duration_ms("limit")), zones_(spec.only, site) {}

  void on_crossing(Fold& fold, std::uint32_t zone, TimeMs at_ms, bool enters, LatLon where) const {
    if (!zones_.holds(zone)) return;
    const auto number = fold.site.zones[zone].number;
    if (!enters) return fold.emitter.close(rule, number, at_ms);
    fold.emitter.open(rule, number, at_ms, where.lat_deg, where.lon_deg, fold.view.trip);
    fold.emitter.deadline(at_ms + limit_ms_);
  }

  // It was there already when the rule or the zone came: since its last position, as far as is known.
  void on_found_inside(Fold& fold, std::uint32_t zone) const {
    if (zones_.holds(zone) && fold.emitter.find_open(rule, fold.site.zones[zone].number) == nullptr)
      on_crossing(fold, zone, fold.view.fix_ms, true, fold.view.fix());
  }

  // While one is open, each position inside may be the one that proves it; not before its deadline.
  void on_fix(Fold& fold, LatLon, TimeMs at_ms) const {
    if (at_ms <= fold.emitter.next_due_ms() || fold.emitter.ledger() == nullptr) return;
    for (const auto& candidate : fold.emitter.ledger()->candidates)
      if (candidate.is_open() && candidate.rule == rule && at_ms - candidate.start_ms > limit_ms_)
        return fold.emitter.touch();
  }

  void on_trip_end(Fold& fold, TimeMs at_ms) const {
    // Judged to the last position inside, though it ends with the trip.
    if (fold.emitter.ledger() == nullptr) return;
    for (auto& candidate : fold.emitter.ledger()->candidates)
      if (candidate.is_open() && candidate.rule == rule)
        candidate.tag = fold.view.fix_ms - candidate.start_ms > limit_ms_ ? 1 : 2;
    fold.emitter.close_all(rule, at_ms);
  }

  void judge(SealJudge& judge) const {
    judge.for_each_candidate([&](const Candidate& candidate) {
      if (!candidate.is_open()) {
        const bool long_enough =
            candidate.tag != 0 ? candidate.tag == 1 : candidate.end_ms - candidate.start_ms > limit_ms_;
        if (long_enough) judge.add(candidate);
        return;
      }
      if (judge.view.fix_ms - candidate.start_ms > limit_ms_) {
        judge.add(candidate);
        return;
      }
      const auto due_ms = candidate.start_ms + limit_ms_;
      const auto horizon_ms = judge.view.fix_ms + judge.message_horizon_ms();
      judge.ask_again(due_ms);
      judge.out.watch |= judge.key.clock_ms > due_ms;  // from now on the next position may prove it
      if (due_ms > horizon_ms) return;
      judge.ask_again(horizon_ms);
      if (judge.key.clock_ms <= due_ms || judge.key.clock_ms > horizon_ms) return;
      auto& episode = judge.add(candidate);
      episode.status = schema::AlertStatus::provisional;
      episode.detected_ms = due_ms;
    });
  }

 private:
  TimeMs limit_ms_;
  ZoneChoice zones_;
};

}  // namespace vigia
