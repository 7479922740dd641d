#include "connectors/simulated_trip.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vigia {
namespace {

constexpr TimeMs minute_ms = 60'000;
constexpr TimeMs hour_ms = 60 * minute_ms;

void plan_stops(SimulatedRandom& random, const SimulatedHabits& habits, PlannedTrip& trip) {
  const double length_m = trip.route->length_m();
  const auto place_m = [&](double from, double to) { return length_m * random.between(from, to); };
  // Each kind has its own stretch of the road, so that two stops never become one stay.
  if (random.chance(habits.unauthorized_stop)) {
    trip.stops.push_back(
        {place_m(0.15, 0.35), random.between_ms(20 * minute_ms, 55 * minute_ms), StopPermission::none});
  }
  if (random.chance(habits.authorized_stop)) {
    const StopPermission permission = random.chance(0.25) ? StopPermission::afterwards : StopPermission::in_time;
    trip.stops.push_back({place_m(0.4, 0.55), random.between_ms(20 * minute_ms, 60 * minute_ms), permission});
  }
  if (random.chance(habits.short_stop)) {
    trip.stops.push_back({place_m(0.6, 0.8), random.between_ms(3 * minute_ms, 10 * minute_ms), StopPermission::none});
  }
}

void plan_lock(SimulatedRandom& random, const SimulatedHabits& habits, PlannedTrip& trip) {
  const double at_m = trip.route->length_m() * random.between(0.2, 0.8);
  const double die = random.unit();
  double sum = 0;
  const auto falls = [&](double probability) { return die < (sum += probability); };
  if (falls(habits.opened)) {
    trip.lock = {at_m, schema::Lock::opened, random.between_ms(4 * minute_ms, 20 * minute_ms)};
  } else if (falls(habits.tampered)) {
    trip.lock = {at_m, schema::Lock::tampered, minute_ms};
  } else if (falls(habits.removed)) {
    trip.lock = {at_m, schema::Lock::removed, random.between_ms(4 * minute_ms, 10 * minute_ms)};
  } else if (falls(habits.wrong_unlock)) {
    trip.lock = {at_m, schema::Lock::wrong_unlock, minute_ms};
  }
}

void plan_detour(SimulatedRandom& random, const SimulatedHabits& habits, PlannedTrip& trip) {
  if (!random.chance(habits.detour)) return;
  const double length_m = trip.route->length_m();
  const double from_m = length_m * random.between(0.82, 0.85);
  const double to_m = std::min(from_m + random.between(8'000, 15'000), length_m * 0.95);
  const double side = random.chance(0.5) ? 1 : -1;
  trip.detour = {from_m, to_m, side * (3 * trip.route->half_width_m() + random.between(500, 1500))};
}

void plan_radio(SimulatedRandom& random, const SimulatedHabits& habits, PlannedTrip& trip, TimeMs arrival_ms) {
  if (random.chance(habits.bad_clock)) {
    const TimeMs from_ms = trip.start_ms + random.between_ms(10 * minute_ms, 40 * minute_ms);
    trip.bad_clock = {from_ms, from_ms + random.between_ms(20 * minute_ms, 60 * minute_ms)};
    trip.bad_clock_by_ms =
        random.chance(0.5) ? 24 * hour_ms : 1'000'000'000'000 - trip.start_ms;  // a day ahead, or 2001
    return;
  }
  TimeMs at_ms = trip.start_ms + 10 * minute_ms;
  while (habits.holes_per_hour > 0) {
    const double wait_hours = -std::log(1 - random.unit()) / habits.holes_per_hour;
    at_ms += static_cast<TimeMs>(wait_hours * static_cast<double>(hour_ms));
    const TimeMs length_ms = random.between_ms(6 * minute_ms, 55 * minute_ms);
    if (at_ms + length_ms > arrival_ms - 5 * minute_ms) return;
    trip.holes.push_back({at_ms, at_ms + length_ms});
    at_ms += length_ms + 10 * minute_ms;
  }
}

}  // namespace

TimeMs PlannedTrip::arrival_ms() const {
  TimeMs total_ms = static_cast<TimeMs>(route->length_m() / speed_mps * 1000);
  for (const PlannedStop& stop : stops) total_ms += stop.length_ms;
  return start_ms + total_ms;
}

PlannedTrip plan_trip(SimulatedRandom& random, const SimulatedHabits& habits, const SimulatedRoute& route,
                      bool reversed, TimeMs start_ms, std::string trip_id) {
  PlannedTrip trip;
  trip.trip_id = std::move(trip_id);
  trip.route = &route;
  trip.reversed = reversed;
  trip.start_ms = start_ms;
  trip.speed_mps = random.between(14, 22);
  plan_stops(random, habits, trip);
  plan_lock(random, habits, trip);
  plan_detour(random, habits, trip);
  const TimeMs arrival_ms = trip.arrival_ms();
  plan_radio(random, habits, trip, arrival_ms);
  if (random.chance(habits.panic)) trip.panic_at_m = route.length_m() * random.between(0.3, 0.7);
  trip.due_ms = random.chance(habits.late) ? arrival_ms - random.between_ms(20 * minute_ms, 50 * minute_ms)
                                           : arrival_ms + random.between_ms(30 * minute_ms, 90 * minute_ms);
  trip.due_ms = std::max(trip.due_ms, start_ms + minute_ms);
  trip.weight_in_kg = std::round(random.between(12'000, 32'000));
  trip.weight_out_kg = std::round(
      trip.weight_in_kg * (random.chance(habits.lost_weight) ? random.between(0.7, 0.86) : random.between(0.99, 1.01)));
  trip.officer_at_removal = !random.chance(habits.officer_missing);
  return trip;
}

}  // namespace vigia
