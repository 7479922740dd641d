// Which zones a zone rule is limited to: `only: {zone, site}` tried once against each zone of the site model.
#pragma once

#include <vector>

#include "operators/rule.h"
#include "operators/site_model.h"

namespace vigia {

class ZoneChoice {
 public:
  ZoneChoice() = default;
  ZoneChoice(const Only& only, const SiteModel& site) {
    for (const auto& zone : site.zones)
      chosen_.push_back(matches(only.zone, zone.id) && matches_site(only.site, zone.site));
  }
  [[nodiscard]] bool holds(std::uint32_t zone) const { return chosen_[zone]; }

  // True when the list is empty or one of its patterns matches.
  [[nodiscard]] static bool matches(const std::vector<std::string>& patterns, std::string_view text) {
    if (patterns.empty()) return true;
    for (const auto& pattern : patterns)
      if (glob_match(pattern, text)) return true;
    return false;
  }
  // What has no site is at none, whatever the patterns.
  [[nodiscard]] static bool matches_site(const std::vector<std::string>& patterns, std::string_view site) {
    return patterns.empty() || (!site.empty() && matches(patterns, site));
  }

 private:
  std::vector<bool> chosen_;
};

}  // namespace vigia
