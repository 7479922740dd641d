// The script of one simulated trip: everything that will happen on it, decided before it begins. The truck plays it;
// the ground truth is read off it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/simulated_random.h"
#include "connectors/simulated_route.h"
#include "engine/identity.h"
#include "schemas/seal_event_generated.h"

namespace vigia {

enum class StopPermission : std::uint8_t {
  none,        // nobody allowed it: an unauthorised stop when it is long
  in_time,     // announced as it begins
  afterwards,  // announced when the alert is already out: it has to be withdrawn
};

struct PlannedStop {
  double at_m = 0;
  TimeMs length_ms = 0;
  StopPermission permission = StopPermission::none;
};

struct PlannedDetour {
  double from_m = 0, to_m = 0;
  double offset_m = 0;  // the furthest point from the road; negative: on the other side
};

// A lock state other than closed, from a place on, for a time.
struct PlannedLock {
  double at_m = 0;
  schema::Lock lock = schema::Lock::opened;
  TimeMs length_ms = 0;
};

// Without radio, or with a wrong clock, from `from_ms` to `until_ms`.
struct PlannedSpan {
  TimeMs from_ms = 0, until_ms = 0;
};

struct PlannedTrip {
  std::string trip_id;
  const SimulatedRoute* route = nullptr;
  bool reversed = false;
  TimeMs start_ms = 0;
  TimeMs due_ms = 0;
  double speed_mps = 0;
  std::vector<PlannedStop> stops;  // in the order of driving
  std::optional<PlannedDetour> detour;
  std::optional<PlannedLock> lock;
  std::vector<PlannedSpan> holes;  // in order of time, apart from each other
  std::optional<PlannedSpan> bad_clock;
  TimeMs bad_clock_by_ms = 0;  // how far the device's clock is off meanwhile
  std::optional<double> panic_at_m;
  double weight_in_kg = 0, weight_out_kg = 0;
  bool officer_at_removal = true;

  // When it should arrive, everything that is planned included; without what happens at the destination.
  [[nodiscard]] TimeMs arrival_ms() const;
};

// How often things happen. Probabilities are per trip.
struct SimulatedHabits {
  double unauthorized_stop = 0.25;
  double authorized_stop = 0.3;
  double short_stop = 0.6;
  double detour = 0.12;
  double opened = 0.06;
  double tampered = 0.03;
  double removed = 0.02;
  double wrong_unlock = 0.02;
  double late = 0.1;
  double bad_clock = 0.02;
  double panic = 0.01;
  double lost_weight = 0.04;
  double officer_missing = 0.03;
  double holes_per_hour = 0.3;
  double stale = 0.03;       // a message from three days ago, found in the device's memory
  double garbled = 0.03;     // a message that is none
  double duplicate = 0.004;  // per record
};

[[nodiscard]] PlannedTrip plan_trip(SimulatedRandom& random, const SimulatedHabits& habits, const SimulatedRoute& route,
                                    bool reversed, TimeMs start_ms, std::string trip_id);

}  // namespace vigia
