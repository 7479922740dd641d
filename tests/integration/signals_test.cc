// Two stages with the topic of signals between them, in two processes: what each counts on its partitions adds up, also
// when one of them dies.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "broker_fixture.h"
#include "engine/task.h"
#include "schemas/json_reader.h"
#include "tests/connectors/temp_directory.h"
#include "vigia_process.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

constexpr TimeMs minute_ms = 60'000, hour_ms = 60 * minute_ms, day_ms = 24 * hour_ms;
constexpr TimeMs start_ms = 1'699'920'000'000;  // 2023-11-14T00:00:00Z
constexpr std::int32_t partitions = 4;
constexpr int seal_count = 40;

class SignalsTest : public BrokerFixture {
 protected:
  // The last revision of each alert that counts, by subject and start: "WITHOUT WITH RATIO".
  using Totals = std::map<std::pair<std::string, TimeMs>, std::string>;

  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    name = unique("quality");
    kafka().create_topic(name + ".seals", partitions);
    kafka().create_topic(name + ".alerts", 2);
  }

  std::string pipeline(const std::string& file, const std::string& state) const {
    return dir.write(file, fmt::format(R"(application: {0}
kafka: {{ brokers: "{1}", create_topics: true, properties: {{ session.timeout.ms: 6000 }} }}
delivery: exactly_once
timezone: UTC
time: {{ clock: wall }}
state: {{ directory: {2}, snapshot_every: 1s, memory_budget: 1GiB }}
sources:
  - {{ topic: {0}.seals, stream: seal, format: json, partitioner: murmur2 }}
outputs: {{ alerts: {0}.alerts, alert_state: {0}.state, dead_letters: {0}.dead, too_late: {0}.late, signals: {0}.between }}
rules:
  - {{ id: quality, kind: service_quality, required: 1m, scope: always }}
)",
                                       name, bootstrap(), state));
  }

  // Messages of all seals, every half hour from `from` to `to` (half hours since the start); every fifth is delayed.
  std::vector<KafkaRecord> messages(int from, int to) {
    std::vector<KafkaRecord> records;
    for (int n = from; n < to; ++n) {
      for (int i = 0; i < seal_count; ++i) {
        const TimeMs made_ms = start_ms + n * 30 * minute_ms;
        const TimeMs delay_ms = (n + i) % 5 == 0 ? 2 * minute_ms : 0;
        const std::string id = fmt::format("seal-{:03}", i), provider = fmt::format("provider-{}", i % 2);
        records.push_back(
            {.key = id,
             .value = fmt::format(R"({{"seal_id":"{}","device_time_ms":{},"sequence":{},"provider_id":"{}"}})", id,
                                  made_ms, n + 1, provider),
             .headers = {},
             .timestamp_ms = made_ms + delay_ms});
        auto& [without, with] = counts[{provider, made_ms / day_ms * day_ms}];
        ++(delay_ms == 0 ? without : with);
      }
    }
    return records;
  }

  [[nodiscard]] Totals expected() const {
    Totals totals;
    for (const auto& [of, count] : counts) {
      const double ratio = static_cast<double>(count.first) / (count.first + count.second);
      totals[of] = fmt::format("{} {} {:.4f}", count.first, count.second, ratio);
    }
    return totals;
  }

  static void add(Totals& totals, std::map<std::string, std::uint32_t>& revisions, const std::string& line) {
    json::Reader reader;
    Alert alert;
    const auto read = reader.read_alert(line, alert);
    ASSERT_TRUE(read.error.empty()) << read.error << " in " << line;
    EXPECT_EQ(alert.revision, ++revisions[alert.alert_id]) << "revisions come without gaps, each once: " << line;
    std::map<std::string, std::string> attributes;
    for (const auto& attribute : alert.attributes) attributes[attribute->key] = attribute->value;
    auto& total = totals[{alert.subject_id, alert.start_ms}];
    total = attributes["without_delay"] + " " + attributes["with_delay"] + " " + attributes["ratio"];
    if (alert.status == schema::AlertStatus::withdrawn) totals.erase({alert.subject_id, alert.start_ms});
  }

  Totals told() {
    Totals totals;
    std::map<std::string, std::uint32_t> revisions;
    for (const auto& record : kafka().read_all(name + ".alerts")) add(totals, revisions, *record.value);
    return totals;
  }

  testing::AssertionResult tells(const Totals& wanted) {
    return eventually(
        "totals over all partitions", [&] { return told(); }, testing::Eq(wanted));
  }

  Totals replayed(const std::string& config) {
    std::string text;
    for (const auto& r : kafka().read_all(name + ".seals"))
      text += fmt::format(R"({{"topic":"{}.seals","key":"{}","timestamp_ms":{},"partition":{},"value":{}}})", name,
                          r.key, r.timestamp_ms, r.partition, *r.value) +
              "\n";
    const auto input = dir.write("replay.jsonl", text);
    EXPECT_EQ(run_vigia({"replay", "--config", config, "--input", input, "--output", dir / "replayed.jsonl", "--until",
                         std::to_string(start_ms + 30 * day_ms), "--quiet"},
                        dir / "replay.log"),
              0);
    Totals totals;
    std::map<std::string, std::uint32_t> revisions;
    std::ifstream in(dir / "replayed.jsonl");
    for (std::string line; std::getline(in, line);) add(totals, revisions, line);
    return totals;
  }

  // vigia replay --from-kafka: its exit code, and what it said.
  std::pair<int, std::string> proven(const std::string& config) {
    const auto log = dir / "proof.log";
    const int exit_code = run_vigia({"replay", "--config", config, "--from-kafka"}, log);
    std::ifstream in(log);
    return {exit_code, std::string(std::istreambuf_iterator<char>(in), {})};
  }

  TempDirectory dir;
  std::string name;
  std::map<std::pair<std::string, TimeMs>, std::pair<int, int>> counts;
};

TEST_F(SignalsTest, TotalsOverAllPartitionsAreThoseOfAReplay) {
  const auto config = pipeline("one.yaml", "one");
  kafka().produce(name + ".seals", messages(0, 100));
  VigiaProcess process({"run", "--config", config, "--threads", "2"}, dir / "one.log");
  EXPECT_TRUE(tells(expected())) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_EQ(replayed(config), expected());
}

// What the second stage has published is derived from its journal and the signals, and nothing else passes.
TEST_F(SignalsTest, ReplayLawAProofDerivesTheSecondStageToo) {
  const auto config = pipeline("one.yaml", "one");
  kafka().produce(name + ".seals", messages(0, 100));
  {
    VigiaProcess process({"run", "--config", config, "--threads", "2"}, dir / "one.log");
    EXPECT_TRUE(tells(expected())) << process.log();
    process.kill_at_once();
  }
  const auto [good, said] = proven(config);
  EXPECT_EQ(good, 0) << said;
  EXPECT_NE(said.find("all as published"), std::string::npos) << said;

  auto forged = kafka().read_all(name + ".alerts").back();
  const auto at = forged.value->find("\"with_delay\"");
  ASSERT_NE(at, std::string::npos) << *forged.value;
  forged.value->replace(at, 12, "\"WITH_delay\"");
  kafka().produce(name + ".alerts", {forged});
  const auto [bad, why] = proven(config);
  EXPECT_EQ(bad, 1) << why;
  EXPECT_NE(why.find("service_quality"), std::string::npos) << why;
}

TEST_F(SignalsTest, TwoProcessesOneOfWhichIsKilled) {
  const auto one = pipeline("one.yaml", "one"), other = pipeline("other.yaml", "other");
  VigiaProcess second({"run", "--config", other, "--threads", "1"}, dir / "other.log");
  {
    VigiaProcess first({"run", "--config", one, "--threads", "1"}, dir / "one.log");
    ASSERT_TRUE(first.wait_for_log("signals: running partitions")) << first.log();
    kafka().produce(name + ".seals", messages(0, 70));
    EXPECT_TRUE(tells(expected())) << first.log() << second.log();
    kafka().produce(name + ".seals", messages(70, 110));
    let_pass(std::chrono::milliseconds(300));
    first.kill_at_once();
  }
  kafka().produce(name + ".seals", messages(110, 150));
  EXPECT_TRUE(tells(expected())) << second.log();
  VigiaProcess back({"run", "--config", one, "--threads", "1"}, dir / "back.log");
  kafka().produce(name + ".seals", messages(150, 170));
  EXPECT_TRUE(tells(expected())) << second.log() << back.log();
  EXPECT_EQ(back.terminate(), 0) << back.log();
  EXPECT_EQ(second.terminate(), 0) << second.log();
  EXPECT_EQ(replayed(one), expected());
}

// Without a rule that needs it there is no second stage, and no such topic.
TEST_F(SignalsTest, WithoutSuchARuleThereIsNoSuchTopic) {
  const auto config = dir.write("plain.yaml", fmt::format(R"(application: {0}
kafka: {{ brokers: "{1}", create_topics: true }}
state: {{ directory: plain }}
sources: [{{ topic: {0}.seals, stream: seal, format: json }}]
outputs: {{ alerts: {0}.alerts, alert_state: {0}.state, dead_letters: {0}.dead, too_late: {0}.late, signals: {0}.between }}
rules: [{{ id: tampered, kind: seal_tampered, scope: always }}]
)",
                                                          name, bootstrap()));
  VigiaProcess process({"run", "--config", config}, dir / "plain.log");
  ASSERT_TRUE(process.wait_for_log("running partitions")) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_EQ(process.log().find("signals"), std::string::npos) << process.log();
  KafkaClient client;
  KafkaClientOptions options;
  options.brokers = bootstrap();
  ASSERT_TRUE(client.open(RD_KAFKA_PRODUCER, options).ok());
  KafkaTopics known;
  const std::string names[] = {name + ".between", name + ".alerts"};
  ASSERT_TRUE(fetch_topics(client, names, 10'000, known).ok());
  EXPECT_FALSE(known.topics.contains(names[0]));
  EXPECT_TRUE(known.topics.contains(names[1]));
}

}  // namespace
}  // namespace vigia::test
