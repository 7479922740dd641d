// What `vigia explain` says, from a store that the test has written. VIGIA_UPDATE=1 writes the golden files anew.
#include "app/explanation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <fstream>

#include "app/explanation_json.h"
#include "app/explanation_text.h"
#include "app/source_alert.h"
#include "operators/rule_hash.h"
#include "schemas/seal_batch_generated.h"
#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr TimeMs start_ms = 1'772'612'400'000;  // 2026-03-04 03:20:00 in Guayaquil
const std::string id = "5d0c9a41000000000000000000000001";

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = VIGIA_SOURCE_DIR "/tests/app/golden/" + name;
  if (std::getenv("VIGIA_UPDATE") != nullptr) std::ofstream(path) << text;
  std::ifstream in(path);
  EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(in), {})) << "in " << path;
}

std::string seal_bytes(const std::string& seal, std::uint32_t sequence, bool is_batch) {
  flatbuffers::FlatBufferBuilder builder;
  schema::SealEventT event;
  event.seal_id = seal;
  event.device_time_ms = start_ms;
  event.sequence = sequence;
  event.lock = schema::Lock::opened;
  if (is_batch) {
    schema::SealBatchT batch;
    for (const std::string& other : {seal, std::string("SEAL-2")}) {
      event.seal_id = other;
      batch.events.push_back(std::make_unique<schema::SealEventT>(event));
    }
    schema::FinishSealBatchBuffer(builder, schema::SealBatch::Pack(builder, &batch));
  } else {
    builder.Finish(schema::SealEvent::Pack(builder, &event));  // without an identifier
  }
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

class ExplanationTest : public testing::Test {
 protected:
  void SetUp() override {
    dir.write("zones.geojson", R"({"type":"FeatureCollection","features":[{"type":"Feature",
      "properties":{"id":"port","kind":"depot","radius_m":500},"geometry":{"type":"Point","coordinates":[-79.9,-2.2]}}]})");
    loaded = load_pipeline(dir.write("pipeline.yaml", R"(application: customs
timezone: America/Guayaquil
site: [zones.geojson]
sources:
  - { topic: seal.events, stream: seal, format: json }
  - { topic: trip.events, stream: trip, format: json }
rules:
  - { id: stop, kind: unauthorized_stop, limit: 15m, severity: high, only: { id: [SEAL-*] } }
  - { id: in, kind: zone_entered }
)"));
    ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
    ASSERT_TRUE(store.open(dir / "alerts").ok());
  }

  [[nodiscard]] const RuleSpec& rule(const std::string& name) const {
    return *std::ranges::find(loaded.pipeline.rules, name, &RuleSpec::id);
  }

  [[nodiscard]] Alert alert(std::uint32_t revision, schema::AlertStatus status) const {
    Alert a;
    a.alert_id = id;
    a.revision = revision;
    a.status = status;
    a.kind = "unauthorized_stop";
    a.rule_id = "stop";
    a.rule_hash = hash_of(rule("stop"));
    a.severity = schema::Severity::high;
    a.category = schema::Category::attention_major;
    a.subject_type = "seal";
    a.subject_id = "SEAL-1";
    a.trip_id = "TRIP-1";
    a.start_ms = start_ms;
    a.position = std::make_unique<schema::PositionT>();
    a.position->lat_deg = -1.978294;
    a.position->lon_deg = -79.976306;
    a.detected_ms = start_ms + 900'000;
    a.message = "stopped for longer than 15 min";
    return a;
  }

  static void add_evidence(Alert& to, const std::string& topic, std::int64_t offset) {
    to.evidence.push_back(std::make_unique<schema::EvidenceT>());
    to.evidence.back()->topic = topic;
    to.evidence.back()->partition = 3;
    to.evidence.back()->offset = offset;
  }

  void keep(const std::string& topic, std::int64_t offset, EvidenceRecord record) {
    ASSERT_TRUE(store.evidence().put(std::vector{std::pair{EvidencePlace{topic, 3, offset}, std::move(record)}}).ok());
  }

  static EvidenceRecord record(std::string value) {
    return {.timestamp_ms = start_ms + 1'500, .key = "SEAL-1", .value = std::move(value), .headers = {{"trace", "7"}}};
  }

  Explanation explain() {
    Explanation explanation;
    const auto fetch = [&](std::span<const EvidencePlace> places,
                           const std::function<void(const EvidencePlace&, EvidenceRecord)>& found) {
      asked.assign(places.begin(), places.end());
      for (const EvidencePlace& place : places) {
        if (const auto one = in_kafka.find(place); one != in_kafka.end()) found(place, one->second);
      }
      return fault;
    };
    const Status status = explain_alert(store, loaded, id, fetch, explanation);
    EXPECT_TRUE(status.ok()) << status.text;
    return explanation;
  }

  // Raised by the clock, confirmed, and then withdrawn by a backlog.
  void write_story() {
    Alert first = alert(1, schema::AlertStatus::provisional);
    Alert second = alert(2, schema::AlertStatus::confirmed);
    Alert third = alert(3, schema::AlertStatus::withdrawn);
    add_evidence(first, "seal.events", 153);
    add_evidence(second, "seal.events", 153);
    add_evidence(second, "seal.events", 160);
    second.detected_ms += 60'000;
    second.late_by_ms = 1'210;
    add_evidence(third, "seal.events", 200);
    add_evidence(third, "trip.events", 9);
    add_evidence(third, "seal.events", 201);
    third.detected_ms += 3'600'000;
    third.late_by_ms = 40 * 60'000 + 3'000;
    third.cause = "coverage";
    third.message = "stopped for 10 min";
    third.end_ms = start_ms + 600'000;
    ASSERT_TRUE(store.write(std::vector{first, second, third}).ok());
    keep("seal.events", 153,
         record("{\n \"seal_id\": \"SEAL-1\", \"device_time_ms\": 1772612400000, \"sequence\": 97, \"position\": "
                "{\"lat_deg\": -1.978407, \"lon_deg\": -79.976269, \"speed_kmh\": 0}, \"note\": \"Peaje Tambo, "
                "ñandú\"}\n"));
    keep("seal.events", 160, record(seal_bytes("SEAL-1", 98, true)));
    keep("seal.events", 200, {.is_gone = true});
    in_kafka[{"seal.events", 3, 201}] = record(seal_bytes("SEAL-1", 99, false));
    in_kafka[{"trip.events", 3, 9}] = {.is_gone = true};
  }

  test::TempDirectory dir;
  LoadedPipeline loaded;
  AlertStore store;
  std::map<EvidencePlace, EvidenceRecord> in_kafka;
  std::vector<EvidencePlace> asked;
  Status fault;
};

TEST_F(ExplanationTest, InWords) {
  write_story();
  expect_golden("explain.txt", explanation_text(explain()));
}

TEST_F(ExplanationTest, AsJson) {
  write_story();
  const std::string text = explanation_json(explain());
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(text).error(), simdjson::SUCCESS);
  expect_golden("explain.json", text + "\n");
}

TEST_F(ExplanationTest, KafkaIsAskedOnlyForWhatTheStoreDoesNotHave) {
  write_story();
  (void)explain();
  EXPECT_EQ(asked,
            (std::vector<EvidencePlace>{{"seal.events", 3, 200}, {"seal.events", 3, 201}, {"trip.events", 3, 9}}));
}

TEST_F(ExplanationTest, WithoutKafkaItSaysSo) {
  write_story();
  in_kafka.clear();
  fault = Status::of(Fault::retry, "no broker");
  const std::string text = explanation_text(explain());
  EXPECT_THAT(text, HasSubstr("not in the store, and Kafka was not"));
  EXPECT_THAT(text, HasSubstr("no broker"));
  EXPECT_THAT(text, HasSubstr("gone: Kafka did not have it any more when"));
}

TEST_F(ExplanationTest, ARevisionThatTheStoreDoesNotHaveIsNamed) {
  ASSERT_TRUE(store.write(std::vector{alert(3, schema::AlertStatus::confirmed)}).ok());
  EXPECT_THAT(explanation_text(explain()), HasSubstr("the store does not have revisions 1 to 2"));
}

TEST_F(ExplanationTest, AnotherRuleThanThatOfTheAlertIsRemarked) {
  Alert changed = alert(1, schema::AlertStatus::confirmed);
  changed.rule_hash = "0123456789abcdef";
  ASSERT_TRUE(store.write(std::vector{changed}).ok());
  EXPECT_FALSE(explain().rule.is_same);
  EXPECT_THAT(explain().rule.remark, HasSubstr("NOT AS IT WAS: the alert was raised under 0123456789abcdef"));
  changed.rule_id = "gone";
  ASSERT_TRUE(store.write(std::vector{changed}).ok());
  EXPECT_FALSE(explain().rule.rule.has_value());
  EXPECT_THAT(explanation_text(explain()), HasSubstr("the configuration has no rule gone any more"));
}

TEST_F(ExplanationTest, AnIncidentIsExplainedByItsSigmaRule) {
  Alert incident = alert(1, schema::AlertStatus::confirmed);
  const std::string file = dir.write("opened.yml", R"(title: A seal was opened
name: opened_seal
id: 7d1ab6c5-9a53-4f0b-8f25-3f1d30f4f6a1
level: high
logsource: { product: vigia, service: seal }
detection:
  opened: { lock: opened }
  condition: opened
)");
  loaded = load_pipeline(dir.write("with_sigma.yaml", R"(application: customs
sources:
  - { topic: seal.events, stream: seal, format: json }
sigma: [opened.yml]
)"));
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  const SigmaHead& head = loaded.pipeline.sigma->streams[SigmaPlan::seal].detections.front().head;
  incident.kind = "incident";
  incident.rule_id = head.rule_id;
  incident.rule_hash = head.hash;
  ASSERT_TRUE(store.write(std::vector{incident}).ok());
  EXPECT_TRUE(explain().rule.is_same);
  const std::string text = explanation_text(explain(), 200);
  EXPECT_THAT(text, HasSubstr("title         A seal was opened\n"));
  EXPECT_THAT(text, HasSubstr("file          " + file + ":"));
  EXPECT_THAT(text, HasSubstr("hash          " + head.hash + "\n"));
  EXPECT_THAT(text, HasSubstr("compared      the same as when the alert was raised\n"));
  EXPECT_THAT(explanation_json(explain()), HasSubstr(R"("title":"A seal was opened","name":"opened_seal","file":)"));

  incident.cause = "budget";
  incident.subject_type = "rule";
  ASSERT_TRUE(store.write(std::vector{incident}).ok());
  EXPECT_THAT(explain().rule.remark, HasSubstr("the engine's own, about what the rule needs"));
  incident.rule_hash = "0123456789abcdef";
  ASSERT_TRUE(store.write(std::vector{incident}).ok());
  EXPECT_THAT(explain().rule.remark, HasSubstr("NOT AS IT WAS: the alert was raised under 0123456789abcdef"));
}

TEST_F(ExplanationTest, AnAlertOfTheEngineAboutASourceHasNoRuleOfTheConfiguration) {
  Alert silent = source_alert(source_rule("source_silent"), "customs", "seal.events", start_ms, 0);
  silent.alert_id = id;
  silent.revision = 1;
  ASSERT_TRUE(store.write(std::vector{silent}).ok());
  EXPECT_THAT(explain().rule.remark, HasSubstr("the engine's own, about a source"));
}

TEST_F(ExplanationTest, AWithdrawnAlertDoesNotLast) {
  ASSERT_TRUE(store.write(std::vector{alert(1, schema::AlertStatus::provisional)}).ok());
  EXPECT_THAT(explanation_text(explain()), HasSubstr("end           it lasts\n"));
  ASSERT_TRUE(store.write(std::vector{alert(2, schema::AlertStatus::withdrawn)}).ok());
  const std::string text = explanation_text(explain());
  EXPECT_THAT(text, HasSubstr("end           -\n"));
  EXPECT_THAT(text, Not(HasSubstr("it lasts")));
}

TEST_F(ExplanationTest, TheZoneOfTheAlertIsPartOfTheComparison) {
  Alert entered = alert(1, schema::AlertStatus::confirmed);
  entered.rule_id = "in";
  entered.kind = "zone_entered";
  entered.rule_hash = hash_with(hash_of(rule("in")), loaded.site.zones[0].content_hash);
  entered.attributes.push_back(std::make_unique<schema::AttributeT>());
  entered.attributes.back()->key = "zone_id";
  entered.attributes.back()->value = "port";
  ASSERT_TRUE(store.write(std::vector{entered}).ok());
  EXPECT_TRUE(explain().rule.is_same) << explain().rule.remark;
  entered.attributes.back()->value = "elsewhere";
  ASSERT_TRUE(store.write(std::vector{entered}).ok());
  EXPECT_THAT(explain().rule.remark, HasSubstr("which does not have zone elsewhere"));
}

TEST(WrappedText, BreaksAtBlanksAfterCommasAndWhereItMust) {
  std::string out;
  append_wrapped(out, "> ", "one two three four five six seven", 22);
  EXPECT_EQ(out, "> one two three four\n  five six seven\n");
  out.clear();
  append_wrapped(out, "", "aaaaaaaaaaaa,bbbbbbbbbbbbbbbbbbbbbbbb", 20);
  EXPECT_EQ(out, "aaaaaaaaaaaa,\nbbbbbbbbbbbbbbbbbbbb\nbbbb\n");
  out.clear();
  append_wrapped(out, "", "ñññññññññññññññññññññ", 20);  // by characters, not by bytes
  EXPECT_EQ(out, "ññññññññññññññññññññ\nñ\n");
  out.clear();
  append_wrapped(out, "> ", "", 20);
  EXPECT_EQ(out, "> \n");
}

}  // namespace
}  // namespace vigia
