// `vigia report` beside `vigia run`, as processes against a real broker.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "broker_fixture.h"
#include "schemas/trip_batch_generated.h"
#include "tests/connectors/temp_directory.h"
#include "vigia_process.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr TimeMs start_ms = 1'699'963'200'000;  // 2023-11-14T12:00:00Z

class ReportRunTest : public BrokerFixture {
 protected:
  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    name = unique("report");
    for (const char* topic : {".seals", ".trips", ".doors"}) kafka().create_topic(name + topic, 2);
    config = dir.write("pipeline.yaml", fmt::format(R"(application: {0}
kafka: {{ brokers: "{1}", create_topics: true, properties: {{ session.timeout.ms: 6000 }} }}
timezone: UTC
time: {{ clock: records }}
state: {{ directory: state, snapshot_every: 1s, memory_budget: 1GiB }}
site: [site.yaml]
sources:
  - {{ topic: {0}.seals, stream: seal, partitioner: unchecked }}
  - {{ topic: {0}.trips, stream: trip, format: flatbuffers, partitioner: unchecked }}
  - {{ topic: {0}.doors, stream: access, partitioner: unchecked }}
outputs: {{ alerts: {0}.alerts, alert_state: {0}.state, dead_letters: {0}.dead, too_late: {0}.late }}
rules:
  - {{ id: tampered, kind: seal_tampered }}
  - {{ id: forced, kind: door_forced }}
)",
                                                    name, bootstrap()));
    dir.write("site.yaml", "doors:\n  - {id: gate, site: port, area: yard}\n");
  }

  static schema::TripEventT event(schema::TripAction action, TimeMs time_ms) {
    schema::TripEventT trip;
    trip.trip_id = "T-1";
    trip.seal_id = "seal-1";
    trip.event_time_ms = time_ms;
    trip.action = action;
    return trip;
  }

  static KafkaRecord record(const schema::TripEventT& trip) {
    flatbuffers::FlatBufferBuilder builder;
    schema::FinishTripEventBuffer(builder, schema::TripEvent::Pack(builder, &trip));
    return {.key = "seal-1",
            .value = std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()),
            .headers = {},
            .timestamp_ms = trip.event_time_ms,
            .partition = 0};
  }

  static KafkaRecord record(const std::string& key, const std::string& json, TimeMs time_ms) {
    return {.key = key, .value = json, .headers = {}, .timestamp_ms = time_ms, .partition = 0};
  }

  static std::string seal(int sequence, TimeMs time_ms, const char* lock) {
    return fmt::format(R"({{"seal_id":"seal-1","device_time_ms":{},"sequence":{},"lock":"{}"}})", time_ms, sequence,
                       lock);
  }

  static std::string door(int sequence, TimeMs time_ms, const char* rest) {
    return fmt::format(R"({{"door_id":"gate","device_time_ms":{},"sequence":{},{}}})", time_ms, sequence, rest);
  }

  std::string report(std::vector<std::string> arguments) {
    const std::string output = dir / fmt::format("report-{}", ++reports);
    arguments.insert(arguments.begin(), "report");
    arguments.insert(arguments.end(), {"--config", config, "--output", output});
    if (const int code = run_vigia(arguments, output + ".log"); code != 0)
      return fmt::format("exit {}: {}", code, read(output + ".log"));
    return read(output);
  }

  // The engine is not told when.
  template <class Matcher>
  testing::AssertionResult reports_say(const std::vector<std::string>& arguments, Matcher matcher) {
    return eventually(
        "a report " + arguments.front(), [&] { return report(arguments); }, matcher);
  }

  static std::string read(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  TempDirectory dir;
  std::string name, config;
  int reports = 0;
};

TEST_F(ReportRunTest, TheDayIsReportedWhileTheEngineRunsAndAfterARestart) {
  schema::TripEventT started = event(schema::TripAction::start, start_ms);
  started.manifest_id = "M-1";
  started.cargo_type = "bananas";
  kafka().produce(name + ".trips", {record(started)});
  kafka().produce(name + ".seals", {record("seal-1", seal(1, start_ms + 60'000, "closed"), start_ms + 60'000),
                                    record("seal-1", seal(2, start_ms + 120'000, "tampered"), start_ms + 120'000)});
  kafka().produce(name + ".doors",
                  {record("gate", door(1, start_ms, R"("kind":"badge_denied","holder_id":"H-1")"), start_ms),
                   record("gate", door(2, start_ms + 60'000, R"("kind":"door_opened")"), start_ms + 60'000)});
  const std::vector<std::string> daily{"daily", "--day", "2023-11-15", "--format", "csv"};
  const std::vector<std::string> file{"file", "--site", "port", "--day", "2023-11-14", "--format", "json"};
  {
    VigiaProcess engine({"run", "--config", config, "--threads", "2"}, dir / "run.log");
    EXPECT_TRUE(reports_say(daily, AllOf(HasSubstr("M-1,,bananas,,seal-1"),
                                         HasSubstr("2023-11-14 12:02:00 seal tampered with"), HasSubstr("under way"))))
        << engine.log();
    EXPECT_TRUE(reports_say({"movements", "--day", "2023-11-14", "--language", "es"},
                            AllOf(HasSubstr("H-1"), HasSubstr("denegado"))))
        << engine.log();
    EXPECT_TRUE(reports_say(file, AllOf(HasSubstr(fmt::format(R"("record":"{}.doors/0/1","received_ms")", name)),
                                        HasSubstr(R"("kind":"door forced")"), HasSubstr(R"("kind":"badge denied")"),
                                        Not(HasSubstr("not kept")))))
        << engine.log();
    engine.kill_at_once();
  }
  kafka().produce(name + ".trips", {record(event(schema::TripAction::finish, start_ms + 3'600'000))});
  {
    VigiaProcess engine({"run", "--config", config, "--threads", "2"}, dir / "again.log");
    EXPECT_TRUE(reports_say(daily, AllOf(HasSubstr("finished"), HasSubstr("M-1,,bananas,,seal-1,,,,1 h"))))
        << engine.log();
    EXPECT_EQ(engine.terminate(), 0) << engine.log();
  }
  EXPECT_THAT(report(daily), HasSubstr("finished")) << "of what the engine has left";
}

}  // namespace
}  // namespace vigia::test
