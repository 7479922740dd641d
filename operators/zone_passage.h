// zone_entered and zone_left: instants at times interpolated along the way between two positions, so that a truck that
// crosses a zone between two pings has been in it. The end of a trip is no leaving.
#pragma once

#include "operators/fold.h"
#include "operators/zone_choice.h"

namespace vigia {

template <bool entering>
class ZonePassage : public OperatorBase {
 public:
  ZonePassage(const RuleSpec& spec, const SiteModel& site) : zones_(spec.only, site) {}

  void on_crossing(Fold& fold, std::uint32_t zone, TimeMs at_ms, bool enters, LatLon where) const {
    if (enters == entering && zones_.holds(zone))
      fold.emitter.instant(rule, fold.site.zones[zone].number, at_ms, at_ms, where.lat_deg, where.lon_deg,
                           fold.view.trip);
  }
  void judge(SealJudge& judge) const { judge.add_all(); }

 private:
  ZoneChoice zones_;
};

struct ZoneEntered : ZonePassage<true> {
  static constexpr std::string_view kind = "zone_entered";
  using ZonePassage::ZonePassage;
};

struct ZoneLeft : ZonePassage<false> {
  static constexpr std::string_view kind = "zone_left";
  using ZonePassage::ZonePassage;
};

}  // namespace vigia
