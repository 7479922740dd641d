// Runs a rule through the stage of seals in every way that must not matter, and compares: with the alerts that the test
// expects, and with a naive recomputation. One call, check(), runs a case
//
//   one by one, in batches of 32, and at once; each on 1, 2 and 8 threads; each again restored from a snapshot between any
//   two epochs, and taken over by another task: the same bytes for the same batch;
//   with every line twice;
//   shuffled (seeds are printed), with an allowed lateness of the horizon, and the broker times that such an arrival has:
//   only against the recomputation.
//
// The world of a case lies at 0°N 0°E, in metres: route `r` along the east axis to 20 km (half-width 200 m); depots `home`
// at 0 and `yard` at 15 km, exempt zone `cafe` at 10 km (squares of 600 m); area `ring` around 5 km (radius 500 m).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/identity.h"
#include "tests/reference/load.h"

namespace vigia::kit {

using reference::Line;

inline constexpr TimeMs zero_ms = 1'772'409'600'000;  // 2026-03-02T00:00:00Z
inline constexpr TimeMs second_ms = 1'000, minute_ms = 60'000, hour_ms = 3'600'000;
[[nodiscard]] constexpr TimeMs at(std::int64_t minute, std::int64_t second = 0) {
  return zero_ms + minute * minute_ms + second * second_ms;
}

struct Place {
  double east_m = 0, north_m = 0;
};

struct Extra {
  std::string lock = {};
  std::vector<std::string> conditions = {};
  std::uint32_t sequence = 0;
  bool buffered = false;
  TimeMs delay_ms = 0;  // from the event to its record
  std::string seal = "s";
  std::string provider = {};
};

// A message of a seal, with a fix and without.
[[nodiscard]] Line ping(TimeMs time_ms, Place place, const Extra& extra = {});
[[nodiscard]] Line mute(TimeMs time_ms, const Extra& extra = {});

// An event of trip "t" (or another) of seal "s". `fields`: more members of the JSON object, e.g. R"("due_ms":5)".
[[nodiscard]] Line trip(TimeMs time_ms, const std::string& action, const std::string& fields = {}, TimeMs delay_ms = 0,
                        const std::string& trip_id = "t");

// A start with the route and both depots.
[[nodiscard]] Line start(TimeMs time_ms);

// A message of another seal, on no trip: moves the clock and nothing else.
[[nodiscard]] inline Line clock_at(TimeMs time_ms) { return mute(time_ms, {.seal = "another"}); }

struct ExpectedAlert {
  std::string rule;  // id
  TimeMs start_ms = 0;
  TimeMs end_ms = 0;  // 0: it lasts
  std::string status;
  std::string numbers = {};  // of service_quality: "WITHOUT WITH RATIO"
};

struct Case {
  std::string rules;                    // of the pipeline file: "{id: stop, kind: unauthorized_stop}", one a line
  std::vector<Line> lines;              // in the order of their arrival
  std::vector<ExpectedAlert> expected;  // final alerts; clock faults are left out unless a rule is named clock_fault
  TimeMs until_ms = 0;                  // 0: the clock stays at the last line
  std::vector<std::string> told = {};   // statuses of all revisions, one by one; empty: not compared
  bool about_arrival = false;           // the rule is about the arrival: not shuffled
  std::string timezone = "UTC";
  bool judged_alone = false;  // an alarm beyond its time: each delivery of it counts as applied
};

// Adds a gtest failure for each way in which the case went wrong.
void check(const Case& tried);

}  // namespace vigia::kit
