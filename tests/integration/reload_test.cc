// Rules and zones that change under a running engine, against a real broker: at one point that recovery, the proof and every
// other instance know.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "broker_fixture.h"
#include "engine/task.h"
#include "schemas/json_reader.h"
#include "tests/connectors/temp_directory.h"
#include "vigia_process.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

constexpr std::int32_t partitions = 3;
constexpr int seal_count = 9;
constexpr TimeMs zero_ms = 1'772'409'600'000;
constexpr TimeMs minute_ms = 60'000;

constexpr const char* short_stop = "  - {id: stop, kind: unauthorized_stop, limit: 10m, scope: always}\n";
constexpr const char* long_stop = "  - {id: stop, kind: unauthorized_stop, limit: 30m, scope: always}\n";
constexpr const char* overstay = "  - {id: over, kind: zone_overstay, limit: 5m, scope: always}\n";
constexpr const char* quality =
    "  - {id: quality, kind: service_quality, required: 1m, scope: always}\n";  // a second stage
constexpr const char* no_zone = "";
constexpr const char* zone_here = R"({"type":"Feature","properties":{"id":"here","kind":"restricted","radius_m":500},)"
                                  R"("geometry":{"type":"Point","coordinates":[-79.9,-2.2]}})";

class ReloadTest : public BrokerFixture {
 protected:
  using Said = std::map<std::string, int>;

  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    name_ = unique("reload");
    for (const std::string& topic : {name_ + ".seals", name_ + ".trips", name_ + ".commands"})
      kafka().create_topic(topic, partitions);
  }

  // Of one instance: its directory has its pipeline, its site file and its state.
  struct Files {
    TempDirectory directory;
    [[nodiscard]] std::string config() const { return directory / "pipeline.yaml"; }
    [[nodiscard]] std::string log() const { return directory / "run.log"; }
  };

  struct VigiaLog {
    std::string path;
    [[nodiscard]] std::string text() const {
      std::ifstream in(path);
      return {std::istreambuf_iterator<char>(in), {}};
    }
  };

  void write(const Files& files, const std::string& rules, const std::string& zone = no_zone,
             const std::string& more = "") const {
    files.directory.write("zones.geojson", R"({"type":"FeatureCollection","features":[)" + zone + "]}");
    files.directory.write("pipeline.yaml", fmt::format(R"(application: {0}
kafka:
  brokers: "{1}"
  create_topics: true
  properties: {{ session.timeout.ms: 6000, heartbeat.interval.ms: 500 }}
timezone: UTC
time: {{ clock: records }}
state: {{ directory: state, snapshot_every: 300ms, memory_budget: 1GiB }}
site: [zones.geojson]
sources:
  - {{ topic: {0}.seals, stream: seal, format: json, partitioner: murmur2 }}
  - {{ topic: {0}.trips, stream: trip, format: json, partitioner: murmur2 }}
  - {{ topic: {0}.commands, stream: command }}
outputs: {{ alerts: {0}.alerts, alert_state: {0}.state, dead_letters: {0}.dead, too_late: {0}.late }}
{3}rules:
{2})",
                                                       name_, bootstrap(), rules, more));
  }

  static void replace(const std::string& file, const std::string& what, const std::string& with) {
    std::string text = VigiaLog{file}.text();
    const auto at = text.find(what);
    ASSERT_NE(at, std::string::npos) << what << " in " << text;
    std::ofstream(file) << text.replace(at, what.size(), with);
  }

  static std::vector<std::string> run(const Files& files) {
    return {"run", "--config", files.config(), "--threads", "2"};
  }

  // All trucks are where they were, at this minute. The trips keep the clock going.
  void stand(int minute) {
    ++sequence_;
    std::vector<KafkaRecord> records, trips;
    for (int i = 0; i < seal_count; ++i) {
      const std::string id = fmt::format("seal-{:03}", i);
      const TimeMs at_ms = zero_ms + minute * minute_ms;
      records.push_back(
          {.key = id,
           .value = fmt::format(
               R"({{"seal_id":"{}","device_time_ms":{},"sequence":{},"position":{{"lat_deg":-2.2,"lon_deg":-79.9}}}})",
               id, at_ms, sequence_),
           .headers = {},
           .timestamp_ms = at_ms});
      trips.push_back({.key = id,
                       .value = fmt::format(
                           R"({{"seal_id":"{0}","trip_id":"t{0}","event_time_ms":{1},"action":"inspect"}})", id, at_ms),
                       .headers = {},
                       .timestamp_ms = at_ms});
    }
    kafka().produce(name_ + ".trips", trips);
    kafka().produce(name_ + ".seals", records);
  }

  static Alert alert_of(const KafkaRecord& record) {
    json::Reader reader;
    Alert alert;
    EXPECT_EQ(reader.read_alert(*record.value, alert).error, "");
    return alert;
  }

  // What the last revisions of all alerts say, "rule status", how often.
  Said last_said() {
    std::map<std::string, Alert> last;
    for (const auto& record : kafka().read_all(name_ + ".alerts")) {
      Alert alert = alert_of(record);
      Alert& before = last[alert.alert_id];
      EXPECT_EQ(alert.revision, before.revision + 1) << "each once and in turn: " << *record.value;
      before = std::move(alert);
    }
    Said said;
    for (const auto& [id, alert] : last)
      ++said[fmt::format("{} {}", alert.rule_id, schema::EnumNameAlertStatus(alert.status))];
    return said;
  }

  // Waits for it.
  void expect_at_last(const Said& expected, const Files& files) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    static_cast<void>(kafka().read_at_least(name_ + ".alerts", 1));
    Said said = last_said();
    for (; said != expected && std::chrono::steady_clock::now() < deadline; said = last_said())
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(said, expected) << VigiaLog{files.log()}.text();
  }

  void expect_proof(const Files& files) {
    const std::string log = files.directory / "replay.log";
    EXPECT_EQ(run_vigia({"replay", "--config", files.config(), "--from-kafka"}, log), 0) << VigiaLog{log}.text();
  }

  std::string name_;
  int sequence_ = 0;
};

TEST_F(ReloadTest, G15ALongerLimitAndANewZoneHoldFromOnePointOn) {
  Files files;
  write(files, std::string(short_stop) + quality);
  VigiaProcess process(run(files), files.log());
  for (const int minute : {0, 6, 12}) stand(minute);
  expect_at_last({{"stop confirmed", seal_count}}, files);
  write(files, std::string(long_stop) + overstay + quality, zone_here);
  process.hang_up();
  expect_at_last({{"stop withdrawn", seal_count}, {"over confirmed", seal_count}}, files);
  stand(25);
  stand(35);
  expect_at_last({{"stop confirmed", seal_count}, {"over confirmed", seal_count}}, files);
  EXPECT_EQ(process.terminate(), 0) << process.log();
  const std::string log = process.log();
  EXPECT_NE(log.find("rule stop has changed"), std::string::npos) << log;
  EXPECT_NE(log.find("zone here is new"), std::string::npos) << log;
  expect_proof(files);
  // Elsewhere, without snapshots, and with the files of before: the journal names what it was judged by.
  Files elsewhere;
  write(elsewhere, short_stop);
  expect_proof(elsewhere);
}

TEST_F(ReloadTest, WhatIsWrongIsSaidAndTheOldOneGoesOn) {
  Files files;
  write(files, short_stop);
  VigiaProcess process(run(files), files.log());
  stand(0);
  ASSERT_TRUE(process.wait_for_log("seal-trip: running partitions")) << process.log();
  write(files, "  - {id: stop, kind: unauthorized_stop, limit: 10}\n  - {id: two, kind: mind_reading}\n");
  process.hang_up();
  ASSERT_TRUE(process.wait_for_log("it has the mistakes above; going on with")) << process.log();
  EXPECT_NE(process.log().find("limit: 10"), std::string::npos) << process.log();
  EXPECT_NE(process.log().find("mind_reading"), std::string::npos) << "all of them: " << process.log();
  write(files, long_stop, no_zone, "delivery: at_least_once\n");
  process.hang_up();
  ASSERT_TRUE(process.wait_for_log("only rules and site files may change while it runs")) << process.log();
  EXPECT_NE(process.log().find("delivery: has changed: restart for it"), std::string::npos) << process.log();
  stand(6);
  stand(12);
  expect_at_last({{"stop confirmed", seal_count}}, files);
  write(files, short_stop);
  EXPECT_EQ(process.terminate(), 0) << process.log();
  expect_proof(files);
}

TEST_F(ReloadTest, ExactlyOnceLawACrashBehindTheChange) {
  Files files;
  write(files, short_stop);
  {
    VigiaProcess process(run(files), files.log());
    for (const int minute : {0, 6, 12}) stand(minute);
    expect_at_last({{"stop confirmed", seal_count}}, files);
    write(files, long_stop);
    process.hang_up();
    expect_at_last({{"stop withdrawn", seal_count}}, files);
    process.kill_at_once();
  }
  stand(25);
  stand(35);
  VigiaProcess process(run(files), files.log());
  expect_at_last({{"stop confirmed", seal_count}}, files);
  EXPECT_EQ(process.terminate(), 0) << process.log();
  expect_proof(files);
}

// A start with other files is a change, too; and it may die anywhere on the way.
TEST_F(ReloadTest, ExactlyOnceLawAStartWithOtherFilesThatDiesOnTheWay) {
  Files files;
  write(files, short_stop);
  {
    VigiaProcess process(run(files), files.log());
    for (const int minute : {0, 6, 12}) stand(minute);
    expect_at_last({{"stop confirmed", seal_count}}, files);
    EXPECT_EQ(process.terminate(), 0) << process.log();
  }
  write(files, long_stop);
  for (const char* point : {"begun", "journal_produced", "produced", "offsets_sent", "committed"}) {
    VigiaProcess process(run(files), files.log(), {{"VIGIA_KILL_POINT", point}});
    EXPECT_NE(process.wait(), 0) << point << process.log();
  }
  stand(25);
  stand(35);
  VigiaProcess process(run(files), files.log());
  expect_at_last({{"stop confirmed", seal_count}}, files);
  EXPECT_EQ(process.terminate(), 0) << process.log();
  expect_proof(files);
}

TEST_F(ReloadTest, AllInstancesFollowAlsoOneWhoseFilesAreOld) {
  Files first, second;
  write(first, short_stop);
  write(second, short_stop);
  auto one = std::make_unique<VigiaProcess>(run(first), first.log());
  ASSERT_TRUE(one->wait_for_log("seal-trip: running partitions")) << one->log();
  VigiaProcess two(run(second), second.log());
  ASSERT_TRUE(two.wait_for_log("seal-trip: running partitions")) << two.log();
  for (const int minute : {0, 6, 12}) stand(minute);
  expect_at_last({{"stop confirmed", seal_count}}, first);
  write(first, long_stop);
  kafka().produce(name_ + ".commands",
                  {{.key = "", .value = R"({"action":"reload","by":"the control room"})", .headers = {}}});
  expect_at_last({{"stop withdrawn", seal_count}}, first);
  for (VigiaProcess* process : {one.get(), &two}) {
    EXPECT_TRUE(process->wait_for_log("the control room asks")) << process->log();
    EXPECT_TRUE(process->wait_for_log("judged by configuration")) << process->log();
  }
  EXPECT_EQ(one->terminate(), 0) << one->log();  // the other one takes its tasks on
  stand(25);
  stand(35);
  expect_at_last({{"stop confirmed", seal_count}}, second);
  EXPECT_EQ(two.terminate(), 0) << two.log();
  // It starts again with its old files, and does not take the change back.
  VigiaProcess again(run(second), second.directory / "again.log");
  ASSERT_TRUE(again.wait_for_log("going by that")) << again.log();
  stand(36);
  ASSERT_TRUE(again.wait_for_log("seal-trip: running partitions")) << again.log();
  EXPECT_EQ(again.terminate(), 0) << again.log();
  expect_at_last({{"stop confirmed", seal_count}}, second);
  expect_proof(second);
}

// Another pipeline's files, in a directory that was never used.
TEST_F(ReloadTest, AnApplicationInUseByOtherRulesIsRefusedWithWhatToDoAndTheRunningOneKeepsItsOwn) {
  Files running, other;
  write(running, short_stop);
  VigiaProcess process(run(running), running.log());
  ASSERT_TRUE(process.wait_for_log("seal-trip: running partitions")) << process.log();
  write(other, std::string(long_stop) + overstay, zone_here);
  EXPECT_EQ(run_vigia(run(other), other.log()), 2);
  const std::string said = VigiaLog{other.log()}.text();
  for (const char* part : {"is in use by another configuration", "rule stop has changed", "rule over is new",
                           "zone here is new", "choose another `application`", "kill -HUP"})
    EXPECT_NE(said.find(part), std::string::npos) << part << " in " << said;
  for (const int minute : {0, 6, 12}) stand(minute);
  expect_at_last({{"stop confirmed", seal_count}}, running);
  EXPECT_EQ(process.log().find("judged by configuration"), std::string::npos) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
  expect_proof(running);
}

// Its state directory is gone. It may have the files that hold, or older ones; what it may not have it says itself: a note.
TEST_F(ReloadTest, ANewMachineStartsWithTheFilesThatHoldOrHeldAndWithOthersWhenTold) {
  Files first, lost, old, told;
  write(first, short_stop);
  VigiaProcess process(run(first), first.log());
  ASSERT_TRUE(process.wait_for_log("seal-trip: running partitions")) << process.log();
  write(first, long_stop);
  process.hang_up();
  ASSERT_TRUE(process.wait_for_log("rule stop has changed")) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();

  write(lost, long_stop);
  VigiaProcess same(run(lost), lost.log());
  ASSERT_TRUE(same.wait_for_log("seal-trip: running partitions")) << same.log();
  EXPECT_EQ(same.terminate(), 0) << same.log();

  write(old, short_stop);
  VigiaProcess older(run(old), old.log());
  ASSERT_TRUE(older.wait_for_log("going by that")) << older.log();
  ASSERT_TRUE(older.wait_for_log("seal-trip: running partitions")) << older.log();
  EXPECT_EQ(older.terminate(), 0) << older.log();

  write(told, std::string(long_stop) + overstay, zone_here);
  ASSERT_EQ(run_vigia(run(told), told.log()), 2) << VigiaLog{told.log()}.text();
  std::filesystem::copy_file(lost.directory / "state/configuration", told.directory / "state/configuration");
  VigiaProcess wanted(run(told), told.log());
  ASSERT_TRUE(wanted.wait_for_log("seal-trip: running partitions")) << wanted.log();
  EXPECT_NE(wanted.log().find("is announced"), std::string::npos) << wanted.log();
  EXPECT_EQ(wanted.terminate(), 0) << wanted.log();
}

// The rules are the same; what they are to read is not. The group's journal tells.
TEST_F(ReloadTest, AnApplicationInUseByAPipelineWithOtherSourcesIsRefused) {
  Files first, other;
  write(first, short_stop);
  VigiaProcess process(run(first), first.log());
  stand(0);
  ASSERT_TRUE(process.wait_for_log("seal-trip: running partitions")) << process.log();
  ASSERT_TRUE(wait_until([&] { return kafka().committed(name_, name_ + ".seals", partitions).at(0) > 0; }));
  write(other, short_stop);
  kafka().create_topic(name_ + ".others", partitions);
  replace(other.config(), name_ + ".seals", name_ + ".others");
  replace(other.config(),
          fmt::format("  - {{ topic: {}.trips, stream: trip, format: json, partitioner: murmur2 }}\n", name_), "");
  EXPECT_EQ(run_vigia(run(other), other.log()), 1);
  const std::string said = VigiaLog{other.log()}.text();
  EXPECT_NE(said.find("is the application's name in use by another pipeline?"), std::string::npos) << said;
  EXPECT_EQ(process.terminate(), 0) << process.log();
}

// One topic is shared, and the other is not: no partition number can be had whole.
TEST_F(ReloadTest, AnApplicationInUseByAPipelineWithOneSourceMoreIsRefused) {
  Files first, other;
  write(first, short_stop);
  write(other, short_stop);
  replace(first.config(),
          fmt::format("  - {{ topic: {}.trips, stream: trip, format: json, partitioner: murmur2 }}\n", name_), "");
  VigiaProcess process(run(first), first.log());
  ASSERT_TRUE(process.wait_for_log("seal-trip: running partitions")) << process.log();
  EXPECT_EQ(run_vigia(run(other), other.log()), 1);
  const std::string said = VigiaLog{other.log()}.text();
  EXPECT_NE(said.find("do all instances read the same topics, with the same number of partitions?"), std::string::npos)
      << said;
  EXPECT_EQ(process.terminate(), 0) << process.log();
}

}  // namespace
}  // namespace vigia::test
