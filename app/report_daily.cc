// The daily record at 08:00 (requirement G9).
#include <fmt/format.h>

#include "app/report.h"
#include "app/report_alerts.h"
#include "app/report_cells.h"
#include "app/report_trips.h"
#include "app/time_text.h"
#include "schemas/enum_names.h"

namespace vigia {
namespace {

// What happened on the way, without what only says where it was.
bool is_incident(const Alert& alert) {
  return !is_withdrawn(alert) && alert.kind != "zone_entered" && alert.kind != "zone_left";
}

class Daily {
 public:
  explicit Daily(const ReportContext& context)
      : context_(context), cells_(context.request.language, context.timezone()) {
    trips_ = cells_.table("trips", {{"manifest_id", "manifest"},
                                    {"transport_document_id", "transport_document"},
                                    {"cargo_type", "cargo_type"},
                                    {"container_id", "container"},
                                    {"seal_number", "seal_number"},
                                    {"origin_depot_id", "origin"},
                                    {"destination_depot_id", "destination"},
                                    {"concept", "concept"},
                                    {"trip_time_ms", "trip_time"},
                                    {"placed_ms", "placed"},
                                    {"removed_ms", "removed"},
                                    {"state", "state"},
                                    {"trip_id", "trip"},
                                    {"incidents", "incidents"}});
    trips_.notes = {cells_.words_of("note.seal_times"), cells_.words_of("note.incidents"),
                    cells_.words_of("note.durations")};
    incidents_ = cells_.table("incidents", {{"trip_id", "trip"},
                                            {"seal_id", "seal"},
                                            {"start_ms", "start"},
                                            {"kind", "kind"},
                                            {"severity", "severity"},
                                            {"status", "state"},
                                            {"duration_ms", "duration"},
                                            {"cause", "type"},
                                            {"message", "message"},
                                            {"alert_id", "alert"}});
  }

  Status add(const ReportTrip& trip) {
    AlertQuery query;
    query.trip = trip.trip_id;
    query.to_ms = context_.request.period.to_ms - 1;
    TimeMs removed_ms = trip.ended_ms;
    std::string detail;
    Status status = context_.alerts.query(query, [&](const Alert& alert) {
      if (!is_incident(alert)) return true;
      if (alert.kind == "seal_removed" && (removed_ms == 0 || alert.start_ms < removed_ms)) removed_ms = alert.start_ms;
      detail += (detail.empty() ? "" : "; ") + words_of(alert);
      add_incident(trip, alert);
      return true;
    });
    trips_.rows.push_back({cells_.text(trip.manifest_id), cells_.text(trip.transport_document_id),
                           cells_.text(trip.cargo_type), cells_.text(trip.container_id),
                           cells_.text(trip.seal_number.empty() ? trip.seal_id : trip.seal_number),
                           cells_.text(trip.origin_depot_id), cells_.text(trip.destination_depot_id),
                           cells_.named("concept", schema::name_of(schema::known_or_unknown(trip.concept_))),
                           time_of(trip), cells_.time(trip.assigned_ms != 0 ? trip.assigned_ms : trip.started_ms),
                           cells_.time(removed_ms), state_of(trip), cells_.text(trip.trip_id), cells_.text(detail)});
    return status;
  }

  std::vector<Table> finish() { return {std::move(trips_), std::move(incidents_)}; }

 private:
  [[nodiscard]] Cell time_of(const ReportTrip& trip) const {
    if (trip.started_ms == 0) return {};
    const TimeMs end_ms = trip.ended_ms != 0 ? trip.ended_ms : context_.request.period.to_ms;
    return cells_.length(end_ms - trip.started_ms);
  }

  [[nodiscard]] Cell state_of(const ReportTrip& trip) const {
    if (trip.ended_ms != 0) return cells_.word(trip.is_cancelled ? "word.cancelled" : "word.finished");
    return cells_.word(trip.started_ms != 0 ? "word.under_way" : "word.not_started");
  }

  // "2026-03-04 07:15:30 seal opened (cleared, 12 min)"
  [[nodiscard]] std::string words_of(const Alert& alert) const {
    std::string words =
        fmt::format("{} {} ({}", cells_.time(alert.start_ms).text, cells_.named("kind", alert.kind).text,
                    cells_.named("status", schema::name_of(alert.status)).text);
    if (const Cell length = length_of(alert, context_.request.period, cells_); !length.text.empty())
      words += ", " + length.text;
    return words + ")";
  }

  void add_incident(const ReportTrip& trip, const Alert& alert) {
    incidents_.rows.push_back(
        {cells_.text(trip.trip_id), cells_.text(trip.seal_id), cells_.time(alert.start_ms),
         cells_.named("kind", alert.kind), cells_.named("severity", schema::name_of(alert.severity)),
         cells_.named("status", schema::name_of(alert.status)), length_of(alert, context_.request.period, cells_),
         cells_.named("cause", alert.cause), cells_.text(alert.message), cells_.text(alert.alert_id)});
  }

  const ReportContext& context_;
  Cells cells_;
  Table trips_, incidents_;
};

}  // namespace

Status daily_tables(const ReportContext& context, std::vector<Table>& out) {
  const ReportScope scope(context.loaded.site, context.request.site, context.request.subject);
  std::vector<ReportTrip> trips;
  if (Status status = trips_of(context.records, context.request.period, scope, trips); !status.ok()) return status;
  Daily daily(context);
  for (const ReportTrip& trip : trips)
    if (Status status = daily.add(trip); !status.ok()) return status;
  out = daily.finish();
  return Status::good();
}

}  // namespace vigia
