// What each report says, from stores that the test has written.
#include "app/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/report_render.h"
#include "app/time_text.h"
#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr TimeMs second_ms = 1000, minute_ms = 60 * second_ms, hour_ms = 60 * minute_ms;

constexpr const char* pipeline = R"(application: customs
timezone: America/Guayaquil
site: [zones.geojson, site.yaml]
sources:
  - { topic: seal.events, stream: seal }
  - { topic: trip.events, stream: trip }
  - { topic: access.events, stream: access }
  - { topic: camera.events, stream: camera }
  - { topic: frigate.reviews, stream: camera, format: frigate_reviews }
rules:
  - { id: quality, kind: service_quality, required: 2m, scope: always }
  - { id: camera, kind: camera_offline }
)";

constexpr const char* zones = R"({"type":"FeatureCollection","features":[
 {"type":"Feature","properties":{"id":"port-depot","kind":"depot","site":"port","radius_m":500},
  "geometry":{"type":"Point","coordinates":[-79.9,-2.2]}},
 {"type":"Feature","properties":{"id":"quito-depot","kind":"depot","site":"quito","radius_m":500},
  "geometry":{"type":"Point","coordinates":[-78.5,-0.2]}}]})";

constexpr const char* site = R"(doors:
  - { id: gate, site: port, area: yard }
  - { id: office, site: quito }
cameras:
  - { id: cam-1, site: port, zone: yard }
holders:
  - { id: H-1, class: employee, areas: [yard] }
)";

class ReportTest : public testing::Test {
 protected:
  void SetUp() override {
    dir.write("zones.geojson", zones);
    dir.write("site.yaml", site);
    loaded = load_pipeline(dir.write("pipeline.yaml", pipeline));
    ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
    ASSERT_TRUE(alerts.open(dir / "alerts").ok());
    ASSERT_TRUE(records.open(dir / "records").ok());
  }

  // "2026-03-04T07:15" in the pipeline's zone.
  static TimeMs at(const std::string& text) { return *parse_time(text, "America/Guayaquil"); }

  void on(const std::string& from, const std::string& to) { request.period = {at(from), at(to)}; }

  static Alert alert(const std::string& kind, const std::string& subject, TimeMs start_ms, TimeMs end_ms) {
    static int number = 0;
    Alert a;
    a.alert_id = "alert-" + std::to_string(++number);
    a.revision = 1;
    a.kind = kind;
    a.rule_id = kind;
    a.subject_id = subject;
    a.start_ms = start_ms;
    a.end_ms = end_ms;
    a.detected_ms = start_ms + second_ms;
    a.status = end_ms > start_ms ? schema::AlertStatus::cleared : schema::AlertStatus::confirmed;
    return a;
  }

  static void add_attribute(Alert& to, const std::string& key, const std::string& value) {
    to.attributes.push_back(std::make_unique<schema::AttributeT>());
    to.attributes.back()->key = key;
    to.attributes.back()->value = value;
  }

  void keep(Alert one) { ASSERT_TRUE(alerts.write({&one, 1}).ok()); }

  void keep(schema::TripEventT event) {
    const TimeMs time_ms = event.event_time_ms;
    const KeptEvent kept{time_ms, time_ms + second_ms, {"trip.events", 1, ++offset}, -1, std::move(event)};
    ASSERT_TRUE(records.write({&kept, 1}).ok());
  }

  void keep(schema::AccessEventT event) {
    const TimeMs time_ms = event.device_time_ms;
    const KeptEvent kept{time_ms, time_ms + second_ms, {"access.events", 0, ++offset}, -1, std::move(event)};
    ASSERT_TRUE(records.write({&kept, 1}).ok());
  }

  static schema::TripEventT trip(const std::string& id, const std::string& seal, TimeMs time_ms,
                                 schema::TripAction action) {
    schema::TripEventT event;
    event.trip_id = id;
    event.seal_id = seal;
    event.event_time_ms = time_ms;
    event.action = action;
    return event;
  }

  static schema::AccessEventT badge(const std::string& door, const std::string& holder, TimeMs time_ms,
                                    schema::AccessKind kind, schema::Direction direction) {
    schema::AccessEventT event;
    event.door_id = door;
    event.holder_id = holder;
    event.device_time_ms = time_ms;
    event.kind = kind;
    event.direction = direction;
    return event;
  }

  Report make(const std::string& name) {
    Report report;
    const ReportKind* kind = find_report(name);
    EXPECT_NE(kind, nullptr);
    const Status status = make_report(*kind, {alerts, records, loaded, request}, report);
    EXPECT_TRUE(status.ok()) << status.text;
    for (const Table& table : report.tables)
      for (const auto& row : table.rows) EXPECT_EQ(row.size(), table.columns.size()) << name << " " << table.name;
    return report;
  }

  // "CELL|CELL|..." of the named columns.
  static std::vector<std::string> rows(const Report& report, const std::string& table_name,
                                       const std::vector<std::string>& names) {
    std::vector<std::string> all;
    const auto table = std::ranges::find(report.tables, table_name, &Table::name);
    if (table == report.tables.end()) return {"no table " + table_name};
    for (const auto& row : table->rows) {
      std::string text;
      for (const std::string& name : names) {
        const auto column = std::ranges::find(table->columns, name, &Column::name);
        if (&name != names.data()) text += "|";
        text += column == table->columns.end() ? "no column " + name : row[column - table->columns.begin()].text;
      }
      all.push_back(text);
    }
    return all;
  }

  // A trip with everything, one that goes on, and one that was over before.
  void write_trips() {
    using enum schema::TripAction;
    schema::TripEventT assigned = trip("T-1", "SEAL-1", at("2026-03-03T09:00"), assign);
    assigned.manifest_id = "M-77";
    assigned.cargo_type = "bananas";
    assigned.container_id = "CONT-1";
    assigned.seal_number = "N-1";
    assigned.origin_depot_id = "port-depot";
    assigned.destination_depot_id = "quito-depot";
    assigned.concept_ = schema::TripConcept::transit;
    keep(std::move(assigned));
    keep(trip("T-1", "SEAL-1", at("2026-03-03T10:00"), start));
    schema::TripEventT late = trip("T-1", "SEAL-1", at("2026-03-03T11:00"), inspect);
    late.transport_document_id = "BL-9";
    late.zone_id = "yard";
    late.officer_id = "OFF-1";
    keep(std::move(late));
    keep(trip("T-1", "SEAL-1", at("2026-03-03T20:30"), finish));
    keep(trip("T-2", "SEAL-2", at("2026-03-01T07:00"), start));
    keep(trip("T-0", "SEAL-1", at("2026-03-01T07:00"), start));
    keep(trip("T-0", "SEAL-1", at("2026-03-02T07:00"), finish));
    keep(trip("T-9", "SEAL-9", at("2026-03-04T08:00"), start));

    Alert opened = alert("seal_opened", "SEAL-1", at("2026-03-03T12:00"), at("2026-03-03T12:10"));
    Alert withdrawn = alert("unauthorized_stop", "SEAL-1", at("2026-03-03T13:00"), 0);
    withdrawn.status = schema::AlertStatus::withdrawn;
    Alert entered = alert("zone_entered", "SEAL-1", at("2026-03-03T14:00"), at("2026-03-03T14:00"));
    opened.severity = schema::Severity::critical;
    opened.message = "the lock is open";
    for (Alert* one : {&opened, &withdrawn, &entered}) {
      one->trip_id = "T-1";
      keep(std::move(*one));
    }
  }

  test::TempDirectory dir;
  LoadedPipeline loaded;
  AlertStore alerts;
  RecordStore records;
  ReportRequest request;
  std::int64_t offset = 0;
};

TEST_F(ReportTest, G9TheDailyRecordHasEveryTripThatWasUnderWay) {
  write_trips();
  on("2026-03-03T08:00", "2026-03-04T08:00");
  const Report report = make("daily");
  EXPECT_THAT(rows(report, "trips",
                   {"trip_id", "manifest_id", "transport_document_id", "cargo_type", "container_id", "seal_number",
                    "origin_depot_id", "destination_depot_id", "concept"}),
              ElementsAre("T-2|||||SEAL-2|||", "T-1|M-77|BL-9|bananas|CONT-1|N-1|port-depot|quito-depot|transit"));
  EXPECT_THAT(rows(report, "trips", {"trip_id", "trip_time_ms", "placed_ms", "removed_ms", "state", "incidents"}),
              ElementsAre("T-2|3 d 1 h|2026-03-01 07:00:00||under way|",
                          "T-1|10 h 30 min|2026-03-03 09:00:00|2026-03-03 20:30:00|finished|"
                          "2026-03-03 12:00:00 seal opened (cleared, 10 min)"));
  EXPECT_THAT(rows(report, "incidents", {"trip_id", "seal_id", "kind", "severity", "duration_ms", "message"}),
              ElementsAre("T-1|SEAL-1|seal opened|critical|10 min|the lock is open"));
}

TEST_F(ReportTest, G9ARemovalOnTheWayIsWhenTheSealWasRemoved) {
  write_trips();
  Alert removed = alert("seal_removed", "SEAL-1", at("2026-03-03T15:00"), at("2026-03-03T15:00"));
  removed.trip_id = "T-1";
  keep(std::move(removed));
  on("2026-03-03T08:00", "2026-03-04T08:00");
  EXPECT_THAT(rows(make("daily"), "trips", {"trip_id", "removed_ms"}), ElementsAre("T-2|", "T-1|2026-03-03 15:00:00"));
}

TEST_F(ReportTest, ATripEndsWithTheNextStartOfItsSealAndASiteIsThatOfItsDepots) {
  write_trips();
  keep(trip("T-3", "SEAL-2", at("2026-03-03T09:00"), schema::TripAction::start));
  on("2026-03-03T08:00", "2026-03-04T08:00");
  EXPECT_THAT(rows(make("daily"), "trips", {"trip_id", "state", "trip_time_ms"}),
              ElementsAre("T-2|cancelled|2 d 2 h", "T-1|finished|10 h 30 min", "T-3|under way|23 h"));
  request.site = "quito";
  EXPECT_THAT(rows(make("daily"), "trips", {"trip_id"}), ElementsAre("T-1"));
  request.site.clear();
  request.subject = "CONT-1";
  EXPECT_THAT(rows(make("daily"), "trips", {"trip_id"}), ElementsAre("T-1"));
}

TEST_F(ReportTest, TheDailyRecordInSpanishAsAPage) {
  write_trips();
  on("2026-03-03T08:00", "2026-03-04T08:00");
  request.language = Language::spanish;
  const std::string page = report_html(make("daily"));
  for (const char* part :
       {"<html lang=\"es\">", "Registro diario de viajes con precinto",
        "<dd>2026-03-03 08:00:00 - 2026-03-04 08:00:00</dd>", "<th>Manifiesto</th>", "<th>Depósito de destino</th>",
        "<td>tránsito</td>", "<td>en camino</td>", "precinto abierto (terminada, 10 min)", "<td>crítica</td>"})
    EXPECT_THAT(page, HasSubstr(part));
}

TEST_F(ReportTest, G7ProvidersByDayAndOverAll) {
  const auto quality = [&](const std::string& provider, const std::string& day, const std::string& in_time,
                           const std::string& late) {
    Alert a = alert("service_quality", provider, at(day), at(day) + 24 * hour_ms);
    a.rule_id = "quality";
    add_attribute(a, "without_delay", in_time);
    add_attribute(a, "with_delay", late);
    keep(std::move(a));
  };
  quality("sat-2", "2026-03-01", "90", "10");
  quality("sat-1", "2026-03-01", "100", "0");
  quality("sat-1", "2026-03-02", "1", "1");
  quality("sat-1", "2026-02-28", "7", "7");
  on("2026-03-01", "2026-04-01");
  const Report report = make("providers");
  EXPECT_THAT(
      rows(report, "days", {"provider_id", "date", "required_ms", "without_delay", "with_delay", "messages", "ratio"}),
      ElementsAre("sat-1|2026-03-01|2 min|100|0|100|1.0000", "sat-1|2026-03-02|2 min|1|1|2|0.5000",
                  "sat-2|2026-03-01|2 min|90|10|100|0.9000"));
  EXPECT_THAT(rows(report, "totals", {"provider_id", "without_delay", "with_delay", "messages", "ratio"}),
              ElementsAre("sat-1|101|1|102|0.9902", "sat-2|90|10|100|0.9000"));
}

TEST_F(ReportTest, V4V5TheFailureLogAndItsSummary) {
  const auto failure = [&](const std::string& camera, const std::string& cause, const std::string& from,
                           const std::string& to) {
    Alert a = alert("camera_offline", camera, at(from), to.empty() ? 0 : at(to));
    a.rule_id = "camera";
    a.cause = cause;
    a.site_id = "port";
    return a;
  };
  Alert first = failure("cam-1", "link", "2026-02-03T10:00", "");
  first.alert_id = "the-first";
  keep(first);
  first.revision = 2;
  first.end_ms = at("2026-02-03T12:00");
  first.detected_ms = first.end_ms + second_ms;
  first.triage_status = schema::TriageStatus::attended;
  first.triage_by = "Ana";
  first.triage_note = "cable replaced";
  keep(std::move(first));
  keep(failure("cam-1", "power", "2026-02-10T10:00", "2026-02-10T10:30"));
  keep(failure("cam-2", "link", "2026-02-28T12:00", ""));
  keep(failure("cam-2", "link", "2026-03-01T00:00", ""));
  Alert degraded = alert("camera_degraded", "cam-3", at("2026-02-05T10:00"), at("2026-02-05T10:05"));
  degraded.site_id = "quito";
  keep(std::move(degraded));
  on("2026-02-01", "2026-03-01");
  const Report report = make("camera-failures");
  EXPECT_THAT(rows(report, "failures",
                   {"start_ms", "camera_id", "site_id", "type", "reported_ms", "restored_ms", "solution", "duration_ms",
                    "reported_by", "attended_by"}),
              ElementsAre("2026-02-03 10:00:00|cam-1|port|link|2026-02-03 10:00:01|2026-02-03 12:00:00|cable "
                          "replaced|2 h|vigia: camera|Ana",
                          "2026-02-05 10:00:00|cam-3|quito|image|2026-02-05 10:00:01|2026-02-05 10:05:00||5 "
                          "min|vigia: camera_degraded|",
                          "2026-02-10 10:00:00|cam-1|port|power|2026-02-10 10:00:01|2026-02-10 10:30:00||30 "
                          "min|vigia: camera|",
                          "2026-02-28 12:00:00|cam-2|port|link|2026-02-28 12:00:01|||12 h|vigia: camera|"));
  EXPECT_THAT(rows(report, "summary", {"site_id", "type", "failures", "still_open", "duration_ms", "longest_ms"}),
              ElementsAre("port|link|2|1|14 h|12 h", "port|power|1|0|30 min|30 min", "quito|image|1|0|5 min|5 min"));
  EXPECT_THAT(rows(report, "frequent", {"camera_id", "failures", "duration_ms"}), ElementsAre("cam-1|2|2 h 30 min"));
  request.site = "quito";
  EXPECT_THAT(rows(make("camera-failures"), "failures", {"camera_id"}), ElementsAre("cam-3"));
}

TEST_F(ReportTest, S4S5TheDayOfTheCentreAndItsIndicator) {
  using schema::Category;
  using schema::TriageStatus;
  const auto incident = [&](Category category, TriageStatus triage, const std::string& start) {
    Alert a = alert("incident", "host-1|root", at(start), at(start));
    a.category = category;
    a.triage_status = triage;
    a.triage_by = triage == TriageStatus::new_ ? "" : "Luis";
    return a;
  };
  keep(incident(Category::attention_major, TriageStatus::attended, "2026-03-04T10:00"));
  keep(incident(Category::attention_major, TriageStatus::new_, "2026-03-04T11:00"));
  keep(incident(Category::attention_medium, TriageStatus::attended, "2026-03-04T12:00"));
  keep(incident(Category::attention_medium, TriageStatus::acknowledged, "2026-03-04T13:00"));
  keep(incident(Category::attention_medium, TriageStatus::false_positive, "2026-03-04T14:00"));
  keep(incident(Category::information, TriageStatus::new_, "2026-03-04T15:00"));
  Alert late = incident(Category::attention_major, TriageStatus::attended, "2026-03-03T22:00");  // told a day later
  late.detected_ms = at("2026-03-04T09:00");
  keep(std::move(late));
  Alert withdrawn = incident(Category::attention_major, TriageStatus::new_, "2026-03-04T16:00");
  withdrawn.status = schema::AlertStatus::withdrawn;
  keep(std::move(withdrawn));
  Alert older = incident(Category::attention_major, TriageStatus::new_, "2026-03-03T10:00");
  older.alert_id = "older";
  keep(older);
  older.revision = 2;
  older.detected_ms = at("2026-03-04T10:00");
  keep(std::move(older));
  on("2026-03-04", "2026-03-05");
  const Report report = make("soc");
  EXPECT_THAT(rows(report, "figures", {"number"}), ElementsAre("8", "1", "1", "1", "2", "3", "1", "5", "3", "166.7"));
  EXPECT_THAT(
      rows(report, "log", {"reported_ms", "category", "response", "triage_status", "triage_by"}),
      ElementsAre("2026-03-04 09:00:00|major attention|mitigation|attended|Luis",
                  "2026-03-04 10:00:01|major attention|mitigation|attended|Luis",
                  "2026-03-04 11:00:01|major attention|mitigation|new|",
                  "2026-03-04 12:00:01|medium attention|containment|attended|Luis",
                  "2026-03-04 13:00:01|medium attention|containment|acknowledged|Luis",
                  "2026-03-04 14:00:01|medium attention|containment|false positive|Luis",
                  "2026-03-04 15:00:01|information||new|", "2026-03-04 16:00:01|major attention|mitigation|new|"));
  on("2026-03-06", "2026-03-07");
  EXPECT_THAT(report_text(make("soc")), HasSubstr("Nothing was attended"));
}

TEST_F(ReportTest, R2R10MovementsOfSealsAndBadges) {
  using enum schema::AccessKind;
  using schema::Direction;
  keep(badge("gate", "H-1", at("2026-03-04T08:00"), badge_granted, Direction::in));
  schema::AccessEventT visitor = badge("gate", "V-1", at("2026-03-04T08:05"), badge_granted, Direction::in);
  visitor.holder_class = schema::HolderClass::visitor;
  visitor.escort_id = "H-1";
  keep(std::move(visitor));
  keep(badge("gate", "V-1", at("2026-03-04T09:00"), badge_granted, Direction::out));
  keep(badge("gate", "X-9", at("2026-03-04T09:10"), badge_denied, Direction::unknown));
  keep(badge("gate", "", at("2026-03-04T09:11"), door_opened, Direction::unknown));
  keep(badge("office", "H-1", at("2026-03-04T09:12"), badge_granted, Direction::unknown));
  Alert entered = alert("zone_entered", "SEAL-1", at("2026-03-04T08:30"), at("2026-03-04T08:30"));
  entered.trip_id = "T-1";
  entered.site_id = "port";
  add_attribute(entered, "zone_id", "port-depot");
  entered.evidence.push_back(std::make_unique<schema::EvidenceT>());
  entered.evidence.back()->topic = "seal.events";
  entered.evidence.back()->offset = 42;
  keep(std::move(entered));
  on("2026-03-04", "2026-03-05");
  const std::vector<std::string> columns{"time_ms", "who",     "class",     "movement", "place_id",
                                         "area",    "site_id", "escort_id", "trip_id",  "record"};
  EXPECT_THAT(rows(make("movements"), "movements", columns),
              ElementsAre("2026-03-04 08:00:00|H-1|employee|in, granted|gate|yard|port|||access.events/0/1",
                          "2026-03-04 08:05:00|V-1|visitor|in, granted|gate|yard|port|H-1||access.events/0/2",
                          "2026-03-04 08:30:00|SEAL-1||entered zone|port-depot||port||T-1|seal.events/0/42",
                          "2026-03-04 09:00:00|V-1||out, granted|gate|yard|port|||access.events/0/3",
                          "2026-03-04 09:10:00|X-9||denied|gate|yard|port|||access.events/0/4",
                          "2026-03-04 09:12:00|H-1|employee|granted|office||quito|||access.events/0/6"));
  EXPECT_THAT(rows(make("movements"), "places", {"place_id", "site_id", "in", "out", "denied", "other"}),
              ElementsAre("gate|port|2|1|1|0", "office|quito|0|0|0|1", "port-depot|port|1|0|0|0"));
  request.site = "port";
  EXPECT_EQ(rows(make("movements"), "movements", {"who"}).size(), 5u);
  request.subject = "V-1";
  EXPECT_THAT(rows(make("movements"), "movements", {"movement"}), ElementsAre("in, granted", "out, granted"));
}

TEST_F(ReportTest, R11V6TheFileOfASubjectHasEverythingWithItsEvidence) {
  write_trips();
  keep(badge("gate", "OFF-1", at("2026-03-03T10:50"), schema::AccessKind::badge_granted, schema::Direction::in));
  Alert seen = alert("restricted_object", "cam-1", at("2026-03-03T11:05"), at("2026-03-03T11:05"));
  add_attribute(seen, "holder_id", "OFF-1");
  for (const std::int64_t one : {7, 8, 9}) {
    seen.evidence.push_back(std::make_unique<schema::EvidenceT>());
    seen.evidence.back()->topic = "camera.events";
    seen.evidence.back()->offset = one;
  }
  keep(std::move(seen));
  const EvidenceRecord record{
      .timestamp_ms = at("2026-03-03T11:06"),
      .key = "cam-1",
      .value = R"({"events":[{"evidence_uri":"https://nvr/7.jpg"},{"evidence_uri":"https://nvr/8.jpg"}]})"};
  ASSERT_TRUE(alerts.evidence()
                  .put(std::vector{std::pair{EvidencePlace{"camera.events", 0, 7}, record},
                                   std::pair{EvidencePlace{"camera.events", 0, 8}, EvidenceRecord{.is_gone = true}}})
                  .ok());
  on("2026-03-03T10:30", "2026-03-03T13:30");
  request.subject = "OFF-1";
  const Report officer = make("file");
  EXPECT_THAT(rows(officer, "alerts", {"kind", "subject_id"}), ElementsAre("restricted object|cam-1"));
  EXPECT_THAT(rows(officer, "trip_events", {"time_ms", "action", "transport_document_id", "zone_id", "record"}),
              ElementsAre("2026-03-03 11:00:00|inspection|BL-9|yard|trip.events/1/3"));
  EXPECT_THAT(rows(officer, "access", {"time_ms", "kind", "door_id", "direction", "record"}),
              ElementsAre("2026-03-03 10:50:00|badge granted|gate|in|access.events/0/9"));
  EXPECT_THAT(rows(officer, "evidence", {"record", "received_ms", "key", "state", "evidence_uri"}),
              ElementsAre("camera.events/0/7|2026-03-03 11:06:00|cam-1||https://nvr/7.jpg, https://nvr/8.jpg",
                          "camera.events/0/8|||no longer kept|", "camera.events/0/9|||not kept|"));
  request.subject = "SEAL-1";
  EXPECT_THAT(rows(make("file"), "alerts", {"kind", "status", "end_ms"}),
              ElementsAre("seal opened|cleared|2026-03-03 12:10:00", "unauthorised stop|withdrawn|"));
  request.subject = "T-1";
  EXPECT_EQ(rows(make("file"), "alerts", {"kind"}).size(), 2u);
  request.subject.clear();
  request.site = "port";  // its camera, its gate
  EXPECT_THAT(rows(make("file"), "alerts", {"subject_id"}), ElementsAre("cam-1"));
  EXPECT_THAT(rows(make("file"), "access", {"door_id"}), ElementsAre("gate"));
}

TEST_F(ReportTest, OnlyAttributesThatNameADevicePlaceOrHolderAreWhatAnAlertIsAbout) {
  Alert panic = alert("panic", "SEAL-9", at("2026-03-03T11:05"), at("2026-03-03T11:05"));
  add_attribute(panic, "nearest_camera", "cam-1");
  add_attribute(panic, "people", "17");
  add_attribute(panic, "door_id", "gate");
  keep(std::move(panic));
  on("2026-03-03T10:30", "2026-03-03T13:30");
  const auto found = [&](const std::string& subject) {
    request.subject = subject;
    return rows(make("file"), "alerts", {"subject_id"});
  };
  EXPECT_THAT(found("gate"), ElementsAre("SEAL-9"));
  EXPECT_THAT(found("cam-1"), IsEmpty());
  EXPECT_THAT(found("17"), IsEmpty());
}

TEST_F(ReportTest, TheEndOfWhatLastsIsAWordForPeopleAndLeftOutForPrograms) {
  keep(alert("loitering", "cam-1", at("2026-03-03T11:05"), 0));
  on("2026-03-03T10:30", "2026-03-03T13:30");
  request.subject = "cam-1";
  const Report report = make("file");
  EXPECT_THAT(rows(report, "alerts", {"end_ms"}), ElementsAre("open"));
  EXPECT_THAT(report_json(report), Not(HasSubstr("\"end_ms\"")));
}

TEST_F(ReportTest, V6EvidenceOfAnotherSystemLinksToWhatThatSystemKeeps) {
  Alert seen = alert("loitering", "yard-cam", at("2026-03-03T11:05"), at("2026-03-03T11:09"));
  seen.evidence.push_back(std::make_unique<schema::EvidenceT>());
  seen.evidence.back()->topic = "frigate.reviews";
  keep(std::move(seen));
  const EvidenceRecord record{.timestamp_ms = at("2026-03-03T11:06"),
                              .value = R"({"type":"update","after":{"id":"r1","camera":"yard-cam",
                                "thumb_path":"/media/frigate/r1.webp","data":{"objects":["person"]}}})"};
  ASSERT_TRUE(alerts.evidence().put(std::vector{std::pair{EvidencePlace{"frigate.reviews", 0, 0}, record}}).ok());
  on("2026-03-03", "2026-03-04");
  request.subject = "yard-cam";
  EXPECT_THAT(rows(make("file"), "evidence", {"record", "evidence_uri"}),
              ElementsAre("frigate.reviews/0/0|/media/frigate/r1.webp"));
}

TEST_F(ReportTest, EveryReportOfEmptyStoresInEveryLanguageSaysWhatItIsAndNoKey) {
  on("2026-03-04", "2026-03-05");
  request.subject = "nobody";
  for (const ReportKind& kind : report_kinds()) {
    for (const Language language : {Language::english, Language::spanish}) {
      request.language = language;
      const Report report = make(std::string(kind.name));
      EXPECT_FALSE(report.tables.empty()) << kind.name;
      const std::string text = report_text(report);
      for (const char* group : {"report.", "head.", "table.", "column.", "figure.", "note.", "word."})
        EXPECT_THAT(text, Not(HasSubstr(group))) << kind.name;
      EXPECT_EQ(report.language, name_of(language));
    }
  }
}

}  // namespace
}  // namespace vigia
