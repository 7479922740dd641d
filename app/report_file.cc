// The file of an investigation (requirements R11, V6): everything about a place or a subject between two times, and where
// the records behind it are.
#include <simdjson.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "app/report.h"
#include "app/report_alerts.h"
#include "app/report_cells.h"
#include "connectors/formats.h"
#include "connectors/record_batch.h"
#include "schemas/enum_names.h"
#include "schemas/verify.h"

namespace vigia {
namespace {

void add_word(std::string& words, std::string_view word) {
  if (word.empty() || words.find(word) != std::string::npos) return;
  words += words.empty() ? "" : ", ";
  words += word;
}

void add_uri(simdjson::dom::element event, std::string& uris) {
  std::string_view uri;
  if (event["evidence_uri"].get(uri) == simdjson::SUCCESS) add_word(uris, uri);
}

// Of a camera's event, or of a batch of them: where its picture is. Other records have none.
std::string uris_in(std::string_view bytes) {
  std::string uris;
  const std::string_view identifier = bytes.size() < 8 ? std::string_view() : bytes.substr(4, 4);
  if (identifier == schema::CameraEventIdentifier() || identifier == schema::CameraBatchIdentifier()) {
    const auto events = schema::verify_camera_record(bytes);
    for (std::size_t i = 0; events.error().empty() && i < events.size(); ++i)
      if (events[i].evidence_uri() != nullptr) add_word(uris, events[i].evidence_uri()->string_view());
    return uris;
  }
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(bytes.data(), bytes.size()).get(document) != simdjson::SUCCESS) return uris;
  simdjson::dom::array events;
  if (document["events"].get(events) != simdjson::SUCCESS)
    add_uri(document, uris);
  else
    for (const simdjson::dom::element event : events) add_uri(event, uris);
  return uris;
}

// The record in our own JSON, when its source has the format of another system; else as it is.
std::string adapted(const SourceSpec& source, const EvidenceRecord& record) {
  if (source.foreign == nullptr || source.foreign->adapt == nullptr) return *record.value;
  std::vector<RecordHeader> items;
  for (const auto& [name, value] : record.headers) items.push_back({name, value});
  const RecordHeaders headers{items.data(), items.size()};
  InputRecord input{};
  input.broker_ms = record.timestamp_ms;
  input.key = record.key;
  input.value = *record.value;
  input.headers = &headers;
  std::string json;
  return source.foreign->adapt(input, json).empty() ? json : std::string();
}

std::string place_words(const EvidencePlace& place) {
  return fmt::format("{}/{}/{}", place.topic, place.partition, place.offset);
}

class File {
 public:
  explicit File(const ReportContext& context)
      : context_(context),
        cells_(context.request.language, context.timezone()),
        scope_(context.loaded.site, context.request.site, context.request.subject) {}

  Status alerts() {
    alerts_ = cells_.table("alerts", {{"start_ms", "start"},
                                      {"end_ms", "end"},
                                      {"kind", "kind"},
                                      {"subject_id", "subject"},
                                      {"trip_id", "trip"},
                                      {"site_id", "site"},
                                      {"severity", "severity"},
                                      {"status", "state"},
                                      {"cause", "type"},
                                      {"message", "message"},
                                      {"triage_status", "triage"},
                                      {"triage_by", "attended_by"},
                                      {"triage_note", "note"},
                                      {"evidence", "record"},
                                      {"alert_id", "alert"}});
    evidence_ = cells_.table("evidence", {{"record", "record"},
                                          {"received_ms", "received"},
                                          {"key", "key"},
                                          {"state", "state"},
                                          {"evidence_uri", "uri"},
                                          {"alert_id", "alert"}});
    evidence_.notes = {cells_.words_of("note.evidence")};
    Status status;
    const Status queried = context_.alerts.query(touching(context_.request.period), [&](const Alert& alert) {
      if (scope_.covers(alert)) status = add(alert);
      return status.ok();
    });
    return queried.ok() ? status : queried;
  }

  Status trip_events() {
    trip_events_ = cells_.table("trip_events", {{"time_ms", "start"},
                                                {"action", "action"},
                                                {"trip_id", "trip"},
                                                {"seal_id", "seal"},
                                                {"container_id", "container"},
                                                {"manifest_id", "manifest"},
                                                {"transport_document_id", "transport_document"},
                                                {"zone_id", "zone"},
                                                {"officer_id", "officer"},
                                                {"seal_number", "seal_number"},
                                                {"weight_kg", "weight"},
                                                {"activity", "activity"},
                                                {"record", "record"}});
    return query(StreamId::trip, [&](const KeptEvent& event) {
      const auto& trip = *event.trip();
      trip_events_.rows.push_back(
          {cells_.time(event.time_ms), cells_.named("action", schema::name_of(schema::known_or_unknown(trip.action))),
           cells_.text(trip.trip_id), cells_.text(trip.seal_id), cells_.text(trip.container_id),
           cells_.text(trip.manifest_id), cells_.text(trip.transport_document_id), cells_.text(trip.zone_id),
           cells_.text(trip.officer_id), cells_.text(trip.seal_number),
           trip.weight_kg ? cells_.number(*trip.weight_kg, 1) : Cell{}, cells_.text(trip.activity),
           cells_.text(place_words(event.place))});
    });
  }

  Status access() {
    access_ = cells_.table("access", {{"time_ms", "start"},
                                      {"kind", "kind"},
                                      {"door_id", "door"},
                                      {"holder_id", "holder"},
                                      {"class", "class"},
                                      {"credential_id", "credential"},
                                      {"direction", "direction"},
                                      {"escort_id", "escort"},
                                      {"reason", "reason"},
                                      {"received_ms", "received"},
                                      {"record", "record"}});
    return query(StreamId::access, [&](const KeptEvent& event) {
      const auto& access = *event.access();
      access_.rows.push_back({cells_.time(event.time_ms),
                              cells_.named("access", schema::name_of(schema::known_or_unknown(access.kind))),
                              cells_.text(access.door_id), cells_.text(access.holder_id),
                              cells_.named("class", schema::name_of(schema::known_or_unknown(access.holder_class))),
                              cells_.text(access.credential_id),
                              cells_.named("direction", schema::name_of(schema::known_or_unknown(access.direction))),
                              cells_.text(access.escort_id), cells_.text(access.reason), cells_.time(event.broker_ms),
                              cells_.text(place_words(event.place))});
    });
  }

  std::vector<Table> finish() {
    return {std::move(alerts_), std::move(trip_events_), std::move(access_), std::move(evidence_)};
  }

 private:
  Status query(StreamId stream, const std::function<void(const KeptEvent&)>& add) {
    const ReportPeriod& period = context_.request.period;
    return context_.records.query({stream, period.from_ms, period.to_ms, scope_.names()}, [&](const KeptEvent& event) {
      if (scope_.covers(event)) add(event);
      return true;
    });
  }

  // Withdrawn ones too: what was found, and taken back.
  Status add(const Alert& alert) {
    alerts_.rows.push_back(
        {cells_.time(alert.start_ms),
         alert.end_ms == 0 && !is_withdrawn(alert) ? cells_.word("word.open") : cells_.time(alert.end_ms),
         cells_.named("kind", alert.kind), cells_.text(alert.subject_id), cells_.text(alert.trip_id),
         cells_.text(alert.site_id), cells_.named("severity", schema::name_of(alert.severity)),
         cells_.named("status", schema::name_of(alert.status)), cells_.named("cause", alert.cause),
         cells_.text(alert.message), cells_.named("triage", schema::name_of(alert.triage_status)),
         cells_.text(alert.triage_by), cells_.text(alert.triage_note), cells_.text(evidence_words(alert)),
         cells_.text(alert.alert_id)});
    for (const EvidencePlace& place : evidence_of(alert)) {
      if (!listed_.insert(place).second) continue;
      std::optional<EvidenceRecord> record;
      if (Status status = context_.alerts.evidence().find(place, record); !status.ok()) return status;
      add(place, record, alert);
    }
    return Status::good();
  }

  void add(const EvidencePlace& place, const std::optional<EvidenceRecord>& record, const Alert& alert) {
    const bool is_here = record && !record->is_gone;
    evidence_.rows.push_back({cells_.text(place_words(place)), is_here ? cells_.time(record->timestamp_ms) : Cell{},
                              cells_.text(is_here ? record->key : ""),
                              is_here ? Cell{} : cells_.word(record ? "word.gone" : "word.not_kept"),
                              cells_.text(is_here && record->value ? uris_of(place, *record) : ""),
                              cells_.text(alert.alert_id)});
  }

  [[nodiscard]] std::string uris_of(const EvidencePlace& place, const EvidenceRecord& record) const {
    const auto& sources = context_.loaded.pipeline.sources;
    const auto source = std::ranges::find(sources, place.topic, &SourceSpec::topic);
    return source == sources.end() || source->stream != StreamId::camera ? "" : uris_in(adapted(*source, record));
  }

  const ReportContext& context_;
  Cells cells_;
  ReportScope scope_;
  Table alerts_, trip_events_, access_, evidence_;
  std::set<EvidencePlace> listed_;
};

}  // namespace

Status file_tables(const ReportContext& context, std::vector<Table>& out) {
  File file(context);
  if (Status status = file.alerts(); !status.ok()) return status;
  if (Status status = file.trip_events(); !status.ok()) return status;
  if (Status status = file.access(); !status.ok()) return status;
  out = file.finish();
  return Status::good();
}

}  // namespace vigia
