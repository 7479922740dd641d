#include "connectors/simulated_truck.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace vigia {
namespace {

constexpr TimeMs minute_ms = 60'000;
constexpr TimeMs hour_ms = 60 * minute_ms;
constexpr TimeMs backlog_pace_ms = 150;  // between two messages from the device's memory
constexpr std::string_view providers[] = {"andes-track", "costa-gps", "ecuasat"};

// What is done at the destination, and how long after the arrival.
enum class Unloading : std::uint8_t { weigh, open, officer, remove, finish };
constexpr TimeMs unloading_after_ms[] = {1 * minute_ms, 2 * minute_ms, 4 * minute_ms, 6 * minute_ms, 9 * minute_ms};

bool within(const PlannedSpan& span, TimeMs at_ms) { return span.from_ms <= at_ms && at_ms < span.until_ms; }

}  // namespace

SimulatedTruck::SimulatedTruck(const SimulatorOptions& options, const std::vector<SimulatedRoute>& routes,
                               std::uint32_t number, std::vector<GroundTruth>& truth)
    : options_(options),
      routes_(routes),
      truth_(truth),
      random_(options.seed * 0x9E3779B97F4A7C15ULL + number),
      seal_id_(fmt::format("SEAL-{:05}", number + 1)),
      provider_id_(providers[number % std::size(providers)]),
      number_(number) {
  (void)random_.next();
  plan_next_trip(options.start_ms, true);
  fill();
}

bool SimulatedTruck::later(const Ready& a, const Ready& b) {
  return std::make_pair(a.event.broker_ms, a.order) > std::make_pair(b.event.broker_ms, b.order);
}

SimulatedEvent SimulatedTruck::pop() {
  std::pop_heap(ready_.begin(), ready_.end(), later);
  SimulatedEvent event = std::move(ready_.back().event);
  ready_.pop_back();
  fill();
  return event;
}

void SimulatedTruck::fill() {
  const TimeMs end_ms = options_.start_ms + options_.duration_ms;
  while (tick_ms_ < end_ms && (ready_.empty() || ready_.front().event.broker_ms > tick_ms_)) tick();
}

void SimulatedTruck::plan_next_trip(TimeMs earliest_ms, bool first) {
  phase_ = Phase::done;
  tick_ms_ = never_ms;
  if (options_.trips_per_truck > 0 && trips_ >= options_.trips_per_truck) return;
  const SimulatedRoute& route = first ? routes_[number_ % routes_.size()] : *trip_.route;
  const bool reversed = first ? random_.chance(0.5) : !trip_.reversed;
  const TimeMs wait_ms = first ? random_.between_ms(0, std::min(6 * hour_ms, options_.duration_ms / 4))
                               : random_.between_ms(30 * minute_ms, 150 * minute_ms);
  const TimeMs start_ms = earliest_ms + std::min(5 * minute_ms, options_.duration_ms / 4) + wait_ms;
  trip_ = plan_trip(random_, options_.habits, route, reversed, start_ms,
                    fmt::format("TRIP-{:05}-{}", number_ + 1, ++trips_));
  if (!first && trip_.arrival_ms() + 15 * minute_ms > options_.start_ms + options_.duration_ms) return;
  phase_ = Phase::assigned;
  tick_ms_ = std::max(options_.start_ms, start_ms - 5 * minute_ms);
  now_ms_ = tick_ms_;
}

void SimulatedTruck::tick() {
  const TimeMs before_ms = now_ms_;
  now_ms_ = tick_ms_;
  tick_ms_ += options_.ping_every_ms;
  switch (phase_) {
    case Phase::assigned:
      if (now_ms_ < trip_.start_ms) {
        send(trip_event(schema::TripAction::assign, now_ms_));
        tick_ms_ = trip_.start_ms;
        return;
      }
      begin_trip();
      break;
    case Phase::driving:
      drive(now_ms_ - before_ms);
      turn_lock();
      watch_detour();
      break;
    case Phase::arrived: unload(); break;
    case Phase::done: return;
  }
  ping();
  if (phase_ == Phase::done) plan_next_trip(now_ms_, false);
}

void SimulatedTruck::begin_trip() {
  phase_ = Phase::driving;
  driven_m_ = 0;
  next_stop_ = 0;
  stop_left_ms_ = 0;
  unloaded_ = 0;
  lock_ = schema::Lock::closed;
  lock_turned_ms_ = outside_since_ms_ = bad_clock_since_ms_ = heard_ms_ = no_time_ms;
  lock_done_ = panicked_ = false;
  schema::TripEventT start = trip_event(schema::TripAction::start, now_ms_);
  start.due_ms = trip_.due_ms;
  send(std::move(start));
  schema::TripEventT weigh = trip_event(schema::TripAction::weigh, now_ms_ + 1000);
  weigh.weight_kg = trip_.weight_in_kg;
  send(std::move(weigh));
  send_rubbish();
}

// What a real network brings beside events: something from an old memory, something that is no event at all.
void SimulatedTruck::send_rubbish() {
  const TimeMs broker_ms = now_ms_ + random_.between_ms(minute_ms, 20 * minute_ms);
  schema::SealEventT event;
  event.seal_id = seal_id_;
  event.device_time_ms = now_ms_ - 72 * hour_ms;
  event.buffered = true;
  event.provider_id = provider_id_;
  if (random_.chance(options_.habits.garbled))
    push({broker_ms, schema::SealEventT(event), R"("ERR 17: modem restarted")"});
  if (random_.chance(options_.habits.stale)) push({broker_ms, std::move(event), {}});
}

void SimulatedTruck::drive(TimeMs for_ms) {
  TimeMs at_ms = now_ms_ - for_ms;
  while (at_ms < now_ms_) {
    if (stop_left_ms_ > 0) {
      const TimeMs spent_ms = std::min(stop_left_ms_, now_ms_ - at_ms);
      stop_left_ms_ -= spent_ms;
      at_ms += spent_ms;
      if (stop_left_ms_ == 0) go_on(at_ms);
      continue;
    }
    const bool stop_ahead = next_stop_ < trip_.stops.size();
    const double until_m = stop_ahead ? trip_.stops[next_stop_].at_m : trip_.route->length_m();
    const TimeMs needed_ms =
        static_cast<TimeMs>(std::ceil(std::max(0.0, until_m - driven_m_) / trip_.speed_mps * 1000));
    if (needed_ms > now_ms_ - at_ms) {
      driven_m_ += trip_.speed_mps * static_cast<double>(now_ms_ - at_ms) / 1000;
      return;
    }
    at_ms += needed_ms;
    driven_m_ = until_m;
    if (!stop_ahead) {
      phase_ = Phase::arrived;
      arrived_ms_ = now_ms_;
      return;
    }
    halt(at_ms);
  }
}

void SimulatedTruck::halt(TimeMs at_ms) {
  const PlannedStop& stop = trip_.stops[next_stop_];
  halted_ms_ = at_ms;
  stop_left_ms_ = stop.length_ms;
  if (stop.permission == StopPermission::none) return;
  // Afterwards: when the alert has been out for a few minutes.
  const TimeMs told_ms =
      at_ms + (stop.permission == StopPermission::in_time ? 0 : options_.stop_limit_ms + 4 * minute_ms);
  schema::TripEventT authorize = trip_event(schema::TripAction::authorize_stop, told_ms);
  authorize.from_ms = at_ms - 2 * minute_ms;
  authorize.until_ms = at_ms + stop.length_ms + 5 * minute_ms;
  authorize.activity = "driver rest";
  send(std::move(authorize));
}

void SimulatedTruck::go_on(TimeMs at_ms) {
  const PlannedStop& stop = trip_.stops[next_stop_++];
  const bool exempt = options_.exempt && options_.exempt(trip_.route->at(stop.at_m, trip_.reversed, 0));
  if (stop.permission == StopPermission::none && stop.length_ms > options_.stop_limit_ms && !exempt) {
    note("unauthorized_stop", halted_ms_, at_ms);
  }
}

void SimulatedTruck::turn_lock() {
  if (trip_.panic_at_m && driven_m_ >= *trip_.panic_at_m && !panicked_) note("panic", now_ms_, now_ms_);
  if (!trip_.lock || lock_done_) return;
  const PlannedLock& plan = *trip_.lock;
  if (lock_turned_ms_ == no_time_ms) {
    if (driven_m_ < plan.at_m) return;
    lock_ = plan.lock;
    lock_turned_ms_ = now_ms_;
    if (lock_ == schema::Lock::tampered) note("seal_tampered", now_ms_, now_ms_);
    if (lock_ == schema::Lock::removed) note("seal_removed", now_ms_, now_ms_);
    if (lock_ == schema::Lock::wrong_unlock) note("seal_wrong_unlock", now_ms_, now_ms_);
    return;
  }
  if (now_ms_ < lock_turned_ms_ + plan.length_ms && phase_ == Phase::driving) return;
  if (plan.lock == schema::Lock::opened) note("seal_opened", lock_turned_ms_, now_ms_);
  if (plan.lock == schema::Lock::removed) note("second_placement", now_ms_, now_ms_);
  lock_ = schema::Lock::closed;
  lock_done_ = true;
}

void SimulatedTruck::watch_detour() {
  if (!trip_.detour) return;
  const bool outside = trip_.route->distance_m(place()) > trip_.route->half_width_m();
  if (outside && outside_since_ms_ == no_time_ms) outside_since_ms_ = now_ms_;
  if (outside || outside_since_ms_ == no_time_ms) return;
  // One ping outside is no deviation (confirmations: 2).
  if (now_ms_ - outside_since_ms_ > options_.ping_every_ms) note("route_deviation", outside_since_ms_, now_ms_);
  outside_since_ms_ = no_time_ms;
}

void SimulatedTruck::unload() {
  const bool at_depot = !trip_.route->destination_depot_id(trip_.reversed).empty();
  while (unloaded_ < std::size(unloading_after_ms) && now_ms_ >= arrived_ms_ + unloading_after_ms[unloaded_]) {
    switch (static_cast<Unloading>(unloaded_++)) {
      case Unloading::weigh: {
        schema::TripEventT weigh = trip_event(schema::TripAction::weigh, now_ms_);
        weigh.weight_kg = trip_.weight_out_kg;
        send(std::move(weigh));
        if (std::abs(trip_.weight_out_kg - trip_.weight_in_kg) > trip_.weight_in_kg * 0.1) {
          note("weight_difference", now_ms_, now_ms_);
        }
        break;
      }
      case Unloading::open:
        if (at_depot) lock_ = schema::Lock::opened;
        break;
      case Unloading::officer:
        if (trip_.officer_at_removal) {
          schema::TripEventT officer = trip_event(schema::TripAction::officer_present, now_ms_);
          officer.from_ms = now_ms_;
          officer.until_ms = now_ms_ + 15 * minute_ms;
          officer.officer_id = fmt::format("OFFICER-{:02}", number_ % 37 + 1);
          send(std::move(officer));
        }
        break;
      case Unloading::remove:
        if (at_depot) lock_ = schema::Lock::removed;
        if (at_depot && !trip_.officer_at_removal) note("seal_removed", now_ms_, now_ms_);
        break;
      case Unloading::finish: finish(); break;
    }
  }
}

void SimulatedTruck::finish() {
  send(trip_event(schema::TripAction::finish, now_ms_));
  if (now_ms_ > trip_.due_ms) note("trip_delayed", trip_.due_ms, now_ms_);
  phase_ = Phase::done;
}

LatLon SimulatedTruck::place() const {
  double offset_m = 0;
  if (trip_.detour && driven_m_ > trip_.detour->from_m && driven_m_ < trip_.detour->to_m) {
    const PlannedDetour& detour = *trip_.detour;
    // Out within the first fifth, back within the last.
    const double share = (driven_m_ - detour.from_m) / (detour.to_m - detour.from_m);
    offset_m = detour.offset_m * std::clamp(std::min(share, 1 - share) * 5, 0.0, 1.0);
  }
  return trip_.route->at(driven_m_, trip_.reversed, offset_m);
}

bool SimulatedTruck::in_hole() const {
  return phase_ == Phase::driving && std::any_of(trip_.holes.begin(), trip_.holes.end(),
                                                 [&](const PlannedSpan& hole) { return within(hole, now_ms_); });
}

bool SimulatedTruck::clock_is_bad() const {
  return phase_ == Phase::driving && trip_.bad_clock && within(*trip_.bad_clock, now_ms_);
}

void SimulatedTruck::ping() {
  schema::SealEventT event;
  event.seal_id = seal_id_;
  event.device_time_ms = now_ms_ + (clock_is_bad() ? trip_.bad_clock_by_ms : 0);
  event.sequence = ++sequence_;
  const LatLon fix = moved_m(place(), random_.between(-8, 8), random_.between(-8, 8));
  event.position = std::make_unique<schema::PositionT>();
  event.position->lat_deg = std::round(fix.lat_deg * 1e6) / 1e6;
  event.position->lon_deg = std::round(fix.lon_deg * 1e6) / 1e6;
  const bool moving = phase_ == Phase::driving && stop_left_ms_ == 0;
  event.position->speed_kmh = moving ? std::round(static_cast<float>(trip_.speed_mps * 3.6)) : 0.0F;
  event.lock = lock_;
  battery_percent_ = battery_percent_ <= 20 ? 100 : battery_percent_ - 0.01;
  event.battery_percent = static_cast<std::uint8_t>(battery_percent_);
  event.provider_id = provider_id_;
  if (trip_.panic_at_m && driven_m_ >= *trip_.panic_at_m && !panicked_) {
    event.conditions.push_back(schema::Condition::panic);
    panicked_ = true;
  }
  if (in_hole()) {
    event.buffered = true;
    backlog_.push_back(std::move(event));
    return;
  }
  TimeMs broker_ms = now_ms_ + random_.between_ms(200, 2500);
  if (clock_is_bad() && bad_clock_since_ms_ == no_time_ms) bad_clock_since_ms_ = broker_ms;
  if (!clock_is_bad() && bad_clock_since_ms_ != no_time_ms) {
    note("clock_fault", bad_clock_since_ms_, now_ms_);
    bad_clock_since_ms_ = no_time_ms;
  }
  if (heard_ms_ != no_time_ms && broker_ms - heard_ms_ > options_.signal_interval_ms)
    note("signal_lost", heard_ms_, broker_ms);
  send(std::move(event), broker_ms);
  // The live fix went first; now the memory, newest first.
  for (; !backlog_.empty(); backlog_.pop_back()) send(std::move(backlog_.back()), broker_ms += backlog_pace_ms);
  heard_ms_ = broker_ms;
}

void SimulatedTruck::send(schema::SealEventT event, TimeMs broker_ms) {
  if (random_.chance(options_.habits.duplicate)) {
    push({broker_ms + random_.between_ms(1000, minute_ms), schema::SealEventT(event), {}});
  }
  push({broker_ms, std::move(event), {}});
}

schema::TripEventT SimulatedTruck::trip_event(schema::TripAction action, TimeMs at_ms) const {
  schema::TripEventT event;
  event.trip_id = trip_.trip_id;
  event.seal_id = seal_id_;
  event.event_time_ms = at_ms;
  event.action = action;
  if (action == schema::TripAction::assign || action == schema::TripAction::start) {
    event.route_id = trip_.route->id();
    event.origin_depot_id = trip_.route->origin_depot_id(trip_.reversed);
    event.destination_depot_id = trip_.route->destination_depot_id(trip_.reversed);
    event.container_id = fmt::format("CONT-{:07}", number_ * 31 + trips_);
    event.concept_ = schema::TripConcept::transfer;
  }
  return event;
}

void SimulatedTruck::send(schema::TripEventT event) {
  // What happened between two ticks is told at the second.
  const TimeMs broker_ms = std::max(event.event_time_ms, now_ms_) + random_.between_ms(50, 900);
  push({broker_ms, std::move(event), {}});
}

void SimulatedTruck::push(SimulatedEvent event) {
  ready_.push_back({std::move(event), order_++});
  std::push_heap(ready_.begin(), ready_.end(), later);
}

void SimulatedTruck::note(std::string_view kind, TimeMs start_ms, TimeMs end_ms) {
  truth_.push_back({std::string(kind), seal_id_, trip_.trip_id, start_ms, end_ms});
}

}  // namespace vigia
