// Seals, doors and cameras in one pipeline, as a process against a real broker: three first stages, each with its own group,
// whose alerts are those of a plain replay, each once, also when the process dies between; a proof derives them again.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "broker_fixture.h"
#include "engine/task.h"
#include "schemas/json_reader.h"
#include "tests/connectors/temp_directory.h"
#include "vigia_process.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

constexpr TimeMs second_ms = 1000, minute_ms = 60 * second_ms, hour_ms = 60 * minute_ms;
constexpr TimeMs start_ms = 1'699'920'000'000;  // 2023-11-14T00:00:00Z
constexpr int device_count = 12;

class DevicesTest : public BrokerFixture {
 protected:
  using Finals = std::multiset<std::string>;  // kind, subject, start and end of each alert that counts

  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    name = unique("devices");
    kafka().create_topic(name + ".seals", 2);
    kafka().create_topic(name + ".doors", 3);
    kafka().create_topic(name + ".cameras", 1);
    kafka().create_topic(name + ".alerts", 2);
    config = dir.write("pipeline.yaml", fmt::format(R"(application: {0}
kafka: {{ brokers: "{1}", create_topics: true, properties: {{ session.timeout.ms: 6000 }} }}
timezone: UTC
time: {{ clock: records }}
state: {{ directory: state, snapshot_every: 1s, memory_budget: 1GiB }}
site: [site.yaml]
sources:
  - {{ topic: {0}.seals, stream: seal, partitioner: murmur2 }}
  - {{ topic: {0}.doors, stream: access, partitioner: murmur2 }}
  - {{ topic: {0}.cameras, stream: camera, partitioner: unchecked }}
outputs: {{ alerts: {0}.alerts, alert_state: {0}.state, dead_letters: {0}.dead, too_late: {0}.late, signals: {0}.between }}
rules:
  - {{ id: tampered, kind: seal_tampered, scope: always }}
  - {{ id: forced, kind: door_forced }}
  - {{ id: held, kind: door_held }}
  - {{ id: offline, kind: camera_offline }}
  - {{ id: passback, kind: anti_passback }}
)",
                                                    name, bootstrap()));
    std::string doors = "doors:\n";
    for (int i = 0; i < device_count; ++i) doors += fmt::format("  - {{id: door-{}, site: port, area: vault}}\n", i);
    dir.write("site.yaml", doors);
  }

  static KafkaRecord record(const char* key_name, const std::string& id, TimeMs time_ms, int sequence,
                            const std::string& rest) {
    return {.key = id,
            .value = fmt::format(R"({{"{}":"{}","device_time_ms":{},"sequence":{},{}}})", key_name, id, time_ms,
                                 sequence, rest),
            .headers = {},
            .timestamp_ms = time_ms};
  }

  // Of each device three events in hour `hour`.
  void send(int hour) {
    std::vector<KafkaRecord> seals, doors, cameras;
    for (int n = 0; n < 3; ++n) {
      for (int i = 0; i < device_count; ++i) {
        const TimeMs at_ms = start_ms + hour * hour_ms + n * 5 * minute_ms + i * second_ms;
        const int sequence = hour * 3 + n + 1;
        seals.push_back(record("seal_id", fmt::format("seal-{}", i), at_ms, sequence,
                               fmt::format(R"("lock":"{}")", n == 1 ? "tampered" : "closed")));
        doors.push_back(
            record("door_id", fmt::format("door-{}", i), at_ms, sequence,
                   fmt::format(R"("kind":"{}","holder_id":"ann","direction":"in")", n == 0   ? "badge_granted"
                                                                                    : n == 1 ? "door_opened"
                                                                                             : "door_closed")));
        cameras.push_back(record("camera_id", fmt::format("camera-{}", i), at_ms, sequence,
                                 fmt::format(R"("kind":"{}")", n == 0 ? "power_lost" : "power_restored")));
      }
    }
    kafka().produce(name + ".seals", seals);
    kafka().produce(name + ".doors", doors);
    kafka().produce(name + ".cameras", cameras);
  }

  void add(Finals& finals, std::map<std::string, std::pair<std::uint32_t, std::string>>& last,
           const std::string& line) {
    json::Reader reader;
    Alert alert;
    const auto read = reader.read_alert(line, alert);
    ASSERT_TRUE(read.error.empty()) << read.error << " in " << line;
    auto& [revision, text] = last[alert.alert_id];
    EXPECT_EQ(alert.revision, ++revision) << "revisions come without gaps, each once: " << line;
    if (const auto at = finals.find(text); at != finals.end()) finals.erase(at);
    text = fmt::format("{} {} {} {}", alert.kind, alert.subject_id, alert.start_ms, alert.end_ms);
    if (alert.kind == "anti_passback") {
      EXPECT_EQ(alert.evidence.size(), 2u) << "both badges: " << line;
      passback_id = alert.alert_id;
    }
    if (alert.status != schema::AlertStatus::withdrawn) finals.insert(text);
  }

  Finals told() {
    Finals finals;
    std::map<std::string, std::pair<std::uint32_t, std::string>> last;
    for (const auto& record : kafka().read_all(name + ".alerts")) add(finals, last, *record.value);
    return finals;
  }

  testing::AssertionResult tells(const Finals& wanted) {
    return eventually(
        "the alerts of a replay", [&] { return told(); }, testing::Eq(wanted));
  }

  Finals replayed() {
    std::string text;
    for (const auto& topic : {name + ".seals", name + ".doors", name + ".cameras"})
      for (const auto& r : kafka().read_all(topic))
        text += fmt::format(R"({{"topic":"{}","key":"{}","timestamp_ms":{},"partition":{},"value":{}}})", topic, r.key,
                            r.timestamp_ms, r.partition, *r.value) +
                "\n";
    const auto input = dir.write("replay.jsonl", text);
    EXPECT_EQ(run_vigia({"replay", "--config", config, "--input", input, "--output", dir / "replayed.jsonl", "--quiet"},
                        dir / "replay.log"),
              0);
    Finals finals;
    std::map<std::string, std::pair<std::uint32_t, std::string>> last;
    std::ifstream in(dir / "replayed.jsonl");
    for (std::string line; std::getline(in, line);) add(finals, last, line);
    return finals;
  }

  std::string read(const std::string& file) {
    std::ifstream in(dir / file);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }

  TempDirectory dir;
  std::string name, config;
  std::string passback_id;  // of one of those alerts
};

TEST_F(DevicesTest, ThreeFirstStagesSayWhatAReplaySaysAndAProofDerivesIt) {
  send(0);
  const Finals first = replayed();
  EXPECT_EQ(first.size(), 5u * device_count - 1) << "a tampering, a forced and a held door, a camera; the holder in at "
                                                    "each door but the first after having been in";
  {
    VigiaProcess engine({"run", "--config", config, "--threads", "2"}, dir / "run.log");
    EXPECT_TRUE(tells(first)) << engine.log();
    engine.kill_at_once();
  }
  send(2);
  const Finals all = replayed();
  EXPECT_GT(all.size(), first.size());
  {
    VigiaProcess engine({"run", "--config", config, "--threads", "2"}, dir / "again.log");
    EXPECT_TRUE(tells(all)) << engine.log();
    EXPECT_EQ(engine.terminate(), 0) << engine.log();
  }
  EXPECT_EQ(told(), all);

  EXPECT_EQ(run_vigia({"state", "--config", config, "door-1"}, dir / "state.log"), 0) << read("state.log");
  EXPECT_NE(read("state.log").find(R"({"door_id":"door-1")"), std::string::npos) << read("state.log");
  EXPECT_EQ(run_vigia({"state", "--config", config, "camera-3"}, dir / "camera.log"), 0) << read("camera.log");
  EXPECT_EQ(run_vigia({"replay", "--config", config, "--from-kafka"}, dir / "proof.log"), 0) << read("proof.log");
  EXPECT_EQ(run_vigia({"explain", "--config", config, passback_id}, dir / "explain.log"), 0) << read("explain.log");
  EXPECT_NE(read("explain.log").find(name + ".doors/"), std::string::npos) << read("explain.log");
  EXPECT_NE(read("explain.log").find("badge_granted"), std::string::npos) << read("explain.log");
}

}  // namespace
}  // namespace vigia::test
