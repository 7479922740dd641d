#include "connectors/pipeline_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/formats.h"
#include "tests/connectors/config_files.h"

namespace vigia {
namespace {

using test::ConfigFiles;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* least = R"(application: customs
sources:
  - {topic: seal.events, stream: seal}
  - {topic: trip.events, stream: trip}
)";

std::vector<int> lines_of(const LoadedPipeline& loaded) {
  std::vector<int> lines;
  for (const ConfigError& error : loaded.errors) lines.push_back(error.line);
  return lines;
}

const RuleSpec* find_rule(const LoadedPipeline& loaded, std::string_view id) {
  for (const RuleSpec& rule : loaded.pipeline.rules) {
    if (rule.id == id) return &rule;
  }
  return nullptr;
}

// The single error of a pipeline that has one mistake; fails when it has none or more.
ConfigError only_error(const LoadedPipeline& loaded) {
  EXPECT_EQ(loaded.errors.size(), 1u) << format_errors(loaded.errors);
  return loaded.errors.empty() ? ConfigError{} : loaded.errors[0];
}

TEST(PipelineConfig, TheLeastPipelineHasDefaults) {
  const ConfigFiles files;
  const LoadedPipeline loaded = files.load(least);
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  EXPECT_THAT(loaded.warnings, IsEmpty());
  const Pipeline& pipeline = loaded.pipeline;
  EXPECT_EQ(pipeline.application, "customs");
  EXPECT_EQ(pipeline.brokers, "localhost:9092");
  EXPECT_EQ(pipeline.lost_offsets, LostOffsets::stop);
  EXPECT_EQ(pipeline.delivery, Delivery::exactly_once);
  EXPECT_EQ(pipeline.timezone, "UTC");
  EXPECT_EQ(pipeline.horizon_ms, 86'400'000);
  EXPECT_EQ(pipeline.allowed_lateness_ms, 600'000);
  EXPECT_EQ(pipeline.max_clock_skew_ms, 300'000);
  EXPECT_EQ(pipeline.clock, ClockMode::wall);
  EXPECT_EQ(pipeline.source_silence_ms, 60'000);
  EXPECT_EQ(pipeline.state_directory, files.path("state"));
  EXPECT_EQ(pipeline.snapshot_every_ms, 10'000);
  EXPECT_EQ(pipeline.standby_copies, 0);
  EXPECT_EQ(pipeline.memory_budget_bytes, std::uint64_t{2} << 30);
  EXPECT_EQ(pipeline.proof_retention_ms, TimeMs{400} * 86'400'000);
  ASSERT_EQ(pipeline.sources.size(), 2u);
  EXPECT_EQ(pipeline.sources[1].stream, StreamId::trip);
  EXPECT_EQ(pipeline.sources[1].partitioner, Partitioner::automatic);
  EXPECT_EQ(pipeline.outputs.alerts, "vigia.alerts");
  EXPECT_EQ(pipeline.outputs.dead_letters, "vigia.dead-letters");
  EXPECT_EQ(pipeline.outputs.too_late, "vigia.too-late");
  EXPECT_EQ(pipeline.outputs.journal, "customs.journal");
  EXPECT_EQ(pipeline.group_budget.groups_max, 1'000'000u);
  EXPECT_EQ(pipeline.group_budget.bytes_max, std::uint64_t{512} << 20);
  ASSERT_EQ(pipeline.rules.size(), 1u);
  EXPECT_EQ(pipeline.rules[0].kind, "clock_fault");
}

TEST(PipelineConfig, ReadsEveryKey) {
  const ConfigFiles files;
  const LoadedPipeline loaded = files.load(R"(
application: a
kafka: {brokers: "b1:1,b2:2", properties: {security.protocol: ssl, session.timeout.ms: 6000}, create_topics: true,
        lost_offsets: accept}
delivery: at_least_once
timezone: America/Guayaquil
time: {horizon: 12h, allowed_lateness: 1m, max_clock_skew: 2s, clock: records, source_silence: 5m}
state: {directory: deep/state, snapshot_every: 500ms, standby: 1, memory_budget: 64MiB, proof_retention: 30d}
sources:
  - {topic: s, stream: seal, format: flatbuffers, partitioner: crc32}
outputs: {alerts: o1, alert_state: o2, dead_letters: o3, too_late: o4, journal: o5, format: flatbuffers,
          alert_retention: 90d, record_retention: 40d}
correlations: {max_groups: 5000, max_bytes: 8MiB}
rules:
  - id: stop
    kind: unauthorized_stop
    limit: 20m
    radius_m: 150.5
    severity: critical
    category: information
    message: Stands
    scope: always
    only: {site: [a*], zone: [b, c], id: ["00?"]}
  - {id: clock, kind: clock_fault, severity: low}
)");
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  const Pipeline& pipeline = loaded.pipeline;
  EXPECT_EQ(pipeline.brokers, "b1:1,b2:2");
  EXPECT_EQ(pipeline.properties.at("session.timeout.ms"), "6000");
  EXPECT_TRUE(pipeline.create_topics);
  EXPECT_EQ(pipeline.lost_offsets, LostOffsets::accept);
  EXPECT_EQ(pipeline.delivery, Delivery::at_least_once);
  EXPECT_EQ(pipeline.clock, ClockMode::records);
  EXPECT_EQ(pipeline.state_directory, files.path("deep/state"));
  EXPECT_EQ(pipeline.snapshot_every_ms, 500);
  EXPECT_EQ(pipeline.standby_copies, 1);
  EXPECT_EQ(pipeline.group_budget, (GroupBudget{5000, std::uint64_t{8} << 20}));
  EXPECT_EQ(pipeline.proof_retention_ms, TimeMs{30} * 86'400'000);
  EXPECT_EQ(pipeline.sources[0].format, RecordFormat::flatbuffers);
  EXPECT_EQ(pipeline.sources[0].partitioner, Partitioner::crc32);
  EXPECT_EQ(pipeline.outputs.journal, "o5");
  EXPECT_EQ(pipeline.outputs.alert_retention_ms, TimeMs{90} * 86'400'000);
  EXPECT_EQ(pipeline.outputs.record_retention_ms, TimeMs{40} * 86'400'000);

  const RuleSpec* stop = find_rule(loaded, "stop");
  ASSERT_NE(stop, nullptr);
  EXPECT_EQ(stop->duration_ms("limit"), 1'200'000);
  EXPECT_EQ(stop->number("radius_m"), 150.5);
  EXPECT_EQ(stop->number("max_speed_kmh"), 200);
  EXPECT_EQ(stop->severity, schema::Severity::critical);
  EXPECT_EQ(stop->category, schema::Category::information);
  EXPECT_EQ(stop->message, "Stands");
  EXPECT_EQ(stop->scope, Scope::always);
  EXPECT_THAT(stop->only.zone, ElementsAre("b", "c"));
  EXPECT_THAT(stop->only.id, ElementsAre("00?"));
  ASSERT_EQ(pipeline.rules.size(), 2u) << "the configured clock_fault takes the place of the implicit one";
  EXPECT_EQ(pipeline.rules[1].severity, schema::Severity::low);
  EXPECT_EQ(pipeline.rules[1].scope, Scope::always);
}

TEST(PipelineConfig, ASourceMayHaveTheFormatOfAnotherSystem) {
  const ConfigFiles files;
  const LoadedPipeline ours = files.load("application: a\nsources:\n  - {topic: s, stream: seal}\n");
  const LoadedPipeline loaded = files.load("application: a\nsources:\n  - {topic: s, stream: seal, format: traccar}\n");
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  EXPECT_EQ(loaded.pipeline.sources[0].foreign, foreign_format("traccar", StreamId::seal));
  EXPECT_EQ(ours.pipeline.sources[0].foreign, nullptr);
  EXPECT_NE(loaded.pipeline.config_hash, ours.pipeline.config_hash) << "the same records mean something else";
}

TEST(PipelineConfig, AFormatThatIsNotThereOrOfAnotherStreamIsAnErrorThatNamesThoseThatAre) {
  const ConfigFiles files;
  const ConfigError unknown =
      only_error(files.load("application: a\nsources:\n  - {topic: s, stream: seal, format: tracar}\n"));
  EXPECT_EQ(unknown.line, 3);
  EXPECT_THAT(unknown.expected, testing::AllOf(HasSubstr("json"), HasSubstr("flatbuffers"), HasSubstr("traccar")));
  const ConfigError other =
      only_error(files.load("application: a\nsources:\n  - {topic: t, stream: trip, format: traccar}\n"));
  EXPECT_EQ(other.line, 3);
  EXPECT_EQ(other.found, "format traccar, which gives no events of stream trip");
  EXPECT_THAT(other.expected, testing::AllOf(HasSubstr("flatbuffers"), testing::Not(HasSubstr("traccar"))));
}

TEST(PipelineConfig, ReportsEveryMistakeWithItsLineAndLoadsNothing) {
  const ConfigFiles files;
  files.write("site/doors.yaml", "doors:\n  - {id: d, hours: sometimes}\n  - {id: d}\n");
  const LoadedPipeline loaded = files.load(R"(application: my customs
colour: red
time: {horizon: 1 day, allowed_lateness: 10m}
state:
  memory_budget: 2GB
  snapshot_every: 0s
site: [site/doors.yaml, site/none.geojson]
sources:
  - {topic: seal.events, stream: seal, fromat: json}
  - {topic: seal.events, stream: trip}
rules:
  - {id: stop, kind: unauthorized_stop, limit: 15}
  - {id: stop, kind: route_deviation, confirmations: two}
  - {id: over, kind: zone_overstay}
  - {id: guess, kind: unauthorised_stop}
  - {id: door, kind: door_forced}
)");
  EXPECT_FALSE(loaded.ok());
  EXPECT_THAT(lines_of(loaded), ElementsAre(1, 2, 3, 5, 6, 7, 9, 10, 12, 13, 13, 14, 15, 16, 2, 3))
      << format_errors(loaded.errors);
  EXPECT_THAT(loaded.pipeline.application, IsEmpty());
  EXPECT_THAT(loaded.pipeline.rules, IsEmpty());
  EXPECT_THAT(loaded.site.equipment.doors(), IsEmpty());
  const std::string text = format_errors(loaded.errors);
  EXPECT_THAT(text, HasSubstr("pipeline.yaml:9: found unknown key fromat in source, expected one of topic, stream, "
                              "format, partitioner (did you mean format?)"));
  EXPECT_THAT(text, HasSubstr("pipeline.yaml:12: found limit: 15, expected a duration between 1ms and 366d, an integer "
                              "and a unit (ms s m h d) such as 15m"));
  EXPECT_THAT(text, HasSubstr("pipeline.yaml:13: found rule id stop again (first on line 12), expected each id once"));
  EXPECT_THAT(text, HasSubstr("pipeline.yaml:14: found rule without limit"));
  EXPECT_THAT(text, HasSubstr("did you mean unauthorized_stop?"));
  EXPECT_THAT(text, HasSubstr("pipeline.yaml:16: found kind door_forced without a source of its stream, expected a "
                              "source with stream: access"));
  EXPECT_THAT(text, HasSubstr("doors.yaml:2: found hours: sometimes"));
}

struct Mistake {
  const char* yaml;
  int line;
  const char* found;
};

class OneMistake : public testing::TestWithParam<Mistake> {};

TEST_P(OneMistake, IsOneError) {
  const ConfigFiles files;
  const ConfigError error = only_error(files.load(std::string(least) + GetParam().yaml));
  EXPECT_EQ(error.line, GetParam().line);
  EXPECT_THAT(error.found, HasSubstr(GetParam().found));
  EXPECT_THAT(error.expected, testing::Not(IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(
    PipelineConfig, OneMistake,
    testing::Values(
        Mistake{"timezone: Guayaquil\n", 5, "timezone: Guayaquil"},
        Mistake{"timezone:\nrules: []\n", 5, "timezone: nothing"}, Mistake{"time: 24h\n", 5, "time: 24h"},
        Mistake{"time: {horizon: 1h, allowed_lateness: 2h}\n", 5, "longer than"},
        Mistake{"time: {horizon: 99d}\n", 5, "horizon: 99d"}, Mistake{"time: {clock: sun}\n", 5, "clock: sun"},
        Mistake{"rules: {}\n", 5, "rules: a map"}, Mistake{"rules: [stop]\n", 5, "no map"},
        Mistake{"rules:\n- {id: 7, kind: seal_opened}\n", 6, "id: 7"},
        Mistake{"rules:\n- {id: true, kind: seal_opened}\n", 6, "id: true"},
        Mistake{"rules:\n- {kind: seal_opened}\n", 6, "without id"}, Mistake{"rules:\n- {id: a}\n", 6, "without kind"},
        Mistake{"rules:\n- {id: a, kind: incident}\n", 6, "incident"},
        Mistake{"rules:\n- {id: a, kind: seal_opened, limit: 3m}\n", 6, "unknown key limit"},
        Mistake{"rules:\n- {id: a, kind: seal_opened, severity: bad}\n", 6, "severity: bad"},
        Mistake{"rules:\n- {id: a, kind: seal_opened, id: b}\n", 6, "id twice"},
        Mistake{"rules:\n- {id: a, kind: unauthorized_stop, limit: 0s}\n", 6, "limit: 0s"},
        Mistake{"rules:\n- {id: a, kind: unauthorized_stop, radius_m: \"100\"}\n", 6, "radius_m: \"100\""},
        Mistake{"rules:\n- {id: a, kind: unauthorized_stop, radius_m: .nan}\n", 6, "radius_m: .nan"},
        Mistake{"rules:\n- {id: a, kind: route_deviation, confirmations: 1.5}\n", 6, "confirmations: 1.5"},
        Mistake{"rules:\n- {id: a, kind: seal_condition}\n", 6, "without conditions"},
        Mistake{"rules:\n- {id: a, kind: seal_condition, conditions: []}\n", 6, "an empty list"},
        Mistake{"rules:\n- {id: a, kind: seal_condition, conditions: [jaming]}\n", 6, "conditions: jaming"},
        Mistake{"rules:\n- {id: a, kind: seal_opened, only: {zone: depot}}\n", 6, "zone: depot"},
        Mistake{"rules:\n- {id: a, kind: seal_opened, only: {places: []}}\n", 6, "unknown key places"},
        Mistake{"rules:\n- {id: a, kind: seal_opened, only: {id: []}}\n", 6, "id: an empty list"},
        Mistake{"rules:\n- {id: a, kind: seal_opened, only: {zone: [a, \"\"]}}\n", 6, "zone: \"\""},
        Mistake{"rules:\n- {id: \"\", kind: seal_opened}\n", 6, "id: \"\""},
        Mistake{"rules:\n- {id: clock_fault, kind: seal_opened}\n", 6, "clock_fault"},
        Mistake{"rules:\n- {id: a, kind: clock_fault, scope: trip}\n", 6, "scope: trip"},
        Mistake{"outputs: {alerts: a/b}\n", 5, "a/b"}, Mistake{"outputs: {alerts: \"\"}\n", 5, "alerts: \"\""},
        Mistake{"kafka: {brokers: ${NONE:-}}\n", 5, "brokers: \"\""},
        Mistake{"outputs: {alerts: trip.events}\n", 5, "trip.events again"},
        Mistake{"outputs: {alerts: vigia.alerts.state}\n", 5, "again"},
        Mistake{"kafka: {properties: {auto.offset.reset: latest}}\n", 5, "auto.offset.reset"},
        Mistake{"kafka: {create_topics: yes please}\n", 5, "create_topics"},
        Mistake{"kafka: {brokers: \"${BROKERS}\"}\n", 5, "${BROKERS}, which is not set"},
        Mistake{"kafka: {brokers: ${BROKERS}}\n", 5, "${BROKERS}, which is not set"},
        Mistake{"kafka:\n  brokers: ${A:-${B:-c}}\n", 6, "${A:-${B:-c}, a variable within"},
        Mistake{"${KEY:-time}: {clock: records}\n", 5, "unknown key ${KEY:-time}"},
        Mistake{"sigma: [none.yml]\n", 5, "can't be read"}, Mistake{"<<: {a: b}\n", 5, "unknown key <<"},
        Mistake{"rules: [\n", 6, "broken YAML"}, Mistake{"---\nrules: []\n", 6, "second document"}));

TEST(PipelineConfig, AFileThatIsNoPipeline) {
  const ConfigFiles files;
  EXPECT_EQ(only_error(load_pipeline(files.path("none.yaml"))).line, 0);
  EXPECT_THAT(only_error(load_pipeline(files.path(""))).found, HasSubstr("can't be read"));
  EXPECT_THAT(only_error(files.load("")).found, HasSubstr("empty"));
  EXPECT_THAT(only_error(files.load("# nothing\n")).found, HasSubstr("empty"));
  EXPECT_THAT(only_error(files.load("just text")).found, HasSubstr("no map"));
  EXPECT_THAT(only_error(files.load("- a\n- b\n")).found, HasSubstr("no map"));
  EXPECT_THAT(only_error(files.load(std::string(100'000, '['))).found, HasSubstr("broken YAML"));
  const LoadedPipeline empty = files.load("{}");
  EXPECT_EQ(empty.errors.size(), 2u) << format_errors(empty.errors);  // application, sources
}

TEST(PipelineConfig, MistakesInSourcesDontAccuseTheRules) {
  const ConfigFiles files;
  const ConfigError error = only_error(files.load(R"(application: a
sources: [{topic: s, stream: seals}]
rules: [{id: o, kind: seal_opened}]
)"));
  EXPECT_EQ(error.line, 2);
  EXPECT_THAT(error.expected, HasSubstr("did you mean seal?"));
  EXPECT_THAT(files.load("application: a\nsources: [{topic: s, stream: seals}]\nrules: [{id: o, kind: seal_opened}]\n")
                  .warnings,
              IsEmpty());
}

TEST(PipelineConfig, ARequiredTextIsOneErrorWhenItIsNotThere) {
  const ConfigFiles files;
  const auto with = [&](const std::string& application, const std::string& topic) {
    return only_error(
        files.load("application: " + application + "\nsources: [{topic: " + topic + ", stream: seal}]\n"));
  };
  EXPECT_EQ(with("[a]", "s").found, "application: a list");
  EXPECT_EQ(with("${AWAY}", "s").found, "application: ${AWAY}, which is not set");
  EXPECT_EQ(with("\"\"", "s").found, "application: \"\"");
  EXPECT_EQ(with("a", "\"\"").found, "topic: \"\"");
}

TEST(PipelineConfig, AFileThatIsNotUtf8IsNamedWithItsLine) {
  const ConfigFiles files;
  const ConfigError error = only_error(files.load("application: a\n# caf\xe9\n" + std::string(least)));
  EXPECT_EQ(error.line, 2);
  EXPECT_THAT(error.found, HasSubstr("UTF-8"));
}

TEST(PipelineConfig, TakesEnvironmentVariables) {
  ConfigFiles files;
  files.environment = {{"BROKERS", "kafka-1:9092,kafka-2:9092"}, {"N", "3"}, {"ID", "12"}};
  const LoadedPipeline loaded = files.load(std::string(least) + R"(# ${NOBODY_SETS_THIS}
kafka: {brokers: ${BROKERS}, properties: {sasl.password: "${PASSWORD:-a: {b}", client.rack: r}}
timezone: ${ZONE:-America/Guayaquil}
rules: [{id: "${ID}", kind: route_deviation, confirmations: "${N}", max_speed_kmh: ${SPEED:-150}}]
)");
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  EXPECT_EQ(loaded.pipeline.brokers, "kafka-1:9092,kafka-2:9092");
  EXPECT_EQ(loaded.pipeline.properties.at("sasl.password"), "a: {b");
  EXPECT_EQ(loaded.pipeline.timezone, "America/Guayaquil");
  const RuleSpec* rule = find_rule(loaded, "12");
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(rule->integer("confirmations"), 3);
  EXPECT_EQ(rule->number("max_speed_kmh"), 150);
}

TEST(PipelineConfig, RulesOverSeveralDevices) {
  const ConfigFiles files;
  const std::string head = R"(application: a
sources: [{topic: s, stream: seal}, {topic: t, stream: trip}, {topic: d, stream: access}, {topic: l, stream: command}]

)";
  const LoadedPipeline loaded =
      files.load(head + "rules:\n  - {id: p, kind: anti_passback}\n  - {id: d, kind: repeated_denials, by: holder}\n");
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  EXPECT_EQ(format_warnings(loaded.warnings), "");
  ASSERT_EQ(loaded.pipeline.rules.size(), 3u) << "with the implicit clock_fault";
  EXPECT_EQ(loaded.pipeline.rules[0].kind, "anti_passback");
  EXPECT_TRUE(loaded.pipeline.sources[2].has_operators);
  EXPECT_FALSE(loaded.pipeline.sources[3].has_operators);

  const LoadedPipeline wrong = files.load(head + "rules: [{id: f, kind: impossible_travel, max_speed_kmh: 0}]\n");
  EXPECT_THAT(only_error(wrong).found, HasSubstr("max_speed_kmh"));

  const LoadedPipeline one_of_two = files.load(head + "rules: [{id: t, kind: tailgating, window: 10s}]\n");
  EXPECT_EQ(only_error(one_of_two).found, "kind tailgating without a source of each of its streams");
  EXPECT_EQ(only_error(one_of_two).expected, "a source with stream: access, and one with stream: camera");
}

TEST(PipelineConfig, WarnsOfRulesThatCanNeverRaiseAnAlert) {
  const ConfigFiles files;
  const LoadedPipeline no_trips = files.load(R"(application: a
sources: [{topic: s, stream: seal}]
rules: [{id: o, kind: seal_opened}, {id: t, kind: seal_tampered, scope: always}]
)");
  ASSERT_TRUE(no_trips.ok());
  ASSERT_EQ(no_trips.warnings.size(), 1u) << format_warnings(no_trips.warnings);
  EXPECT_THAT(no_trips.warnings[0].text, HasSubstr("rule o judges only on trips"));

  const LoadedPipeline no_routes = files.load(std::string(least) + "rules: [{id: r, kind: route_deviation}]\n");
  ASSERT_EQ(no_routes.warnings.size(), 1u) << format_warnings(no_routes.warnings);
  EXPECT_THAT(no_routes.warnings[0].text, HasSubstr("no route"));
  EXPECT_GT(no_routes.warnings[0].line, 0);
}

TEST(PipelineConfig, WarnsOfRulesWhoseOnlyFitsNothingOfTheSiteFiles) {
  const ConfigFiles files;
  files.write("site.yaml", R"(doors: [{ id: gate, site: port, area: yard }]
cameras: [{ id: cam-1, site: port, zone: fence }]
)");
  const LoadedPipeline loaded = files.load(R"(application: a
site: [site.yaml]
sources: [{topic: a, stream: access}, {topic: c, stream: camera}]
rules:
  - { id: good-door, kind: door_forced, only: { site: [po*], zone: [yard], id: [gate] } }
  - { id: good-camera, kind: loitering, limit: 3m, only: { site: [port], zone: [fence] } }
  - { id: door-site, kind: door_forced, only: { site: [prot] } }
  - { id: door-area, kind: door_held, only: { zone: [fence] } }
  - { id: door-id, kind: after_hours, only: { id: [gaet] } }
  - { id: camera-site, kind: camera_offline, only: { site: [prot] } }
  - { id: camera-zone, kind: loitering, limit: 3m, only: { zone: [fnece] } }
)");
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  const std::string text = format_warnings(loaded.warnings);
  EXPECT_EQ(loaded.warnings.size(), 5u) << text;
  EXPECT_THAT(text,
              HasSubstr(":7: warning: rule door-site: no door of the site files fits its only, so it will never"));
  EXPECT_THAT(text,
              HasSubstr(":8: warning: rule door-area: no door of the site files fits its only, so it will never"));
  EXPECT_THAT(text, HasSubstr(":9: warning: rule door-id: no door of the site files fits its only, so it judges none"));
  EXPECT_THAT(text, HasSubstr(":10: warning: rule camera-site: no camera of the site files fits its only, so it will"));
  EXPECT_THAT(text, HasSubstr(":11: warning: rule camera-zone: no camera of the site files fits its only, so it judg"));
}

TEST(PipelineConfig, ReadsTheSite) {
  const ConfigFiles files;
  files.write("site/z.geojson", R"({"type": "FeatureCollection", "features": [
{"type": "Feature", "properties": {"id": "z", "kind": "exempt", "radius_m": 50},
 "geometry": {"type": "Point", "coordinates": [-79.9, -2.2]}}]})");
  files.write("site/equipment.yaml",
              R"(doors: [{id: d, area: a, panel: p, hours: "Mon-Fri 06:00-20:00"}, {id: e, closed: permanently}]
cameras: [{id: c, zone: z, lat_deg: -2.2, lon_deg: -79.9, heartbeat_every: 30s}]
holders: [{id: h, class: officer, areas: [a, b]}, {id: i}]
)");
  const LoadedPipeline loaded = files.load(std::string(least) + "site: [site/z.geojson, site/equipment.yaml]\n");
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  EXPECT_THAT(loaded.pipeline.site_files, ElementsAre(files.path("site/z.geojson"), files.path("site/equipment.yaml")));
  EXPECT_EQ(loaded.site.find_zone("z"), 0u);
  ASSERT_EQ(loaded.site.equipment.doors().size(), 2u);
  EXPECT_EQ(loaded.site.equipment.doors()[0].hours, "Mon-Fri 06:00-20:00");
  EXPECT_TRUE(loaded.site.equipment.doors()[1].closed_permanently);
  ASSERT_EQ(loaded.site.equipment.cameras().size(), 1u);
  EXPECT_EQ(loaded.site.equipment.cameras()[0].heartbeat_every_ms, 30'000);
  EXPECT_EQ(loaded.site.equipment.cameras()[0].place->lat_deg, -2.2);
  ASSERT_EQ(loaded.site.equipment.holders().size(), 2u);
  EXPECT_EQ(loaded.site.equipment.holders()[0].holder_class, HolderClass::officer);
  EXPECT_EQ(loaded.site.equipment.holders()[1].holder_class, HolderClass::unknown);
}

TEST(PipelineConfig, ReportsMistakesInTheSite) {
  const ConfigFiles files;
  files.write("z.geojson", R"({"type": "FeatureCollection", "features": [
{"type": "Feature", "properties": {"id": "z", "kind": "exempt", "radius_m": 50, "hours": "late"},
 "geometry": {"type": "Point", "coordinates": [-79.9, -2.2]}}]})");
  files.write("e.yaml", "cameras:\n- {id: c, lat_deg: 91, lon_deg: 0}\n- {id: c, lat_deg: 1}\n");
  files.write("f.yaml",
              "doors: [{id: d, closed: permanently, hours: \"Mon 06:00-07:00\"}]\nwindows: []\ncameras: [{id: c}]\n");
  const LoadedPipeline loaded = files.load(std::string(least) + "site: [z.geojson, e.yaml, f.yaml, e.yaml]\n");
  EXPECT_THAT(lines_of(loaded), ElementsAre(2, 2, 3, 3, 1, 2, 3, 5)) << format_errors(loaded.errors);
}

TEST(ConfigHash, IsOfTheMeaning) {
  const ConfigFiles files;
  files.write("z.geojson", R"({"type": "FeatureCollection", "features": []})");
  const std::string head = std::string(least) + "site: [z.geojson]\n";
  const auto hash = [&](const std::string& text) {
    const LoadedPipeline loaded = files.load(text);
    EXPECT_TRUE(loaded.ok()) << format_errors(loaded.errors);
    return loaded.pipeline.config_hash;
  };
  const std::uint64_t base = hash(head + "rules: [{id: a, kind: unauthorized_stop}]\n");
  EXPECT_EQ(hash(head + "# a comment\nrules:\n  - kind: unauthorized_stop\n    limit: 900s\n    id: a\n"), base);
  EXPECT_EQ(hash(head + "kafka: {brokers: elsewhere}\nrules: [{id: a, kind: unauthorized_stop}]\n"), base);
  EXPECT_NE(hash(head + "rules: [{id: a, kind: unauthorized_stop, limit: 901s}]\n"), base);
  EXPECT_NE(hash(head + "timezone: America/Guayaquil\nrules: [{id: a, kind: unauthorized_stop}]\n"), base);
  EXPECT_NE(hash(head + "correlations: {max_groups: 10}\nrules: [{id: a, kind: unauthorized_stop}]\n"), base);
  files.write("z.geojson", R"({"type": "FeatureCollection", "features": [ ]})");
  EXPECT_NE(hash(head + "rules: [{id: a, kind: unauthorized_stop}]\n"), base);
}

constexpr const char* with_sigma = R"(application: a
sources: [{topic: s, stream: seal}, {topic: t, stream: trip}, {topic: l, stream: security}]
rules: [{id: stop, kind: unauthorized_stop}]
sigma: [rules.yml]
)";

std::string detection(const std::string& name, const std::string& logsource) {
  return "name: " + name + "\nlogsource: " + logsource + "\ndetection: {s: {f: x}, condition: s}\n";
}

TEST(PipelineConfig, SigmaRulesArePartOfTheConfiguration) {
  const ConfigFiles files;
  files.write("rules.yml", detection("r", "{product: windows}"));
  const LoadedPipeline loaded = files.load(with_sigma);
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  ASSERT_NE(loaded.pipeline.sigma, nullptr);
  EXPECT_EQ(format_warnings(loaded.warnings),
            files.path("rules.yml") +
                ":1: warning: sigma_pipeline has no entry for {product: windows}, so rule r is "
                "offered every event of the security stream, under the fields' own names\n");
  Configuration back;
  ASSERT_TRUE(decode(encode(loaded.configuration), back).ok());
  EXPECT_EQ(back.hash(), loaded.configuration.hash());

  files.write("rules.yml", detection("q", "{product: windows}"));
  const LoadedPipeline other = files.load(with_sigma);
  EXPECT_NE(other.pipeline.config_hash, loaded.pipeline.config_hash);
  EXPECT_NE(other.configuration.hash(), loaded.configuration.hash());
  EXPECT_THAT(differences(loaded.configuration, other.configuration), ElementsAre("rule r is gone", "rule q is new"));
}

TEST(PipelineConfig, SigmaRulesWithMistakesLoadNothing) {
  const ConfigFiles files;
  const auto error_of = [&](const std::string& rules) {
    files.write("rules.yml", rules);
    return format_errors(files.load(with_sigma).errors);
  };
  EXPECT_THAT(error_of("title: a\n"), HasSubstr("rules.yml:1: found a document without detection or correlation"));
  EXPECT_THAT(error_of(detection("stop", "{product: x}")), HasSubstr("rules.yml:1: found rule stop, which is in"));
  EXPECT_THAT(
      error_of(detection("r", "{product: vigia, service: camera}")),
      HasSubstr("rules.yml:1: found rule r without a source of its stream, expected a source with stream: camera"));
  EXPECT_THAT(error_of(detection("r", "{product: vigia, service: command}")), HasSubstr("over service command"));
  EXPECT_THAT(error_of(detection("r", "{product: x}") +
                       "---\nname: low\ncorrelation: {type: temporal, rules: [r], group-by: [a], timespan: 1m}\n"
                       "---\nname: top\ncorrelation: {type: temporal, rules: [low], group-by: [b], timespan: 1m}\n"),
              HasSubstr("group-by b, which incidents of low don't have"));
}

}  // namespace
}  // namespace vigia
