// motion_after_hours: motion or an object outside of the hours of its zone, by the local clock. An instant.
#pragma once

#include <vector>

#include "operators/camera_fold.h"

namespace vigia {

class MotionAfterHours : public OperatorBase {
 public:
  static constexpr std::string_view kind = "motion_after_hours";
  MotionAfterHours(const RuleSpec&, const SiteModel& site) {
    for (const Zone& zone : site.zones)
      hours_.push_back(parse_opening_hours(zone.hours).value_or(std::vector<OpenSpan>()));
  }

  void on_event(const CameraFold& fold) const {
    if (fold.event.kind != CameraKind::motion_started && fold.event.kind != CameraKind::object) return;
    const auto zone = fold.site.find_zone(zone_of(fold));
    if (zone == SiteModel::npos || is_open_at(hours_[zone], fold.site.days.local_ms(fold.now_ms()))) return;
    const CameraNote note{fold.event.track, fold.event.zone_code};
    fold.emitter.instant(rule, note.discriminator(), fold.now_ms(), fold.now_ms(), NAN, NAN, note.packed());
  }
  void judge(CameraJudge& judge) const { judge.add_all(); }

 private:
  std::vector<std::vector<OpenSpan>> hours_;  // by zone of the site
};

}  // namespace vigia
