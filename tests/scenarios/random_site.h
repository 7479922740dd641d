// Random days at a guarded site: doors with badges, openings and alarms over two paths, panels, cameras with objects on their
// tracks, losses by cause, logons. What the order law of their rules is tried on. The same seed gives the same world.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/identity.h"
#include "tests/reference/load.h"
#include "tests/scenarios/random_world.h"

namespace vigia::scenarios {

// One delivery of an event: as the world had it, and as it would have been had it been sent and heard at once. A second
// delivery has no such other.
struct Delivery {
  reference::Line arrived;
  std::optional<reference::Line> at_once;
};

struct RandomSite {
  std::string pipeline_yaml;  // beside the other two
  std::string site_yaml, zones_geojson;
  std::vector<Delivery> deliveries;  // in the order of arrival
  TimeMs until_ms = 0;
};

// Arrival::shuffled keeps the broker times, so that rules about silence are among the others.
[[nodiscard]] RandomSite make_random_site(Arrival arrival, std::uint64_t seed);

}  // namespace vigia::scenarios
