// Random trips of random seals, with coverage holes, lost and doubled messages and stray fixes: what the order law is
// tried on. The same seed gives the same world.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/identity.h"
#include "tests/reference/load.h"

namespace vigia::scenarios {

enum class Arrival {
  backlog,     // numbered devices; what is made in a coverage hole comes hours later, in any order
  unnumbered,  // no numbers; everything comes within allowed_lateness (10 min)
  shuffled,    // any order at all; allowed_lateness is the horizon
};

struct RandomWorld {
  std::string pipeline_yaml;           // beside zones.geojson and routes.geojson of the standard site
  std::vector<reference::Line> lines;  // in the order of arrival
  TimeMs until_ms = 0;
};

[[nodiscard]] RandomWorld make_random_world(Arrival arrival, std::uint64_t seed);

}  // namespace vigia::scenarios
