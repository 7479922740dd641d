// `vigia repartition` against a real broker: the topics grow while devices go on sending, and every alert is as if they had
// always been so large.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "broker_fixture.h"
#include "connectors/partitioner.h"
#include "engine/task.h"
#include "schemas/json_reader.h"
#include "schemas/json_writer.h"
#include "tests/connectors/temp_directory.h"
#include "vigia_process.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

constexpr std::int32_t before = 3, after = 6;
constexpr int seal_count = 40;
constexpr TimeMs start_ms = 1'700'000'000'000;

struct Outcome {
  int exit_code = -1;
  std::string text;
};

class RepartitionTest : public BrokerFixture {
 protected:
  // The last revision of each alert, without what the epochs decide. With the records behind it: these stay where they were.
  using Finals = std::map<std::string, std::string>;

  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    name = unique("grow");
    for (const std::string& topic : {name + ".seals", name + ".trips"}) kafka().create_topic(topic, before);
  }

  std::string pipeline(const std::string& state = "state") {
    return dir.write(state + partitioner + delivery + publish_every + ".yaml",
                     fmt::format(R"(application: {0}
kafka:
  brokers: "{1}"
  create_topics: true
  properties: {{ session.timeout.ms: 6000, heartbeat.interval.ms: 500 }}
delivery: {3}
timezone: UTC
time: {{ clock: records, allowed_lateness: 1s, max_clock_skew: 1s, source_silence: 1s }}
state: {{ directory: {2}, snapshot_every: 1s, publish_every: {5}, memory_budget: 1GiB }}
sources:
  - {{ topic: {0}.seals, stream: seal, format: json, partitioner: {4} }}
  - {{ topic: {0}.trips, stream: trip, format: json, partitioner: {4} }}
outputs: {{ alerts: {0}.alerts, alert_state: {0}.state, dead_letters: {0}.dead, too_late: {0}.late, format: json }}
rules:
  - {{ id: tampered, kind: seal_tampered, scope: always }}
  - {{ id: opened, kind: seal_opened, scope: always }}
)",
                                 name, bootstrap(), state, delivery, partitioner, publish_every));
  }

  static std::string seal(int i) { return fmt::format("seal-{:03}", i); }

  // The next message of every seal, where producers that know of so many partitions put it. Some keep one back, and send it
  // with the one behind it.
  void hear_all(std::int32_t partitions) {
    static constexpr const char* locks[] = {"closed", "tampered", "closed", "opened"};
    const int n = heard++;
    std::vector<KafkaRecord> records;
    for (int i = 0; i < seal_count; ++i) {
      const auto message = [&](int at) {
        return KafkaRecord{.key = seal(i),
                           .value = fmt::format(R"({{"seal_id":"{}","device_time_ms":{},"sequence":{},"lock":"{}"}})",
                                                seal(i), start_ms + at * 1000, at + 1, locks[at % 4]),
                           .headers = {},
                           .timestamp_ms = start_ms + n * 1000 + 5,
                           .partition = murmur2_partition(seal(i), partitions)};
      };
      const bool keeps_back = i % 5 == 0 && n % 2 == 1;
      if (!keeps_back) records.push_back(message(n));
      if (i % 5 == 0 && n % 2 == 0 && n > 0) records.push_back(message(n - 1));
    }
    kafka().produce(name + ".seals", records);
  }

  void grow(std::int32_t partitions = after) {
    for (const std::string& topic : {name + ".seals", name + ".trips"}) kafka().enlarge_topic(topic, partitions);
  }

  // Revisions come in turn, each once.
  static void add(Finals& into, std::map<std::string, std::uint32_t>& revisions, const std::string& line) {
    json::Reader reader;
    Alert alert;
    const auto read = reader.read_alert(line, alert);
    ASSERT_TRUE(read.error.empty()) << read.error << " in " << line;
    EXPECT_EQ(alert.revision, ++revisions[alert.alert_id]) << line;
    alert.revision = 0;
    alert.detected_ms = alert.late_by_ms = 0;
    std::string& text = into[alert.alert_id];
    text.clear();
    json::append_json(alert, text);
  }

  // What a plain replay of all records says.
  Finals expected() {
    std::vector<KafkaRecord> records = kafka().read_all(name + ".seals");
    std::ranges::stable_sort(records, {}, &KafkaRecord::timestamp_ms);
    std::string text;
    for (const auto& r : records)
      text +=
          fmt::format(R"({{"topic":"{}.seals","key":"{}","timestamp_ms":{},"partition":{},"offset":{},"value":{}}})",
                      name, r.key, r.timestamp_ms, r.partition, r.offset, *r.value) +
          "\n";
    const auto input = dir.write("replay.jsonl", text);
    EXPECT_EQ(
        run_vigia({"replay", "--config", pipeline(), "--input", input, "--output", dir / "replayed.jsonl", "--quiet"},
                  dir / "replay.log"),
        0);
    Finals result;
    std::map<std::string, std::uint32_t> revisions;
    std::ifstream in(dir / "replayed.jsonl");
    for (std::string line; std::getline(in, line);) add(result, revisions, line);
    return result;
  }

  Finals told() {
    Finals result;
    std::map<std::string, std::uint32_t> revisions;
    for (const auto& record : kafka().read_at_least(name + ".alerts", 0)) add(result, revisions, *record.value);
    return result;
  }

  // Runs until all that has come is told.
  void live(const std::string& config) {
    VigiaProcess process({"run", "--config", config, "--threads", "2"}, dir / "run.log");
    const Finals wanted = expected();
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (told() != wanted && process.running() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_TRUE(told() == wanted) << process.log();
    EXPECT_EQ(process.terminate(), 0) << process.log();
  }

  Outcome run(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment = {}) {
    const std::string log = dir / fmt::format("{}-{}.log", arguments[0], ++runs);
    VigiaProcess process(arguments, log, environment);
    Outcome outcome;
    outcome.exit_code = process.wait();
    outcome.text = process.log();
    return outcome;
  }

  Outcome repartition(const std::string& config, const std::map<std::string, std::string>& environment = {}) {
    return run({"repartition", "--config", config, "--threads", "2"}, environment);
  }

  // Grows in the middle, with something left to read in the old partitions and something in the new ones already.
  void grow_while_devices_send() {
    for (int i = 0; i < 4; ++i) hear_all(before);
    live(pipeline());
    hear_all(before);
    hear_all(before);
    grow();
    hear_all(after);
  }

  void expect_all_told() {
    hear_all(after);
    hear_all(after);
    live(pipeline());
    EXPECT_GT(told().size(), 0U + seal_count);
  }

  TempDirectory dir;
  std::string name;
  std::string partitioner = "murmur2", delivery = "exactly_once", publish_every = "1s";
  int heard = 0, runs = 0;
};

TEST_F(RepartitionTest, ExactlyOnceLawTheTopicsGrowAndEveryAlertIsToldOnceAsByAPlainReplay) {
  grow_while_devices_send();
  const Outcome stopped = run({"run", "--config", pipeline(), "--threads", "2"});
  EXPECT_EQ(stopped.exit_code, 1) << stopped.text;
  EXPECT_NE(stopped.text.find("the topics have 6 partitions, and the state of this application was made with 3"),
            std::string::npos)
      << stopped.text;
  EXPECT_NE(stopped.text.find("vigia repartition --config"), std::string::npos) << stopped.text;

  const Outcome dealt = repartition(pipeline());
  EXPECT_EQ(dealt.exit_code, 0) << dealt.text;
  EXPECT_NE(dealt.text.find(fmt::format("from 3 to 6 partitions: {} keys", seal_count)), std::string::npos)
      << dealt.text;
  EXPECT_EQ(kafka().committed(name, name + ".seals", after).at(after - 1), 0);
  const Outcome again = repartition(pipeline());
  EXPECT_EQ(again.exit_code, 1) << again.text;
  EXPECT_NE(again.text.find("there is nothing to do: the topics have 6 partitions, and so has the state"),
            std::string::npos)
      << again.text;
  live(pipeline());
  expect_all_told();

  // A proof reaches from here to there, and not across.
  const Outcome across = run({"replay", "--config", pipeline(), "--from-kafka"});
  EXPECT_EQ(across.exit_code, 1) << across.text;
  const auto to = across.text.find("--to ");
  ASSERT_NE(to, std::string::npos) << across.text;
  const std::string until = across.text.substr(to + 5, 13);
  const Outcome until_then = run({"replay", "--config", pipeline(), "--from-kafka", "--to", until});
  EXPECT_EQ(until_then.exit_code, 0) << until_then.text;
  EXPECT_NE(until_then.text.find("all as published"), std::string::npos) << until_then.text;
}

TEST_F(RepartitionTest, AnotherInstanceGoesOnFromWhatWasPublished) {
  grow_while_devices_send();
  EXPECT_EQ(repartition(pipeline()).exit_code, 0);
  std::filesystem::remove_all(dir / "state");
  expect_all_told();
  std::ifstream in(dir / "run.log");
  const std::string marker = " keys from the published snapshot";
  int keys = 0;  // over all tasks of seals: none is left where it was
  for (std::string line; std::getline(in, line);) {
    const auto at = line.find(marker);
    if (at != std::string::npos && line.find("seal-trip/") != std::string::npos)
      keys += std::stoi(line.substr(line.rfind(' ', at - 1)));
  }
  EXPECT_EQ(keys, seal_count);
  std::map<std::pair<std::int32_t, std::string>, bool> last;  // whether what a task has of a key has a value
  for (const auto& record : kafka().read_all(name + ".snapshots"))
    last[{record.partition, record.key}] = record.value.has_value();
  const auto gone = std::ranges::count(last, false, [](const auto& one) { return one.second; });
  int moved = 0;
  for (int i = 0; i < seal_count; ++i)
    moved += murmur2_partition(seal(i), before) != murmur2_partition(seal(i), after) ? 1 : 0;
  EXPECT_EQ(gone, moved);
}

TEST_F(RepartitionTest, AtLeastOnceWithoutPublishedSnapshotsToo) {
  delivery = "at_least_once";
  publish_every = "0s";
  grow_while_devices_send();
  const Outcome dealt = repartition(pipeline());
  EXPECT_EQ(dealt.exit_code, 0) << dealt.text;
  std::filesystem::create_directories(dir / "elsewhere");
  const Outcome elsewhere = run({"run", "--config", pipeline("elsewhere"), "--threads", "2"});
  EXPECT_EQ(elsewhere.exit_code, 1) << elsewhere.text;
  EXPECT_NE(elsewhere.text.find("is a repartition: its topics had 3 partitions before"), std::string::npos)
      << elsewhere.text;
  expect_all_told();
}

// At whatever place it is killed, running it again ends well.
TEST_F(RepartitionTest, ExactlyOnceLawKilledOnTheWayItIsRunAgain) {
  grow_while_devices_send();
  for (const char* place : {"produced", "snapshot_written", "keys_dealt", "dealing_marked", "dealing_committed"}) {
    const Outcome killed = repartition(pipeline(), {{"VIGIA_KILL_POINT", place}});
    EXPECT_EQ(killed.exit_code, 128 + SIGKILL) << place << ": " << killed.text;
  }
  EXPECT_TRUE(std::filesystem::exists(dir / "state/snapshots-dealt")) << "it counted, and was not in its place yet";
  const Outcome finished = repartition(pipeline());
  EXPECT_EQ(finished.exit_code, 0) << finished.text;
  EXPECT_NE(finished.text.find("is in its place now"), std::string::npos) << finished.text;
  EXPECT_FALSE(std::filesystem::exists(dir / "state/snapshots-dealt"));
  expect_all_told();
}

TEST_F(RepartitionTest, WhatCannotBeDoneIsRefusedWithWhatToDo) {
  const Outcome nothing = repartition(pipeline());
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_NE(nothing.text.find("has noted no progress"), std::string::npos) << nothing.text;
  for (int i = 0; i < 4; ++i) hear_all(before);
  live(pipeline());
  {
    VigiaProcess other({"run", "--config", pipeline("other"), "--threads", "1"}, dir / "other.log");
    ASSERT_TRUE(other.wait_for_log("seal-trip: running partitions")) << other.log();
    const Outcome member = repartition(pipeline());
    EXPECT_EQ(member.exit_code, 1);
    EXPECT_NE(member.text.find("has members ("), std::string::npos) << member.text;
    EXPECT_NE(member.text.find("stop all instances of the application"), std::string::npos) << member.text;
    EXPECT_EQ(other.terminate(), 0);
  }
  grow(4);
  partitioner = "unchecked";
  const Outcome unknown = repartition(pipeline());
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_NE(unknown.text.find("it is not known which partition a key belongs to"), std::string::npos) << unknown.text;
  partitioner = "murmur2";
  hear_all(4);  // by the new number, into old partitions of other keys
  const Outcome mixed = repartition(pipeline());
  EXPECT_EQ(mixed.exit_code, 1);
  EXPECT_NE(mixed.text.find("was put there by the new number of partitions"), std::string::npos) << mixed.text;
  EXPECT_NE(mixed.text.find("4 is no multiple of 3"), std::string::npos) << mixed.text;
}

// Any other number will do when nobody writes meanwhile.
TEST_F(RepartitionTest, ToANumberThatIsNoMultipleWhileNobodyWrites) {
  for (int i = 0; i < 4; ++i) hear_all(before);
  live(pipeline());
  hear_all(before);
  grow(4);
  EXPECT_EQ(repartition(pipeline()).exit_code, 0);
  hear_all(4);
  hear_all(4);
  live(pipeline());
  for (const auto& letter : kafka().read_all(name + ".dead")) ADD_FAILURE() << letter.header("vigia-reason");
}

// What is still open upstream keeps an old partition from its end; broken off there, nothing has changed.
TEST_F(RepartitionTest, UntilTheOldPartitionsAreReadItWaits) {
  for (int i = 0; i < 4; ++i) hear_all(before);
  live(pipeline());
  OpenTransaction upstream(bootstrap(), unique("upstream"));
  const std::string id = seal(0);
  upstream.produce(name + ".seals",
                   {.key = id,
                    .value = fmt::format(R"({{"seal_id":"{}","device_time_ms":{},"sequence":5,"lock":"closed"}})", id,
                                         start_ms + 4000),
                    .headers = {},
                    .timestamp_ms = start_ms + 4005,
                    .partition = murmur2_partition(id, before)});
  ++heard;
  grow();
  VigiaProcess process({"repartition", "--config", pipeline(), "--threads", "2"}, dir / "waits.log");
  ASSERT_TRUE(process.wait_for_log("a transaction of a producer upstream has been open for")) << process.log();
  EXPECT_EQ(process.terminate(), 1) << process.log();
  const std::string lag = fmt::format("{}.seals/{}: ", name, murmur2_partition(id, before));
  EXPECT_NE(process.log().find("before the old partitions were read to their end; " + lag), std::string::npos)
      << process.log();
  upstream.commit();
  const Outcome dealt = repartition(pipeline());
  EXPECT_EQ(dealt.exit_code, 0) << dealt.text;
}

}  // namespace
}  // namespace vigia::test
