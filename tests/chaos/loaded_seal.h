// One seal of the load: what its truck does, what the seal notes of it, and what of that gets through.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "load.h"
#include "schemas/seal_event_generated.h"
#include "schemas/trip_event_generated.h"

namespace vigia::test {

class LoadedSeal {
 public:
  LoadedSeal(int number, std::uint64_t seed);

  // One tick: the truck moves, the seal makes a message, and what gets through goes into `tick`.
  void live(TimeMs broker_ms, LoadTick& tick);
  void send_backlog(TimeMs broker_ms, LoadTick& tick);

 private:
  void drive();
  void go_on_trips(TimeMs time_ms, TimeMs broker_ms, LoadTick& tick);
  void turn_the_lock();
  [[nodiscard]] schema::SealEventT message(TimeMs time_ms);
  void get_through(schema::SealEventT now, TimeMs broker_ms, LoadTick& tick);
  void send_some(std::size_t count, TimeMs broker_ms, LoadTick& tick);
  void send(std::vector<schema::SealEventT> events, TimeMs broker_ms, LoadTick& tick);
  void send_trip(schema::TripEventT event, TimeMs broker_ms, LoadTick& tick);

  std::string id_;
  int number_;
  TimeMs offset_ms_;  // seals do not speak at the same moment
  Dice dice_;
  std::uint32_t sequence_ = 0;
  // The truck.
  int place_ = 0, direction_ = 1;
  int stopped_ticks_ = 0, astray_ticks_ = 0;
  // The trip.
  int trips_ = 0;
  int trip_ticks_ = 0;  // left; below 0: off trips for so many
  // The lock: what it is turned to, and for how long.
  schema::Lock lock_ = schema::Lock::closed;
  int lock_ticks_ = 0;
  // The radio.
  int hole_ticks_ = 0;
  std::deque<schema::SealEventT> backlog_;
};

}  // namespace vigia::test
