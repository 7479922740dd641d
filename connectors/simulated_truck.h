// One truck with its seal: plays planned trips ping by ping, keeps in memory what it can't send, and notes what
// happened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/simulated_random.h"
#include "connectors/simulator.h"

namespace vigia {

class SimulatedTruck {
 public:
  // The options, the routes and the truth must outlive the truck, which appends to the truth.
  SimulatedTruck(const SimulatorOptions& options, const std::vector<SimulatedRoute>& routes, std::uint32_t number,
                 std::vector<GroundTruth>& truth);

  // When the next event reaches the broker; never_ms: no more.
  [[nodiscard]] TimeMs next_ms() const { return ready_.empty() ? never_ms : ready_.front().event.broker_ms; }
  // REQUIRES: next_ms() != never_ms.
  [[nodiscard]] SimulatedEvent pop();

 private:
  enum class Phase : std::uint8_t { assigned, driving, arrived, done };
  struct Ready {
    SimulatedEvent event;
    std::uint64_t order = 0;  // first made, first sent, when two arrive together
  };
  static bool later(const Ready& a, const Ready& b);

  // Ticks until the first event in ready_ can't be overtaken any more.
  void fill();
  void tick();
  void plan_next_trip(TimeMs earliest_ms, bool first);
  void begin_trip();
  void send_rubbish();
  void drive(TimeMs for_ms);
  void halt(TimeMs at_ms);
  void go_on(TimeMs at_ms);
  void unload();
  void finish();
  void turn_lock();
  void watch_detour();
  void ping();
  void send(schema::SealEventT event, TimeMs broker_ms);
  [[nodiscard]] schema::TripEventT trip_event(schema::TripAction action, TimeMs at_ms) const;
  void send(schema::TripEventT event);
  void push(SimulatedEvent event);
  void note(std::string_view kind, TimeMs start_ms, TimeMs end_ms);
  [[nodiscard]] LatLon place() const;
  [[nodiscard]] bool in_hole() const;
  [[nodiscard]] bool clock_is_bad() const;

  const SimulatorOptions& options_;
  const std::vector<SimulatedRoute>& routes_;
  std::vector<GroundTruth>& truth_;
  SimulatedRandom random_;
  std::string seal_id_;
  std::string provider_id_;
  std::uint32_t number_;
  std::uint32_t trips_ = 0;
  std::uint32_t sequence_ = 0;
  std::uint64_t order_ = 0;
  double battery_percent_ = 100;

  Phase phase_ = Phase::done;
  PlannedTrip trip_;
  TimeMs now_ms_ = 0;          // of the last tick
  TimeMs tick_ms_ = never_ms;  // the next one
  double driven_m_ = 0;
  std::size_t next_stop_ = 0;
  TimeMs stop_left_ms_ = 0;
  TimeMs halted_ms_ = 0;
  TimeMs arrived_ms_ = 0;
  std::size_t unloaded_ = 0;  // steps done at the destination
  schema::Lock lock_ = schema::Lock::closed;
  TimeMs lock_turned_ms_ = no_time_ms;
  bool lock_done_ = false;
  bool panicked_ = false;
  TimeMs outside_since_ms_ = no_time_ms;
  TimeMs bad_clock_since_ms_ = no_time_ms;
  TimeMs heard_ms_ = no_time_ms;  // when the broker last heard of the seal on this trip
  std::vector<schema::SealEventT> backlog_;
  std::vector<Ready> ready_;  // a heap, the earliest on top
};

}  // namespace vigia
