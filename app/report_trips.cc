#include "app/report_trips.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace vigia {
namespace {

constexpr TimeMs longest_trip_ms = TimeMs{31} * 24 * 3'600'000;

void take_if(std::string& field, const std::string& value) {
  if (!value.empty()) field = value;
}

// Events come in the order of their times.
class TripCollector {
 public:
  void take(const schema::TripEventT& event, TimeMs time_ms, bool is_in_scope) {
    ReportTrip& trip = trips_[event.trip_id];
    if (trip.trip_id.empty()) trip.first_ms = time_ms;
    trip.trip_id = event.trip_id;
    trip.last_ms = time_ms;
    trip.is_in_scope |= is_in_scope;
    take_if(trip.seal_id, event.seal_id);
    take_if(trip.container_id, event.container_id);
    take_if(trip.manifest_id, event.manifest_id);
    take_if(trip.transport_document_id, event.transport_document_id);
    take_if(trip.cargo_type, event.cargo_type);
    take_if(trip.origin_depot_id, event.origin_depot_id);
    take_if(trip.destination_depot_id, event.destination_depot_id);
    if (event.concept_ != schema::TripConcept::unknown) trip.concept_ = event.concept_;
    act(event, time_ms, trip);
  }

  [[nodiscard]] std::vector<ReportTrip> finish(const ReportPeriod& period) {
    std::vector<ReportTrip> found;
    for (auto& [id, trip] : trips_) {
      const bool was_on_the_way = trip.started_ms != 0 && trip.started_ms < period.to_ms &&
                                  (trip.ended_ms == 0 || trip.ended_ms >= period.from_ms);
      if (trip.is_in_scope && (was_on_the_way || trip.last_ms >= period.from_ms)) found.push_back(std::move(trip));
    }
    std::ranges::sort(found, {}, [](const ReportTrip& trip) { return std::tie(trip.first_ms, trip.trip_id); });
    return found;
  }

 private:
  void act(const schema::TripEventT& event, TimeMs time_ms, ReportTrip& trip) {
    using Action = schema::TripAction;
    if (event.action == Action::assign && trip.assigned_ms == 0) trip.assigned_ms = time_ms;
    if (event.action == Action::assign || event.action == Action::replace_seal)
      take_if(trip.seal_number, event.seal_number);
    if (event.action == Action::start) {
      std::string& running = running_[event.seal_id];
      if (!running.empty() && running != event.trip_id) end(trips_[running], time_ms, true);
      running = event.trip_id;
      if (trip.started_ms == 0) trip.started_ms = time_ms;
    }
    if (event.action == Action::finish) end(trip, time_ms, false);
    if (event.action == Action::cancel) end(trip, time_ms, true);
  }

  static void end(ReportTrip& trip, TimeMs time_ms, bool is_cancelled) {
    if (trip.ended_ms != 0) return;
    trip.ended_ms = time_ms;
    trip.is_cancelled = is_cancelled;
  }

  std::map<std::string, ReportTrip> trips_;
  std::map<std::string, std::string> running_;  // by seal: its trip
};

}  // namespace

Status trips_of(const RecordStore& store, const ReportPeriod& period, const ReportScope& scope,
                std::vector<ReportTrip>& out) {
  TripCollector trips;
  RecordQuery query;
  query.from_ms = period.from_ms - longest_trip_ms;
  query.to_ms = period.to_ms;
  Status status = store.query(query, [&](const KeptEvent& event) {
    trips.take(*event.trip(), event.time_ms, scope.covers(event));
    return true;
  });
  out = trips.finish(period);
  return status;
}

}  // namespace vigia
