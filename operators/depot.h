// Whether something happened inside one of its trip's own two depots.
#pragma once

#include "operators/fold.h"

namespace vigia {

[[nodiscard]] inline bool in_own_depot(const SealJudge& judge, const Candidate& candidate) {
  const auto* trip = judge.trip(candidate.context);
  if (trip == nullptr || std::isnan(candidate.lat_deg)) return false;
  const auto holds = [&](std::uint32_t zone) {
    return zone != SiteModel::npos && judge.site.index.contains(zone, {candidate.lat_deg, candidate.lon_deg});
  };
  return holds(trip->origin.value) || holds(trip->destination.value);
}

}  // namespace vigia
