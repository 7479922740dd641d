// `vigia run` as a process against a real broker.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "broker_fixture.h"
#include "connectors/dead_letters.h"
#include "connectors/kafka_fetch_watch.h"
#include "connectors/partitioner.h"
#include "engine/task.h"
#include "schemas/json_reader.h"
#include "schemas/json_writer.h"
#include "schemas/seal_batch_generated.h"
#include "schemas/seal_event_generated.h"
#include "tests/connectors/temp_directory.h"
#include "vigia_process.h"

namespace vigia::test {
namespace {

constexpr TimeMs start_ms = 1'700'000'000'000;
constexpr std::size_t batch_size = 10;

// "ALERT_ID-REVISION" to the alert without what depends on the epochs.
using Revisions = std::map<std::string, std::string>;

std::string seal(int i) { return fmt::format("seal-{:03}", i); }

schema::SealEventT event(const std::string& id, int number, schema::Lock lock) {
  schema::SealEventT e;
  e.seal_id = id;
  e.sequence = static_cast<std::uint32_t>(number + 1);
  e.device_time_ms = start_ms + number * 1'000;
  e.lock = lock;
  return e;
}

std::string json_of(const schema::SealEventT& e) {
  return fmt::format(R"({{"seal_id":"{}","device_time_ms":{},"sequence":{},"lock":"{}"}})", e.seal_id, e.device_time_ms,
                     e.sequence, schema::EnumNameLock(e.lock));
}

std::string bytes_of(flatbuffers::FlatBufferBuilder& builder) {
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

class RunTest : public BrokerFixture {
 protected:
  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    name = unique("run");
    seals = name + ".seals";
    alerts = name + ".alerts";
    dead = name + ".dead";
  }

  // Every seal that is tampered with is an alert, on a trip or not.
  std::string pipeline(const std::string& format = "json", bool create_topics = true,
                       const std::string& instance = "state") const {
    return dir.write(instance + ".yaml", fmt::format(R"(application: {0}
kafka:
  brokers: "{1}"
  create_topics: {2}
  properties: {{ session.timeout.ms: 6000, heartbeat.interval.ms: 500 }}
delivery: exactly_once
timezone: UTC
time: {{ clock: records }}
state: {{ directory: {4}, snapshot_every: 1s, publish_every: 1s, standby: {5}, memory_budget: 1GiB }}
sources:
  - {{ topic: {0}.seals, stream: seal, format: {3}, partitioner: murmur2 }}
outputs: {{ alerts: {0}.alerts, alert_state: {0}.state, dead_letters: {0}.dead, too_late: {0}.late, format: json }}
rules:
  - {{ id: tampered, kind: seal_tampered, scope: always }}
)",
                                                     name, bootstrap(), create_topics, format, instance, standby));
  }

  std::vector<std::string> run_arguments(const std::string& config) const {
    return {"run", "--config", config, "--threads", "2"};
  }

  // What a plain replay of the topic's records says.
  Revisions expected(const std::string& config) {
    std::string text;
    for (const auto& r : kafka().read_all(seals)) {
      text += fmt::format(R"({{"topic":"{}","key":"{}","timestamp_ms":{},"partition":{},"offset":{},"value":{}}})",
                          seals, r.key, r.timestamp_ms, r.partition, r.offset, r.value.value_or("null")) +
              "\n";
    }
    const auto input = dir.write("replay.jsonl", text);
    EXPECT_EQ(
        run_vigia({"replay", "--config", config, "--input", input, "--output", dir / "replay-out.jsonl", "--quiet"},
                  dir / "replay.log"),
        0);
    std::ifstream in(dir / "replay-out.jsonl");
    return revisions(in);
  }

  static std::string content(Alert alert) {
    alert.detected_ms = 0;
    alert.late_by_ms = 0;
    alert.evidence.clear();
    std::string text;
    json::append_json(alert, text);
    return text;
  }

  static void add(Revisions& into, const std::string& line) {
    json::Reader reader;
    Alert alert;
    const auto read = reader.read_alert(line, alert);
    ASSERT_TRUE(read.error.empty()) << read.error << " in " << line;
    const std::string id = fmt::format("{}-{}", alert.alert_id, alert.revision);
    const std::string text = content(alert);
    const auto [found, is_new] = into.emplace(id, text);
    EXPECT_EQ(found->second, text) << "what is produced twice must be the same twice";
  }

  static Revisions revisions(std::istream& in) {
    Revisions result;
    for (std::string line; std::getline(in, line);) add(result, line);
    return result;
  }

  static Revisions revisions(const std::vector<KafkaRecord>& records) {
    Revisions result;
    for (const auto& record : records) add(result, *record.value);
    return result;
  }

  // Reads the alert topic until it holds `count` different revisions.
  Revisions wait_for_alerts(std::size_t count) {
    Revisions found;
    for (std::size_t seen = count; found.size() < count;) {
      const auto records = kafka().read_at_least(alerts, seen);
      found = revisions(records);
      if (records.size() < seen) break;  // it has waited long enough
      seen = records.size() + (found.size() < count ? 1 : 0);
    }
    return found;
  }

  // Alternately closed and tampered with: every second event is an alert.
  std::vector<KafkaRecord> tampering(int seal_count, int from, int to) {
    std::vector<KafkaRecord> records;
    for (int n = from; n < to; ++n) {
      for (int i = 0; i < seal_count; ++i) {
        const auto e = event(seal(i), n, n % 2 == 0 ? schema::Lock::closed : schema::Lock::tampered);
        records.push_back({.key = e.seal_id, .value = json_of(e), .headers = {}, .timestamp_ms = e.device_time_ms + 5});
      }
    }
    return records;
  }

  // Four more events of each of forty seals; whether their alerts come.
  bool more() {
    kafka().produce(seals, tampering(40, told, told + 4));
    told += 4;
    const auto wanted = static_cast<std::size_t>(told) * 40 / 2;
    all_found = wait_for_alerts(wanted);
    return all_found.size() == wanted;
  }

  Revisions stored(const std::string& config) {
    EXPECT_EQ(run_vigia({"alerts", "--config", config, "--json", "--all-revisions", "--limit", "1000000"},
                        dir / "stored.jsonl"),
              0);
    std::ifstream in(dir / "stored.jsonl");
    std::set<std::string> lines;
    Revisions result;
    for (std::string line; std::getline(in, line);) {
      EXPECT_TRUE(lines.insert(line).second) << "twice in the store: " << line;
      add(result, line);
    }
    return result;
  }

  TempDirectory dir;
  std::string name, seals, alerts, dead;
  int standby = 0;
  int told = 0;         // by more(), of each seal
  Revisions all_found;  // by more()
};

TEST_F(RunTest, JsonEventsAndBatchesOfSeveralPartitionsBecomeTheAlertsOfAReplay) {
  const std::string config = pipeline();
  kafka().create_topic(seals, 3);
  auto records = tampering(50, 0, 4);
  for (int i = 100; i < 110; ++i) {  // one record with many events
    std::string batch;
    for (int n = 0; n < static_cast<int>(batch_size); ++n) {
      batch +=
          (n == 0 ? "" : ",") + json_of(event(seal(i), n, n % 2 == 0 ? schema::Lock::closed : schema::Lock::tampered));
    }
    records.push_back(
        {.key = seal(i), .value = "{\"events\":[" + batch + "]}", .headers = {}, .timestamp_ms = start_ms + 20'000});
  }
  kafka().produce(seals, records);
  const Revisions all = expected(config);
  ASSERT_EQ(all.size(), 50u * 2 + 10u * batch_size / 2);

  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_EQ(wait_for_alerts(all.size()), all) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_EQ(stored(config), all);
  EXPECT_NE(process.log().find("\"applied\":" + std::to_string(50 * 4 + 10 * batch_size)), std::string::npos)
      << process.log();
}

TEST_F(RunTest, FlatBuffersEventsAndBatches) {
  const std::string config = pipeline("flatbuffers");
  kafka().create_topic(seals, 2);
  std::vector<KafkaRecord> records;
  flatbuffers::FlatBufferBuilder builder;
  for (int i = 0; i < 20; ++i) {
    const auto e = event(seal(i), 0, schema::Lock::tampered);
    builder.Clear();
    schema::FinishSealEventBuffer(builder, schema::SealEvent::Pack(builder, &e));
    records.push_back({.key = seal(i), .value = bytes_of(builder), .headers = {}, .timestamp_ms = start_ms + 10});
  }
  for (int i = 20; i < 30; ++i) {
    schema::SealBatchT batch;
    for (int n = 0; n < 4; ++n) {
      batch.events.push_back(std::make_unique<schema::SealEventT>(
          event(seal(i), n, n % 2 == 0 ? schema::Lock::closed : schema::Lock::tampered)));
    }
    builder.Clear();
    schema::FinishSealBatchBuffer(builder, schema::SealBatch::Pack(builder, &batch));
    records.push_back({.key = seal(i), .value = bytes_of(builder), .headers = {}, .timestamp_ms = start_ms + 10'000});
  }
  kafka().produce(seals, records);
  VigiaProcess process(run_arguments(config), dir / "run.log");
  const Revisions found = wait_for_alerts(20 + 10 * 2);
  EXPECT_EQ(found.size(), 40u) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
}

// One joins, one is killed, one comes back, one leaves; whoever has a partition goes on where the one before was.
TEST_F(RunTest, InstancesShareThePartitionsAndTakeOverFromEachOther) {
  const std::string one = pipeline("json", true, "one");
  const std::string two = pipeline("json", true, "two");
  kafka().create_topic(seals, 4);
  auto first = std::make_unique<VigiaProcess>(run_arguments(one), dir / "one.log");
  ASSERT_TRUE(more()) << first->log();
  VigiaProcess second(run_arguments(two), dir / "two.log");
  ASSERT_TRUE(second.wait_for_log("running partitions")) << second.log() << first->log();
  ASSERT_TRUE(more()) << first->log() << second.log();
  first->kill_at_once();
  ASSERT_TRUE(more()) << second.log();
  EXPECT_NE(second.log().find("running partitions 0, 1, 2, 3"), std::string::npos) << second.log();
  first = std::make_unique<VigiaProcess>(run_arguments(one), dir / "one-again.log");
  ASSERT_TRUE(first->wait_for_log("running partitions")) << first->log() << second.log();
  ASSERT_TRUE(more()) << first->log() << second.log();
  EXPECT_EQ(second.terminate(), 0) << second.log();
  ASSERT_TRUE(more()) << first->log();
  EXPECT_EQ(first->terminate(), 0) << first->log();
  EXPECT_EQ(all_found, expected(one));
  const auto records = kafka().read_all(alerts);
  EXPECT_EQ(records.size(), all_found.size()) << "each revision once";
}

// Each keeps copies of what the other runs; one is killed, and the other takes it on from them.
TEST_F(RunTest, ExactlyOnceLawWithStandbyWhoTakesOnGoesOnFromItsCopies) {
  standby = 1;
  const std::string one = pipeline("json", true, "one");
  const std::string two = pipeline("json", true, "two");
  kafka().create_topic(seals, 4);
  auto first = std::make_unique<VigiaProcess>(run_arguments(one), dir / "one.log");
  ASSERT_TRUE(more()) << first->log();
  VigiaProcess second(run_arguments(two), dir / "two.log");
  ASSERT_TRUE(second.wait_for_log("running partitions")) << second.log() << first->log();
  ASSERT_TRUE(second.wait_for_log("a standby copy is kept here")) << second.log();
  ASSERT_TRUE(more()) << first->log() << second.log();
  ASSERT_TRUE(more()) << first->log() << second.log();
  const std::string before = second.log();
  first->kill_at_once();
  ASSERT_TRUE(more()) << second.log();
  const std::string after = second.log().substr(before.size());
  EXPECT_NE(after.find("running partitions 0, 1, 2, 3"), std::string::npos) << second.log();
  EXPECT_NE(after.find("keys from the copy that is here"), std::string::npos) << second.log();
  EXPECT_EQ(after.find("keys from the snapshot"), std::string::npos) << second.log();
  first = std::make_unique<VigiaProcess>(run_arguments(one), dir / "one-again.log");
  ASSERT_TRUE(first->wait_for_log("running partitions")) << first->log() << second.log();
  ASSERT_TRUE(first->wait_for_log("a standby copy is kept here")) << first->log();
  ASSERT_TRUE(more()) << first->log() << second.log();
  EXPECT_EQ(second.terminate(), 0) << second.log();
  ASSERT_TRUE(more()) << first->log();
  EXPECT_EQ(first->terminate(), 0) << first->log();
  EXPECT_EQ(all_found, expected(one));
  EXPECT_EQ(kafka().read_all(alerts).size(), all_found.size()) << "each revision once";
}

TEST_F(RunTest, ANewApplicationBeginsWhereTheLogBegins) {
  const std::string config = pipeline();
  kafka().create_topic(seals, 1);
  kafka().produce(seals, tampering(10, 0, 4));
  kafka().delete_before(seals, 0, 20);  // as retention does
  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_EQ(wait_for_alerts(10).size(), 10u) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
}

// The machine is gone with its disk, and so are the records from before its last published snapshot.
TEST_F(RunTest, ANewOwnerGoesOnFromThePublishedSnapshot) {
  const std::string one = pipeline("json", true, "one");
  const std::string two = pipeline("json", true, "two");
  constexpr std::int32_t partitions = 2;
  kafka().create_topic(seals, partitions);
  const auto published = [&] {
    const auto epochs = kafka().committed(name, name + ".snapshots", partitions);
    return std::min(epochs.at(0), epochs.at(1));
  };
  auto first = std::make_unique<VigiaProcess>(run_arguments(one), dir / "one.log");
  kafka().produce(seals, tampering(40, 0, 4));
  ASSERT_EQ(wait_for_alerts(80).size(), 80u) << first->log();
  const TimeMs deadline_ms = wall_clock_ms() + 60'000;
  while (published() <= 0 && wall_clock_ms() < deadline_ms) {
  }
  std::map<std::int32_t, std::int64_t> ends;
  for (const auto& record : kafka().read_all(seals)) ends[record.partition] = record.offset + 1;
  const auto before = kafka().committed(name, name + ".snapshots", partitions);
  kafka().produce(seals, tampering(40, 4, 8));
  ASSERT_EQ(wait_for_alerts(160).size(), 160u) << first->log();
  const Revisions so_far = expected(one);
  for (auto now = before; wall_clock_ms() < deadline_ms && (now.at(0) <= before.at(0) || now.at(1) <= before.at(1));)
    now = kafka().committed(name, name + ".snapshots", partitions);
  first->kill_at_once();
  for (const auto& [partition, end] : ends) kafka().delete_before(seals, partition, end);

  VigiaProcess second(run_arguments(two), dir / "two.log");
  kafka().produce(seals, tampering(40, 8, 12));
  Revisions all = wait_for_alerts(240);
  EXPECT_EQ(all.size(), 240u) << second.log();
  EXPECT_NE(second.log().find("keys from the published snapshot"), std::string::npos) << second.log();
  EXPECT_EQ(second.terminate(), 0) << second.log();
  for (const auto& [id, alert] : so_far) EXPECT_EQ(all[id], alert);
  EXPECT_EQ(kafka().read_all(alerts).size(), 240u) << "each revision once";
  EXPECT_NE(second.log().find("\"applied\":480"), std::string::npos) << second.log();
}

TEST_F(RunTest, PoisonRecordsAreSetAsideWithTheirBytesAndTheStreamGoesOn) {
  const std::string config = pipeline();
  kafka().create_topic(seals, 1);
  const auto good = [&](int i) {
    return KafkaRecord{.key = seal(i),
                       .value = json_of(event(seal(i), 0, schema::Lock::tampered)),
                       .headers = {},
                       .timestamp_ms = start_ms + i};
  };
  const auto poison = [&](std::optional<std::string> value) {
    return KafkaRecord{
        .key = "poison", .value = std::move(value), .headers = {{"trace", "7"}}, .timestamp_ms = start_ms + 1};
  };
  const std::vector<std::optional<std::string>> bad{
      "",
      "{",
      "\xff\xfe\x00",
      R"({"device_time_ms":1700000000000})",
      R"({"seal_id":"s","device_time_ms":-1})",
      R"({"seal_id":"s","device_time_ms":1700000000000,"position":{"lat_deg":91,"lon_deg":0}})",
      std::string(10'000'000, 'x'),
      std::nullopt};
  std::vector<KafkaRecord> records{good(0)};
  for (const auto& value : bad) records.push_back(poison(value));
  records.push_back(good(1));
  kafka().produce(seals, records);

  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_EQ(wait_for_alerts(2).size(), 2u) << process.log();
  const auto letters = kafka().read_at_least(dead, bad.size());
  ASSERT_EQ(letters.size(), bad.size()) << process.log();
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(letters[i].value == bad[i], true) << i;
    EXPECT_EQ(letters[i].key, "poison");
    EXPECT_EQ(letters[i].header("trace"), "7");
    EXPECT_EQ(letters[i].header(topic_header), seals);
    EXPECT_EQ(letters[i].header(partition_header), "0");
    EXPECT_EQ(letters[i].header(offset_header), std::to_string(i + 1));
    EXPECT_FALSE(letters[i].header(reason_header).empty());
  }
  EXPECT_EQ(process.terminate(), 0) << process.log();
}

TEST_F(RunTest, RecordsInPartitionsWhereTheirKeysDoNotBelongAreDeadLetters) {
  const std::string config = pipeline();
  constexpr std::int32_t partitions = 2;
  kafka().create_topic(seals, partitions);
  const auto tampered = [&](int i, const std::string& key, std::int32_t partition) {
    return KafkaRecord{.key = key,
                       .value = json_of(event(seal(i), 0, schema::Lock::tampered)),
                       .headers = {},
                       .timestamp_ms = start_ms + i,
                       .partition = partition};
  };
  const auto own = [&](const std::string& key) { return murmur2_partition(key, partitions); };
  std::vector<KafkaRecord> records;
  for (int i = 0; i < 20; ++i) records.push_back(tampered(i, seal(i), own(seal(i))));
  records.push_back(tampered(30, seal(30), 1 - own(seal(30))));  // the producer chose another partition
  std::string elsewhere = "gateway-0";                           // or keyed by something else
  for (int n = 1; own(elsewhere) == own(seal(31)); ++n) elsewhere = fmt::format("gateway-{}", n);
  records.push_back(tampered(31, elsewhere, own(elsewhere)));
  records.push_back(tampered(32, "", 1 - own(seal(32))));  // or not at all
  records.push_back(tampered(33, seal(33), own(seal(33))));
  kafka().produce(seals, records);

  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_EQ(wait_for_alerts(21).size(), 21u) << process.log();
  const auto letters = kafka().read_at_least(dead, 3);
  std::map<std::string, std::string> reasons;
  for (const auto& letter : letters) reasons[letter.key] = letter.header(reason_header);
  ASSERT_EQ(reasons.size(), 3u) << process.log();
  EXPECT_EQ(reasons[seal(30)].find(fmt::format("key '{}' belongs to partition {} by murmur2", seal(30), own(seal(30)))),
            0u)
      << reasons[seal(30)];
  EXPECT_EQ(reasons[elsewhere].find(fmt::format("seal_id '{}' belongs to partition {}", seal(31), own(seal(31)))), 0u)
      << reasons[elsewhere];
  EXPECT_EQ(reasons[""].find(fmt::format("seal_id '{}' belongs to partition {}", seal(32), own(seal(32)))), 0u)
      << reasons[""];
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_NE(process.log().find("\"dead_letter\":3"), std::string::npos) << process.log();
}

TEST_F(RunTest, AnAlertIsExplainedByItsRecordsWhenTheTopicHasLostThem) {
  const std::string config = pipeline();
  kafka().create_topic(seals, 1);
  kafka().produce(seals, tampering(1, 0, 2));
  {
    VigiaProcess process(run_arguments(config), dir / "run.log");
    ASSERT_EQ(wait_for_alerts(1).size(), 1u) << process.log();
    ASSERT_EQ(process.terminate(), 0) << process.log();
  }
  kafka().delete_before(seals, 0, 2);
  json::Reader reader;
  Alert alert;
  ASSERT_TRUE(reader.read_alert(*kafka().read_all(alerts)[0].value, alert).error.empty());
  const auto explain = [&](const std::string& id, const std::string& log) {
    const int code = run_vigia({"explain", "--config", config, id}, dir / log);
    std::ifstream in(dir / log);
    return std::pair(code, std::string(std::istreambuf_iterator<char>(in), {}));
  };
  const auto [code, text] = explain(alert.alert_id.substr(0, 12), "explain.log");
  EXPECT_EQ(code, 0);
  EXPECT_NE(text.find(seals + "/0 at offset 1"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("lock":"tampered")"), std::string::npos) << text;
  EXPECT_NE(text.find("the same as when the alert was raised"), std::string::npos) << text;
  const auto [unknown_code, unknown_text] = explain("no-such-alert", "unknown.log");
  EXPECT_EQ(unknown_code, 1);
  EXPECT_NE(unknown_text.find("'no-such-alert'"), std::string::npos) << unknown_text;
}

TEST_F(RunTest, ARestartGoesOnWhereItStoppedAndRepeatsNothing) {
  const std::string config = pipeline();
  kafka().create_topic(seals, 2);
  kafka().produce(seals, tampering(20, 0, 3));  // ends closed: the next tampering must be seen as a change
  {
    VigiaProcess process(run_arguments(config), dir / "run.log");
    ASSERT_EQ(wait_for_alerts(20).size(), 20u) << process.log();
    ASSERT_EQ(process.terminate(), 0) << process.log();
  }
  const auto committed = kafka().committed(name, seals, 2);
  EXPECT_EQ(committed.at(0) + committed.at(1), 60);
  kafka().produce(seals, tampering(20, 3, 6));
  const Revisions all = expected(config);
  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_EQ(wait_for_alerts(all.size()), all) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_EQ(kafka().read_all(alerts).size(), all.size());  // a clean stop: nothing twice
  EXPECT_EQ(stored(config), all);
}

TEST_F(RunTest, ADamagedAlertStoreIsMadeAgainFromTheTopic) {
  const std::string config = pipeline();
  kafka().create_topic(seals, 2);
  kafka().produce(seals, tampering(20, 0, 3));
  Revisions all;
  {
    VigiaProcess process(run_arguments(config), dir / "run.log");
    all = wait_for_alerts(20);
    EXPECT_EQ(process.terminate(), 0) << process.log();
  }
  ASSERT_EQ(all.size(), 20u);
  const std::filesystem::path store = dir / "state/alerts";
  std::size_t damaged = 0;
  for (const auto& file : std::filesystem::directory_iterator(store)) {
    if (!file.path().filename().string().starts_with("MANIFEST")) continue;
    std::ofstream(file.path(), std::ios::binary | std::ios::in | std::ios::out).seekp(10) << "no longer as it was";
    ++damaged;
  }
  ASSERT_GT(damaged, 0u);
  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_TRUE(process.wait_for_log("it is made again from topic")) << process.log();  // nobody waits for the store
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_TRUE(std::filesystem::exists(dir / "state/alerts-damaged"));
  EXPECT_EQ(stored(config), all);
}

TEST_F(RunTest, KilledAgainAndAgainItLosesNothingAndRepeatsOnlyTheSame) {
  const std::string config = pipeline();
  constexpr int seal_count = 100, steps = 40, kills = 4;
  kafka().create_topic(seals, 2);
  kafka().create_topic(alerts, 1);
  for (int kill = 0; kill < kills; ++kill) {
    const std::size_t before = kafka().read_all(alerts).size();
    kafka().produce(seals, tampering(seal_count, kill * steps / kills, (kill + 1) * steps / kills));
    VigiaProcess process(run_arguments(config), dir / "run.log");
    ASSERT_GT(kafka().read_at_least(alerts, before + 1).size(), before) << process.log();  // each after progress
    process.kill_at_once();
  }
  const Revisions all = expected(config);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(seal_count * steps / 2));
  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_EQ(wait_for_alerts(all.size()), all) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_EQ(stored(config), all);
}

TEST_F(RunTest, MissingTopicsEndItWithTheirNamesAndTheCommand) {
  const std::string config = pipeline("json", false);
  EXPECT_EQ(run_vigia(run_arguments(config), dir / "run.log"), 1);
  std::ifstream in(dir / "run.log");
  const std::string log(std::istreambuf_iterator<char>(in), {});
  EXPECT_NE(log.find("kafka-topics.sh --bootstrap-server " + bootstrap() + " --create --topic " + name),
            std::string::npos)
      << log;
}

TEST_F(RunTest, TheJournalIsKeptForTheProofAndAShorterOneIsSaid) {
  const std::string config = pipeline();
  const std::string journal = name + ".journal";
  kafka().create_topic(seals, 1);
  {
    VigiaProcess process(run_arguments(config), dir / "run.log");
    ASSERT_TRUE(process.wait_for_log("running partitions")) << process.log();
    ASSERT_EQ(process.terminate(), 0) << process.log();
    EXPECT_EQ(process.log().find("state.proof_retention"), std::string::npos) << process.log();
  }
  EXPECT_EQ(kafka().topic_setting(journal, "retention.ms"), 400LL * 24 * 3'600'000);
  kafka().configure_topic(journal, "retention.ms", "3600000");
  VigiaProcess process(run_arguments(config), dir / "again.log");
  ASSERT_TRUE(process.wait_for_log("running partitions")) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_NE(process.log().find("keeps its records for 1 h, and state.proof_retention is 9600 h"), std::string::npos)
      << process.log();
}

TEST_F(RunTest, AnUnreachableBrokerIsSaidAndWaitedFor) {
  const std::string config = dir.write("pipeline.yaml", fmt::format(R"(application: {0}
kafka: {{ brokers: "127.0.0.1:1" }}
delivery: exactly_once
state: {{ directory: state }}
sources:
  - {{ topic: {0}.seals, stream: seal, format: json }}
rules:
  - {{ id: tampered, kind: seal_tampered, scope: always }}
)",
                                                                    name));
  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_TRUE(process.wait_for_log("no Kafka broker answers at 127.0.0.1:1")) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();  // only when told
}

}  // namespace
}  // namespace vigia::test
