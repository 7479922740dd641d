#include "connectors/alert_record.h"

#include <gtest/gtest.h>

#include "connectors/alert_payload.h"

namespace vigia {
namespace {

Alert sample() {
  Alert alert;
  alert.alert_id = "0123456789abcdef0123456789abcdef";
  alert.revision = 2;
  alert.kind = "seal_tampered";
  alert.subject_id = "seal-1";
  alert.detected_ms = 1'700'000'000'123;
  return alert;
}

TEST(AlertRecord, HeadersAreThoseOfACloudEvent) {
  AlertRecord record;
  make_alert_record(sample(), "customs", RecordFormat::json, record);
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"ce_specversion", "1.0"},
      {"ce_id", "0123456789abcdef0123456789abcdef-2"},
      {"ce_source", "/vigia/customs"},
      {"ce_type", "vigia.alert.seal_tampered"},
      {"ce_subject", "seal-1"},
      {"ce_time", "2023-11-14T22:13:20.123Z"},
      {"content-type", "application/json"},
  };
  EXPECT_EQ(record.headers, expected);
  EXPECT_EQ(record.key, "seal-1");
}

TEST(AlertRecord, ReplayLawTheSameAlertGivesTheSameBytesAndTheyAreTheAlert) {
  using enum RecordFormat;
  for (const RecordFormat format : {json, flatbuffers, ecs, ocsf}) {
    AlertRecord once, again;
    again.payload = "something from before";
    make_alert_record(sample(), "customs", format, once);
    make_alert_record(sample(), "customs", format, again);
    EXPECT_EQ(once, again);
    EXPECT_EQ(format_of(once, format == json ? flatbuffers : json), format) << "the record says itself what it is";
    vigia::json::Reader reader;
    Alert read;
    EXPECT_EQ(read_alert_payload(once.payload, format, reader, read), "");
    EXPECT_EQ(read, sample());
  }
}

Alert opened() {
  Alert alert = sample();
  alert.status = schema::AlertStatus::confirmed;
  alert.kind = "seal_opened";
  alert.rule_id = "opened";
  alert.rule_hash = "0011223344556677";
  alert.severity = schema::Severity::high;
  alert.subject_type = "seal";
  alert.trip_id = "t-7";
  alert.start_ms = 1'700'000'000'000;
  alert.message = "Opened \"outside\" of a depot";
  alert.position = std::make_unique<schema::PositionT>();
  alert.position->lat_deg = -2.19;
  alert.position->lon_deg = -79.88;
  return alert;
}

AlertRecord record_of(const Alert& alert, RecordFormat format) {
  AlertRecord record;
  make_alert_record(alert, "customs", format, record);
  return record;
}

std::string native(const Alert& alert) { return record_of(alert, RecordFormat::json).payload; }

// Fields of the Elastic Common Schema 8.11: https://www.elastic.co/guide/en/ecs/8.11/ecs-field-reference.html
TEST(AlertRecord, EcsNamesRuleTimesSeverityAndPlaceAndHoldsTheAlert) {
  const AlertRecord record = record_of(opened(), RecordFormat::ecs);
  EXPECT_EQ(record.payload,
            R"({"@timestamp":"2023-11-14T22:13:20.123Z","ecs":{"version":"8.11.0"},)"
            R"("message":"Opened \"outside\" of a depot",)"
            R"("event":{"kind":"alert","category":["intrusion_detection"],"type":["info"],)"
            R"("id":"0123456789abcdef0123456789abcdef-2","action":"seal_opened","module":"vigia",)"
            R"("dataset":"vigia.alerts","provider":"customs","severity":4,"start":"2023-11-14T22:13:20.000Z"},)"
            R"("rule":{"id":"opened","category":"seal_opened","ruleset":"customs","version":"0011223344556677"},)"
            R"("observer":{"vendor":"vigia","name":"seal-1","type":"seal",)"
            R"("geo":{"location":{"lat":-2.19,"lon":-79.88}}},"vigia":)" +
                native(opened()) + "}");
  EXPECT_EQ(record.headers.size(), 8U) << "those of a CloudEvent and the schema's address";
}

// Class 2004 of github.com/ocsf/ocsf-schema, events/findings/detection_finding.json and finding.json: what is required, and
// the enumerators of activity_id, severity_id and status_id.
TEST(AlertRecord, OcsfIsADetectionFindingAndHoldsTheAlert) {
  const AlertRecord record = record_of(opened(), RecordFormat::ocsf);
  EXPECT_EQ(record.payload,
            R"({"activity_id":2,"activity_name":"Update","category_uid":2,"category_name":"Findings",)"
            R"("class_uid":2004,"class_name":"Detection Finding","type_uid":200402,"severity_id":4,"severity":"High",)"
            R"("status_id":1,"status":"New","status_detail":"confirmed","is_alert":true,"time":1700000000123,)"
            R"("start_time":1700000000000,"message":"Opened \"outside\" of a depot",)"
            R"("metadata":{"version":"1.4.0","uid":"0123456789abcdef0123456789abcdef-2","log_provider":"customs",)"
            R"("product":{"name":"vigia","vendor_name":"vigia"}},)"
            R"("finding_info":{"uid":"0123456789abcdef0123456789abcdef","title":"Opened \"outside\" of a depot",)"
            R"("types":["seal_opened"],"first_seen_time":1700000000000,"modified_time":1700000000123,)"
            R"("analytic":{"type_id":1,"type":"Rule","name":"seal_opened","uid":"opened"}},)"
            R"("resources":[{"uid":"seal-1","type":"seal"}],"unmapped":{"vigia":)" +
                native(opened()) + "}}");
}

TEST(AlertRecord, OcsfTellsTheLifeCycleAndWhatPeopleMadeOfIt) {
  const auto holds = [](const Alert& alert, const std::string& text) {
    return record_of(alert, RecordFormat::ocsf).payload.find(text) != std::string::npos;
  };
  Alert first = opened(), withdrawn = opened(), seen = opened(), wrong = opened(), done = opened();
  first.revision = 1;
  withdrawn.status = schema::AlertStatus::withdrawn;
  seen.triage_status = schema::TriageStatus::acknowledged;
  wrong.triage_status = schema::TriageStatus::false_positive;
  done.triage_status = schema::TriageStatus::attended;
  EXPECT_TRUE(holds(first, R"("activity_id":1,"activity_name":"Create")"));
  EXPECT_TRUE(holds(withdrawn, R"("activity_id":3,"activity_name":"Close")"));
  EXPECT_TRUE(holds(withdrawn, R"("status_id":4,"status":"Resolved","status_detail":"withdrawn","is_alert":false)"));
  EXPECT_TRUE(holds(seen, R"("status_id":2,"status":"In Progress")"));
  EXPECT_TRUE(holds(wrong, R"("status_id":3,"status":"Suppressed")"));
  EXPECT_TRUE(holds(done, R"("status_id":4,"status":"Resolved")"));
}

}  // namespace
}  // namespace vigia
