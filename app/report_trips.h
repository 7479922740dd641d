// Trips as the events of the record store tell them.
#pragma once

#include <string>
#include <vector>

#include "app/report_period.h"
#include "app/report_scope.h"
#include "connectors/record_store.h"

namespace vigia {

// The fields are each the latest by event time that has it, of all events of that trip.
struct ReportTrip {
  std::string trip_id, seal_id, seal_number, container_id, manifest_id, transport_document_id, cargo_type;
  std::string origin_depot_id, destination_depot_id;
  schema::TripConcept concept_ = schema::TripConcept::unknown;
  TimeMs first_ms = 0, last_ms = 0;  // of its events
  TimeMs assigned_ms = 0;            // 0: not known, and so below
  TimeMs started_ms = 0;
  TimeMs ended_ms = 0;  // by finish, cancel, or the start of the seal's next trip
  bool is_cancelled = false;
  bool is_in_scope = false;  // one of its events is
};

// Trips that were under way in the period, or had an event in it, by their beginning. One that began longer before it than
// a month, and had no event since, is not found.
[[nodiscard]] Status trips_of(const RecordStore& store, const ReportPeriod& period, const ReportScope& scope,
                              std::vector<ReportTrip>& out);

}  // namespace vigia
