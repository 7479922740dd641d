// A day at the customs authority, made up: trucks on the routes of the site model, what their seals send, when it
// arrives, doors and cameras of the sites, and what really happened. The same options give the same events. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "connectors/simulated_route.h"
#include "connectors/simulated_trip.h"
#include "engine/identity.h"
#include "operators/equipment.h"
#include "operators/geo.h"
#include "operators/rule.h"
#include "schemas/access_event_generated.h"
#include "schemas/camera_event_generated.h"
#include "schemas/seal_event_generated.h"
#include "schemas/trip_event_generated.h"

namespace vigia {

struct SimulatorOptions {
  std::uint64_t seed = 1;
  std::uint32_t trucks = 200;
  TimeMs start_ms = 1'772'600'400'000;    // 2026-03-04 00:00 in Guayaquil
  TimeMs duration_ms = 24 * 3'600'000LL;  // trips begun in it are driven to their end, or to the end of it
  TimeMs ping_every_ms = 30'000;
  std::uint32_t trips_per_truck = 0;  // 0: as many as fit
  // Limits of the rules that the ground truth speaks of.
  TimeMs stop_limit_ms = 15 * 60'000;
  TimeMs signal_interval_ms = 10 * 60'000;
  SimulatedHabits habits;
  std::function<bool(LatLon)> exempt;  // is a stop there nobody's business (depots, rest areas)? may be empty
};

// One event as it reaches the broker.
struct SimulatedEvent {
  TimeMs broker_ms = 0;
  std::variant<schema::SealEventT, schema::TripEventT, schema::AccessEventT, schema::CameraEventT> event;
  std::string garbled = {};  // not empty: these bytes come in the place of the event

  [[nodiscard]] StreamId stream() const {
    constexpr StreamId streams[] = {StreamId::seal, StreamId::trip, StreamId::access, StreamId::camera};
    return streams[event.index()];
  }
  [[nodiscard]] const std::string& key() const;
};

// Something that happened and that a rule should find. end_ms is start_ms for what has no length, 0 for what lasted
// beyond the end. Times are good to one ping.
struct GroundTruth {
  std::string kind;
  std::string subject_id;
  std::string trip_id;
  TimeMs start_ms = 0;
  TimeMs end_ms = 0;
};

class SimulatedTruck;

class Simulator {
 public:
  // REQUIRES: at least one route. `equipment`: of the sites that have their day, too; empty: none.
  Simulator(SimulatorOptions options, std::vector<SimulatedRoute> routes, const Equipment& equipment = {});
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  // The next event in the order of broker times. False: the simulation is over.
  [[nodiscard]] bool next(SimulatedEvent& event);

  // What happened so far; complete when next() has said false. In the order in which it was over.
  [[nodiscard]] const std::vector<GroundTruth>& ground_truth() const { return truth_; }

 private:
  struct Later;
  SimulatorOptions options_;
  std::vector<SimulatedRoute> routes_;
  std::vector<GroundTruth> truth_;
  std::vector<std::unique_ptr<SimulatedTruck>> trucks_;
  std::vector<std::uint32_t> heap_;  // trucks with something to send, the earliest on top
  std::vector<SimulatedEvent> of_sites_;
  std::size_t next_of_sites_ = 0;
};

}  // namespace vigia
