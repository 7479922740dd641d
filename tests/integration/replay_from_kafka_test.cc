// `vigia replay --from-kafka` as a process against a real broker: what the engine has published follows from the topics and
// the journal, and nothing else passes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <thread>

#include "broker_fixture.h"
#include "connectors/alert_record.h"
#include "connectors/partitioner.h"
#include "schemas/json_reader.h"
#include "tests/connectors/temp_directory.h"
#include "vigia_process.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

constexpr std::int32_t partitions = 3;
constexpr int seal_count = 24;
constexpr TimeMs silent_after_ms = 1500;

TimeMs now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

struct Outcome {
  int exit_code = -1;
  std::string text;
};

class ReplayFromKafkaTest : public BrokerFixture {
 protected:
  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    name = unique("proof");
    for (const std::string& topic : {name + ".seals", name + ".trips"}) kafka().create_topic(topic, partitions);
  }

  // With the wall clock: silence is told by epochs that have no record.
  std::string pipeline(const std::string& state = "state", const std::string& severity = "high",
                       const std::string& delivery = "exactly_once") {
    return dir.write(state + severity + delivery + lost_offsets + ".yaml",
                     fmt::format(R"(application: {0}
kafka:
  brokers: "{1}"
  create_topics: true
  lost_offsets: {7}
  properties: {{ session.timeout.ms: 6000, heartbeat.interval.ms: 500 }}
delivery: {4}
timezone: UTC
time: {{ clock: {8}, allowed_lateness: 1s, max_clock_skew: 1s, source_silence: {6} }}
state: {{ directory: {2}, snapshot_every: 1h, memory_budget: 1GiB }}
sources:
  - {{ topic: {0}.seals, stream: seal, format: json, partitioner: murmur2 }}
  - {{ topic: {0}.trips, stream: trip, format: json, partitioner: murmur2 }}
outputs: {{ alerts: {0}.alerts, alert_state: {0}.state, dead_letters: {0}.dead, too_late: {0}.late, format: json }}
rules:
  - {{ id: tampered, kind: seal_tampered, scope: always, severity: {3} }}
  - {{ id: silent, kind: signal_lost, interval: {5}ms, scope: always }}
)",
                                 name, bootstrap(), state, severity, delivery, silent_after_ms, source_silence,
                                 lost_offsets, clock));
  }

  // Each seal says that it is closed, then that it was tampered with: one alert each. The bytes come now.
  void tamper_with_all() {
    for (const char* lock : {"closed", "tampered"}) {
      std::vector<KafkaRecord> records;
      ++sequence;
      tampered_ms = now_ms();
      for (int i = 0; i < seal_count; ++i) {
        const std::string id = fmt::format("seal-{:03}", i);
        records.push_back({.key = id,
                           .value = fmt::format(R"({{"seal_id":"{}","device_time_ms":{},"sequence":{},"lock":"{}"}})",
                                                id, now_ms(), sequence, lock),
                           .headers = {},
                           .timestamp_ms = now_ms()});
      }
      kafka().produce(name + ".seals", records);
    }
  }

  std::vector<KafkaRecord> wait_for_alerts(std::size_t count) { return kafka().read_at_least(name + ".alerts", count); }

  std::vector<std::string> run_arguments(const std::string& config) const {
    return {"run", "--config", config, "--threads", "2"};
  }

  static std::size_t silent_since(const std::vector<KafkaRecord>& published, TimeMs since_ms) {
    std::set<std::string> seals;
    for (const KafkaRecord& record : published) {
      const Alert alert = alert_of(record);
      if (alert.kind == "signal_lost" && alert.start_ms >= since_ms) seals.insert(alert.subject_id);
    }
    return seals.size();
  }

  static bool tells_of_a_silent_source(const KafkaRecord& record) {
    return record.value->find("source_silent") != std::string::npos;
  }

  // Two waves with a crash in between, silence, and an end that was asked for.
  std::size_t live(const std::string& config) {
    {
      VigiaProcess process(run_arguments(config), dir / "run.log");
      tamper_with_all();
      EXPECT_GE(wait_for_alerts(seal_count).size(), 1U * seal_count) << process.log();
      process.kill_at_once();
    }
    VigiaProcess process(run_arguments(config), dir / "run.log");
    tamper_with_all();
    auto published = wait_for_alerts(3 * seal_count);
    // Seals may have been silent between the waves, too; each has to be in the end. The silence of the topics may be the
    // last to be told.
    while (silent_since(published, tampered_ms) < seal_count ||
           std::ranges::none_of(published, tells_of_a_silent_source)) {
      const auto more = wait_for_alerts(published.size() + 1);
      EXPECT_GT(more.size(), published.size()) << process.log();
      if (more.size() <= published.size()) break;
      published = more;
    }
    EXPECT_EQ(process.terminate(), 0) << process.log();
    return kafka().read_all(name + ".alerts").size();
  }

  Outcome replay(const std::string& config, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"replay", "--config", config, "--from-kafka"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const std::string log = dir / fmt::format("replay-{}.log", ++replays);
    Outcome outcome;
    outcome.exit_code = run_vigia(arguments, log);
    std::ifstream in(log);
    outcome.text.assign(std::istreambuf_iterator<char>(in), {});
    return outcome;
  }

  static Alert alert_of(const KafkaRecord& record) {
    json::Reader reader;
    Alert alert;
    EXPECT_EQ(reader.read_alert(*record.value, alert).error, "");
    return alert;
  }

  static Alert tampering_of(const std::vector<KafkaRecord>& published) {
    return alert_of(*std::ranges::find_if(
        published, [](const KafkaRecord& record) { return record.value->find("seal_tampered") != std::string::npos; }));
  }

  // Somebody who knows how alerts look.
  void forge(const Alert& alert) {
    AlertRecord record;
    make_alert_record(alert, name, RecordFormat::json, record);
    kafka().produce(
        name + ".alerts",
        {{.key = record.key, .value = record.payload, .headers = record.headers, .timestamp_ms = now_ms()}});
  }

  static std::size_t line_count(const std::string& path) {
    std::ifstream in(path);
    std::size_t count = 0;
    for (std::string line; std::getline(in, line);) ++count;
    return count;
  }

  TempDirectory dir;
  std::string name;
  std::string lost_offsets = "stop";
  std::string source_silence = "1s";  // of the trips, which never come
  std::string clock = "wall";
  TimeMs tampered_ms = 0;  // when the last wave was made
  int sequence = 0, replays = 0;
};

TEST_F(ReplayFromKafkaTest, ReplayLawWhatWasPublishedOverCrashesAndSilenceIsDerivedAgain) {
  const std::string config = pipeline();
  const std::size_t alerts = live(config);
  const Outcome outcome = replay(config, {"--output", dir / "derived.jsonl"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
  EXPECT_NE(outcome.text.find(
                fmt::format("{} records, {} alert revisions derived again, all as published", 4 * seal_count, alerts)),
            std::string::npos)
      << outcome.text;
  EXPECT_NE(outcome.text.find(fmt::format("\"applied\":{},", 4 * seal_count)), std::string::npos) << outcome.text;
  EXPECT_EQ(line_count(dir / "derived.jsonl"), alerts);
  std::multiset<std::string> derived, published;
  std::ifstream in(dir / "derived.jsonl");
  for (std::string line; std::getline(in, line);) derived.insert(line);
  for (const auto& record : kafka().read_all(name + ".alerts")) published.insert(*record.value);
  EXPECT_EQ(derived, published);
  EXPECT_TRUE(std::ranges::any_of(published, [](const std::string& alert) {
    return alert.find("source_silent") != std::string::npos;
  })) << "nothing but the wall clock told";

  const Outcome elsewhere = replay(pipeline("nowhere"));
  EXPECT_EQ(elsewhere.exit_code, 0) << elsewhere.text;
  EXPECT_FALSE(std::filesystem::exists(dir / "nowhere"));
  const Outcome quiet = replay(config, {"--quiet"});
  EXPECT_EQ(quiet.exit_code, 0);
  EXPECT_EQ(quiet.text, "");
}

TEST_F(ReplayFromKafkaTest, AnEngineThatRunsBesideItIsNotDisturbed) {
  const std::string config = pipeline();
  VigiaProcess process(run_arguments(config), dir / "run.log");
  tamper_with_all();
  ASSERT_GE(wait_for_alerts(seal_count).size(), 1U * seal_count) << process.log();
  std::thread more([this] {
    for (int i = 0; i < 20; ++i) {
      tamper_with_all();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
  for (int i = 0; i < 5; ++i) {
    const Outcome outcome = replay(config);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
  }
  more.join();
  EXPECT_EQ(process.terminate(), 0) << process.log();
  const std::string log = process.log();
  EXPECT_EQ(log.find("seal-trip: running partitions"), log.rfind("seal-trip: running partitions"))
      << "no rebalance: " << log;
  EXPECT_EQ(log.find("given up"), std::string::npos) << log;
  const Outcome outcome = replay(config);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
}

TEST_F(ReplayFromKafkaTest, ReplayLawAtLeastOnceToo) {
  const std::string config = pipeline("state", "high", "at_least_once");
  live(config);
  const Outcome outcome = replay(config);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
}

TEST_F(ReplayFromKafkaTest, ReplayLawAForgedAlertDoesNotFollow) {
  const std::string config = pipeline();
  live(config);
  const auto published = kafka().read_all(name + ".alerts");
  Alert forged = tampering_of(published);
  forged.revision = 99;
  forge(forged);
  const Outcome outcome = replay(config);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.text.find(fmt::format("alert {}, revision 99", forged.alert_id)), std::string::npos)
      << outcome.text;
  EXPECT_NE(outcome.text.find("was published, and does not follow from the records"), std::string::npos)
      << outcome.text;
  EXPECT_NE(outcome.text.find("1 of them or of those published differ"), std::string::npos) << outcome.text;
  // Only in the range that it claims to be of.
  const std::string behind = std::to_string(forged.detected_ms + 1);
  EXPECT_EQ(replay(config, {"--from", behind}).exit_code, 0);
  EXPECT_EQ(replay(config, {"--to", std::to_string(forged.detected_ms)}).exit_code, 1);
  const std::int32_t home = murmur2_partition(forged.subject_id, partitions);
  EXPECT_EQ(replay(config, {"--partition", std::to_string(home)}).exit_code, 1);
  EXPECT_EQ(replay(config, {"--partition", std::to_string((home + 1) % partitions)}).exit_code, 0);
}

TEST_F(ReplayFromKafkaTest, ReplayLawARevisionWrittenAgainWithAnotherValueIsShownFieldByField) {
  const std::string config = pipeline();
  live(config);
  const auto published = kafka().read_all(name + ".alerts");
  Alert forged = tampering_of(published);
  forged.severity = schema::Severity::low;
  forge(forged);
  const Outcome outcome = replay(config);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.text.find("was published with other bytes than those derived\n  severity: derived 'high', "
                              "published 'low'\n  derived by seal-trip/"),
            std::string::npos)
      << outcome.text;
  EXPECT_NE(outcome.text.find(fmt::format("records behind it: {}.seals/", name)), std::string::npos) << outcome.text;
}

TEST_F(ReplayFromKafkaTest, ReplayLawAnAlertThatWasTakenOffTheTopicIsMissed) {
  const std::string config = pipeline();
  live(config);
  const auto published = kafka().read_all(name + ".alerts");
  const Alert first = alert_of(published[0]);
  kafka().delete_before(name + ".alerts", published[0].partition, published[0].offset + 1);
  const Outcome outcome = replay(config);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.text.find(fmt::format("alert {}, revision 1", first.alert_id)), std::string::npos) << outcome.text;
  EXPECT_NE(outcome.text.find("was derived, and was never published"), std::string::npos) << outcome.text;
  EXPECT_NE(outcome.text.find("are not there any more, and it may have been among them"), std::string::npos)
      << outcome.text;
  EXPECT_EQ(replay(config, {"--no-compare", "--output", dir / "derived.jsonl"}).exit_code, 0);
  EXPECT_EQ(line_count(dir / "derived.jsonl"), published.size());
}

TEST_F(ReplayFromKafkaTest, ReplayLawTheJournalNamesTheRulesWhateverTheFileSays) {
  live(pipeline());
  const Outcome outcome = replay(pipeline("state", "low"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
}

// The engine was away for longer than the topic keeps its records.
TEST_F(ReplayFromKafkaTest, ReplayLawRecordsThatWereNeverReadAreToldOfWhenThatIsAccepted) {
  live(pipeline());                                              // ends with a snapshot
  std::this_thread::sleep_for(std::chrono::milliseconds(3500));  // further than the slack of a second each
  const TimeMs behind_ms = now_ms();
  const auto read_to = kafka().committed(name, name + ".seals", partitions);
  tamper_with_all();
  tamper_with_all();
  std::map<std::int32_t, std::int64_t> begins;  // the second half of what came stays
  for (const auto& record : kafka().read_all(name + ".seals")) begins[record.partition] = record.offset + 1;
  for (auto& [number, begin] : begins) {
    begin -= (begin - read_to.at(number)) / 2;
    kafka().delete_before(name + ".seals", number, begin);
  }
  VigiaProcess stops(run_arguments(pipeline()), dir / "stops.log");
  EXPECT_EQ(stops.wait(), 1) << stops.log();
  EXPECT_NE(stops.log().find(".seals/"), std::string::npos) << stops.log();
  EXPECT_NE(stops.log().find("are not there any more and were never read"), std::string::npos) << stops.log();

  // The engine goes on from here and writes newer snapshots; the proof wants one from before the range.
  std::filesystem::copy(dir / "state", dir / "kept", std::filesystem::copy_options::recursive);
  lost_offsets = "accept";
  const std::string config = pipeline();
  const auto told = [&] {
    std::map<std::string, int> found;
    for (const auto& record : kafka().read_all(name + ".alerts")) {
      const Alert alert = alert_of(record);
      if (alert.kind == "records_lost") ++found[alert.subject_id];
    }
    return found;
  };
  std::map<std::string, int> expected;
  for (const auto& [number, begin] : begins) expected[fmt::format("{}.seals/{}", name, number)] = 1;
  const std::size_t before = kafka().read_all(name + ".alerts").size();
  {
    VigiaProcess process(run_arguments(config), dir / "accepts.log");
    // Each of the seals is tampered with once more, and what was lost is one alert a partition.
    (void)wait_for_alerts(before + partitions + seal_count);
    EXPECT_TRUE(eventually("what was lost", told, testing::Eq(expected))) << process.log();
    process.kill_at_once();
  }
  VigiaProcess process(run_arguments(config), dir / "accepts.log");
  tamper_with_all();
  (void)wait_for_alerts(before + partitions + 2 * seal_count);
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_EQ(told(), expected) << process.log();
  const Outcome outcome =
      replay(pipeline("kept"), {"--from", std::to_string(behind_ms), "--output", dir / "derived.jsonl"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
  std::ifstream in(dir / "derived.jsonl");
  const std::string derived(std::istreambuf_iterator<char>(in), {});
  EXPECT_NE(derived.find("records_lost"), std::string::npos) << derived;
}

TEST_F(ReplayFromKafkaTest, RecordsThatAreGoneAreAGapUnlessASnapshotLiesBehindThem) {
  const std::string config = pipeline();
  live(config);                                                  // ends with a snapshot
  std::this_thread::sleep_for(std::chrono::milliseconds(3500));  // further than the slack of a second each
  const TimeMs behind_ms = now_ms();
  std::vector<std::int64_t> ends;
  for (std::int32_t number = 0; number < partitions; ++number)
    ends.push_back(kafka().committed(name, name + ".seals", partitions).at(number));
  const std::size_t before = kafka().read_all(name + ".alerts").size();
  VigiaProcess process(run_arguments(config), dir / "run.log");
  tamper_with_all();
  const std::size_t after = before + 3 * seal_count;  // each is heard again, was tampered with, and goes silent again
  ASSERT_GE(wait_for_alerts(after).size(), after) << process.log();
  process.kill_at_once();  // without another one
  for (std::int32_t number = 0; number < partitions; ++number)
    kafka().delete_before(name + ".seals", number, ends[static_cast<std::size_t>(number)]);

  const Outcome all = replay(config);
  EXPECT_EQ(all.exit_code, 1);
  EXPECT_NE(
      all.text.find(fmt::format("{}.seals/0: {} offsets, 0 to {}, are not there any more", name, ends[0], ends[0] - 1)),
      std::string::npos)
      << all.text;
  const Outcome by_time = replay(config, {"--from", std::to_string(behind_ms)});
  EXPECT_EQ(by_time.exit_code, 0) << by_time.text;
  EXPECT_NE(by_time.text.find(fmt::format(" {} records", 2 * seal_count)), std::string::npos) << by_time.text;
  const Outcome by_offset = replay(config, {"--from-offset", fmt::format("{}.seals/1:{}", name, ends[1])});
  EXPECT_EQ(by_offset.exit_code, 0) << by_offset.text;
  EXPECT_NE(by_offset.text.find("1 tasks"), std::string::npos) << by_offset.text;
  EXPECT_EQ(replay(config, {"--from-offset", fmt::format("{}.seals/1:{}", name, ends[1] - 1)}).exit_code, 1);
  EXPECT_EQ(replay(pipeline("nowhere"), {"--from", std::to_string(behind_ms)}).exit_code, 1) << "no snapshot here";
}

TEST_F(ReplayFromKafkaTest, AnOffsetBeginsWithTheEpochOfItsRecord) {
  source_silence = "1h";  // what names no record belongs to no offset
  const std::string config = pipeline();
  VigiaProcess process(run_arguments(config), dir / "run.log");
  tamper_with_all();
  ASSERT_GE(wait_for_alerts(seal_count).size(), 1U * seal_count) << process.log();
  std::vector<std::int64_t> ends;
  for (std::int32_t number = 0; number < partitions; ++number) ends.push_back(0);
  for (const auto& record : kafka().read_all(name + ".seals"))
    ends[static_cast<std::size_t>(record.partition)] = record.offset + 1;
  tamper_with_all();
  ASSERT_GE(wait_for_alerts(3 * seal_count).size(), 3U * seal_count) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
  std::size_t expected = 0;  // what detects something behind the first wave, of partition 0
  for (const auto& record : kafka().read_all(name + ".alerts")) {
    const Alert alert = alert_of(record);
    if (murmur2_partition(alert.subject_id, partitions) != 0) continue;
    expected += alert.evidence[0]->offset >= ends[0] ? 1 : 0;
  }
  const Outcome outcome =
      replay(config, {"--from-offset", fmt::format("{}.seals/0:{}", name, ends[0]), "--output", dir / "derived.jsonl"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
  EXPECT_EQ(line_count(dir / "derived.jsonl"), expected) << outcome.text;
  // And the other part, up to there.
  std::size_t before = 0;
  for (const auto& record : kafka().read_all(name + ".alerts")) {
    const Alert alert = alert_of(record);
    before += murmur2_partition(alert.subject_id, partitions) == 0 && alert.evidence[0]->offset < ends[0] ? 1 : 0;
  }
  ASSERT_GT(before, 0U);
  const std::string first_end = fmt::format("{}.seals/0:{}", name, ends[0]);
  const Outcome first = replay(config, {"--to-offset", first_end, "--output", dir / "before.jsonl"});
  EXPECT_EQ(first.exit_code, 0) << first.text;
  EXPECT_EQ(line_count(dir / "before.jsonl"), before) << first.text;
  EXPECT_NE(first.text.find(fmt::format(" {} records", ends[0])), std::string::npos) << first.text;
  const Outcome none =
      replay(config, {"--from-offset", first_end, "--to-offset", first_end, "--output", dir / "none.jsonl"});
  EXPECT_EQ(none.exit_code, 0) << none.text;
  EXPECT_EQ(line_count(dir / "none.jsonl"), 0U) << none.text;
}

// Its last record set the clock of the snapshot that lies between the two.
TEST_F(ReplayFromKafkaTest, WhatTheEpochBeforeTheOffsetSaidIsNotAskedFor) {
  clock = "records";
  const std::string config = pipeline();
  {
    VigiaProcess process(run_arguments(config), dir / "run.log");
    tamper_with_all();
    ASSERT_GE(wait_for_alerts(seal_count).size(), 1U * seal_count) << process.log();
    EXPECT_EQ(process.terminate(), 0) << process.log();
  }
  const std::int64_t end = kafka().committed(name, name + ".seals", partitions).at(0);
  VigiaProcess process(run_arguments(config), dir / "run.log");
  tamper_with_all();
  ASSERT_GE(wait_for_alerts(2 * seal_count).size(), 2U * seal_count) << process.log();
  process.kill_at_once();  // without another one
  const Outcome outcome = replay(config, {"--from-offset", fmt::format("{}.seals/0:{}", name, end)});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
}

TEST_F(ReplayFromKafkaTest, WhatIsNotThereIsSaid) {
  const std::string config = pipeline();
  const Outcome never_run = replay(config);
  EXPECT_EQ(never_run.exit_code, 1);
  EXPECT_NE(never_run.text.find(fmt::format("there is no topic '{}.alerts'", name)), std::string::npos)
      << never_run.text;
  const Outcome partition = replay(config, {"--partition", "7"});
  EXPECT_EQ(partition.exit_code, 2) << partition.text;
  EXPECT_NE(partition.text.find("found partition 7, expected 0 to 2"), std::string::npos) << partition.text;
}

}  // namespace
}  // namespace vigia::test
