#include "loaded_seal.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "schemas/json_writer.h"

namespace vigia::test {

namespace {

constexpr int places = 200;               // along the route
constexpr double place_deg = 0.005;       // 556 m: a truck at 67 km/h
constexpr double astray_lat_deg = 0.007;  // 780 m beside a corridor of 300 m; getting there is no stray fix
constexpr TimeMs minute_ms = 60'000;

}  // namespace

LoadedSeal::LoadedSeal(int number, std::uint64_t seed)
    : id_(fmt::format("seal-{:03}", number)), number_(number), offset_ms_(number * 37 % 20'000), dice_(seed) {
  place_ = dice_.between(0, places - 1);
  trip_ticks_ = -dice_.between(1, 10);
}

void LoadedSeal::live(TimeMs broker_ms, LoadTick& tick) {
  const TimeMs time_ms = broker_ms - tick_ms + offset_ms_;
  go_on_trips(time_ms, broker_ms, tick);
  drive();
  turn_the_lock();
  get_through(message(time_ms), broker_ms, tick);
}

void LoadedSeal::drive() {
  if (stopped_ticks_ > 0) {
    --stopped_ticks_;
    return;
  }
  if (astray_ticks_ > 0) --astray_ticks_;
  if (dice_.one_in(30)) stopped_ticks_ = dice_.between(4, 30);
  if (dice_.one_in(30)) astray_ticks_ = dice_.between(1, 8);
  if (place_ == 0) direction_ = 1;
  if (place_ == places) direction_ = -1;
  place_ += direction_;
}

void LoadedSeal::go_on_trips(TimeMs time_ms, TimeMs broker_ms, LoadTick& tick) {
  schema::TripEventT event;
  event.seal_id = id_;
  event.event_time_ms = time_ms;
  event.trip_id = fmt::format("{}-trip-{}", id_, trips_);
  if (trip_ticks_ > 0) {
    if (dice_.one_in(40)) {  // announced, often when it has begun
      schema::TripEventT stop = event;
      stop.action = schema::TripAction::authorize_stop;
      stop.from_ms = time_ms - dice_.between(0, 8) * minute_ms;
      stop.until_ms = *stop.from_ms + dice_.between(2, 15) * minute_ms;
      send_trip(std::move(stop), broker_ms, tick);
    }
    if (--trip_ticks_ > 0) return;
    event.action = dice_.one_in(10) ? schema::TripAction::cancel : schema::TripAction::finish;
    trip_ticks_ = -dice_.between(1, 10);
    send_trip(std::move(event), broker_ms, tick);
  } else if (++trip_ticks_ == 0) {
    event.trip_id = fmt::format("{}-trip-{}", id_, ++trips_);
    event.action = schema::TripAction::start;
    event.route_id = "coast";
    trip_ticks_ = dice_.between(30, 120);
    event.due_ms = time_ms + dice_.between(20, 60) * minute_ms;
    send_trip(std::move(event), broker_ms, tick);
  }
}

void LoadedSeal::turn_the_lock() {
  if (lock_ticks_ > 0) {
    if (--lock_ticks_ == 0) lock_ = schema::Lock::closed;
    return;
  }
  if (dice_.one_in(40)) {
    lock_ = schema::Lock::tampered;
    lock_ticks_ = dice_.between(1, 2);
  } else if (dice_.one_in(40)) {
    lock_ = schema::Lock::opened;
    lock_ticks_ = dice_.between(1, 12);
  } else if (dice_.one_in(200)) {
    lock_ = schema::Lock::removed;
    lock_ticks_ = dice_.between(1, 4);
  }
}

schema::SealEventT LoadedSeal::message(TimeMs time_ms) {
  schema::SealEventT event;
  event.seal_id = id_;
  event.device_time_ms = time_ms;
  event.sequence = ++sequence_;
  event.lock = lock_;
  if (!dice_.one_in(15)) {
    const double lat_deg = astray_ticks_ > 0 ? astray_lat_deg : 0.0;
    event.position = std::make_unique<schema::PositionT>();
    event.position->lat_deg = lat_deg;
    event.position->lon_deg = -80.0 + place_ * place_deg;
  }
  event.provider_id = fmt::format("provider-{}", dice_.one_in(100) ? dice_.between(0, 4) : number_ % 3);
  if (dice_.one_in(60)) event.conditions.push_back(schema::Condition::jamming);
  return event;
}

// The first ten messages come as they are made: what is older than a device's first contact is not announced by it.
void LoadedSeal::get_through(schema::SealEventT now, TimeMs broker_ms, LoadTick& tick) {
  if (hole_ticks_ == 0 && backlog_.empty() && sequence_ > 10 && dice_.one_in(50)) hole_ticks_ = dice_.between(2, 45);
  if (hole_ticks_ > 0) {
    --hole_ticks_;
    now.buffered = true;
    backlog_.push_back(std::move(now));
    return;
  }
  std::vector<schema::SealEventT> newest;
  newest.push_back(std::move(now));
  send(std::move(newest), broker_ms, tick);
  if (!backlog_.empty()) send_some(static_cast<std::size_t>(dice_.between(0, 15)), broker_ms, tick);
}

void LoadedSeal::send_backlog(TimeMs broker_ms, LoadTick& tick) { send_some(backlog_.size(), broker_ms, tick); }

// From the front, from the back, or from anywhere; one by one or as a batch.
void LoadedSeal::send_some(std::size_t count, TimeMs broker_ms, LoadTick& tick) {
  std::vector<schema::SealEventT> some;
  const auto way = dice_.roll(3);
  while (count-- > 0 && !backlog_.empty()) {
    const std::size_t at = way == 0 ? 0 : way == 1 ? backlog_.size() - 1 : dice_.roll(backlog_.size());
    some.push_back(std::move(backlog_[at]));
    backlog_.erase(backlog_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  if (dice_.one_in(2)) return send(std::move(some), broker_ms, tick);
  for (auto& event : some) {
    std::vector<schema::SealEventT> one;
    one.push_back(std::move(event));
    send(std::move(one), broker_ms, tick);
  }
}

void LoadedSeal::send(std::vector<schema::SealEventT> events, TimeMs broker_ms, LoadTick& tick) {
  if (events.empty()) return;
  std::string value;
  if (events.size() == 1) {
    json::append_json(events[0], value);
  } else {
    value = R"({"events":[)";
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (i > 0) value += ',';
      json::append_json(events[i], value);
    }
    value += "]}";
  }
  KafkaRecord record{.key = id_, .value = std::move(value), .headers = {}, .timestamp_ms = broker_ms};
  if (dice_.one_in(40)) tick.seals.push_back(record);  // the gateway says it twice
  tick.seals.push_back(std::move(record));
}

void LoadedSeal::send_trip(schema::TripEventT event, TimeMs broker_ms, LoadTick& tick) {
  std::string value;
  json::append_json(event, value);
  KafkaRecord record{.key = id_, .value = std::move(value), .headers = {}, .timestamp_ms = broker_ms};
  if (dice_.one_in(20)) tick.trips.push_back(record);
  tick.trips.push_back(std::move(record));
}

}  // namespace vigia::test
