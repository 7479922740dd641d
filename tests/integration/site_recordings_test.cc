// Recordings of attacked computers, of doors and of cameras through the real broker: first stages and the second as one process,
// with the topic of signals between them. What comes out is what a plain replay finds (tests/recordings says what that must be).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "broker_fixture.h"
#include "engine/task.h"
#include "schemas/json_reader.h"
#include "tests/recordings/panther.h"
#include "tests/recordings/recording.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/replay_process.h"
#include "vigia_process.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

constexpr TimeMs hour_ms = 3'600'000, day_ms = 24 * hour_ms;
constexpr std::int32_t partitions = 3;

class SiteRecordingsTest : public BrokerFixture {
 protected:
  using Finals = std::multiset<std::string>;  // rule, subject, start, end and status of each alert that counts

  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    name_ = unique("site");
    kafka().create_topic(name_ + ".alerts", 2);
  }

  // Empty: it is not beside the project.
  static std::string folder(const std::string& recording) {
    const auto found = recordings::find_recording(recording);
    return found.value_or("");
  }

  // Writes the lines to topics of this test's own and runs a pipeline over them until its alerts are those of a replay, which it
  // returns.
  Finals expect_as_replayed(std::vector<reference::Line> lines, const std::string& sources, const std::string& more) {
    send(lines);
    const auto pipeline = directory_.write("pipeline.yaml", pipeline_text(sources, more));
    const auto replayed = harness::run_replay(VIGIA_BINARY, pipeline, lines, lines.back().timestamp_ms + 30 * day_ms,
                                              "--quiet", directory_);
    EXPECT_EQ(replayed.exit_code, 0);
    const auto expected = finals(replayed.revisions);
    VigiaProcess process({"run", "--config", pipeline, "--threads", "2"}, directory_.write("run.log", ""));
    EXPECT_TRUE(eventually(
        "all records committed", [&] { return committed(); }, testing::Ge(lines.size())))
        << process.log();
    EXPECT_TRUE(eventually(
        "the alerts of a replay", [&] { return told(); }, testing::Eq(expected)))
        << process.log();
    EXPECT_EQ(committed(), lines.size()) << process.log();
    EXPECT_EQ(process.terminate(), 0) << process.log();
    EXPECT_EQ(told(), expected);
    return expected;
  }

  std::string name_;
  harness::TempDir directory_;

 private:
  // `sources`: lines of the list, with {} for what topics begin with.
  [[nodiscard]] std::string pipeline_text(const std::string& sources, const std::string& more) const {
    return fmt::format(
               "application: {0}\n"
               "kafka: {{brokers: \"{1}\", create_topics: true}}\n"
               "timezone: UTC\n"
               "time: {{horizon: 24h, allowed_lateness: 10m, source_silence: 31d}}\n"
               "state: {{directory: state, snapshot_every: 1s, memory_budget: 1GiB}}\n"
               "outputs: {{alerts: {0}.alerts, alert_state: {0}.state, dead_letters: {0}.dead, too_late: {0}.late, "
               "signals: {0}.between}}\n"
               "sources:\n",
               name_, bootstrap()) +
           fmt::format(fmt::runtime(sources), name_) + more;
  }

  void send(std::vector<reference::Line>& lines) {
    std::map<std::string, std::vector<KafkaRecord>> records;
    for (auto& line : lines) {
      topics_.insert(line.topic);
      line.topic = name_ + "." + line.topic;
      records[line.topic].push_back(
          {.key = line.key, .value = line.value, .headers = {}, .timestamp_ms = line.timestamp_ms});
    }
    for (const auto& [topic, own] : records) {
      kafka().create_topic(topic, partitions);
      kafka().produce(topic, own);
    }
  }

  [[nodiscard]] std::size_t committed() {
    const std::map<std::string, std::string> suffixes = {{"seal.events", ""},
                                                         {"access.events", ".access"},
                                                         {"camera.events", ".camera"},
                                                         {"security.events", ".security"}};
    std::int64_t total = 0;
    for (const auto& topic : topics_)
      for (const auto& [partition, offset] :
           kafka().committed(name_ + suffixes.at(topic), name_ + "." + topic, partitions))
        total += std::max<std::int64_t>(offset, 0);
    return static_cast<std::size_t>(total);
  }

  static Finals finals(const std::vector<Alert>& revisions) {
    Finals out;
    for (const auto& alert : harness::final_alerts(revisions))
      if (alert.kind != "source_silent")  // is about the wall clock
        out.insert(fmt::format("{} {} {} {} {}", alert.rule_id, alert.subject_id, alert.start_ms, alert.end_ms,
                               schema::EnumNameAlertStatus(alert.status)));
    return out;
  }

  Finals told() {
    std::vector<Alert> revisions;
    json::Reader reader;
    std::map<std::string, std::uint32_t> last;
    for (const auto& record : kafka().read_all(name_ + ".alerts")) {
      const auto read = reader.read_alert(*record.value, revisions.emplace_back());
      EXPECT_TRUE(read.error.empty()) << read.error;
      const auto& alert = revisions.back();
      EXPECT_EQ(alert.revision, ++last[alert.alert_id]) << "revisions come without gaps, each once: " << *record.value;
    }
    return finals(revisions);
  }

  std::set<std::string> topics_;
};

const std::string security_source = "  - {{topic: {}.security.events, stream: security, partitioner: murmur2}}\n";
const std::string rules_folder = VIGIA_SOURCE_DIR "/config/sigma/";

TEST_F(SiteRecordingsTest, AttackedComputers) {
  const auto found = folder("otrf_security");
  if (found.empty()) GTEST_SKIP() << "the recording is not beside the project (../shared/data/otrf_security)";
  std::string sigma;
  for (const auto* file : {"password-spraying", "kerberoasting", "attack-chain", "log4shell"})
    sigma += fmt::format("  - \"{}{}.yml\"\n", rules_folder, file);
  const auto alerts = expect_as_replayed(recordings::read_otrf(found, directory_), security_source,
                                         fmt::format("sigma:\n{}sigma_pipeline: \"{}ecs.yml\"\n", sigma, rules_folder));
  EXPECT_EQ(alerts.size(), 5U);
}

TEST_F(SiteRecordingsTest, PanthersUnitTests) {
  const auto found = folder("panther_correlation");
  if (found.empty()) GTEST_SKIP() << "the recording is not beside the project (../shared/data/panther_correlation)";
  const auto rules = recordings::in_a_row(recordings::read_panther(found));
  directory_.write("rules.yml", recordings::sigma_of(rules));
  directory_.write("logsources.yml", "- {logsource: {product: panther}}\n");
  const auto alerts = expect_as_replayed(recordings::lines_of(rules), security_source,
                                         "sigma: [rules.yml]\nsigma_pipeline: logsources.yml\n");
  EXPECT_EQ(std::ranges::count_if(alerts,
                                  [&](const std::string& alert) {
                                    return std::ranges::any_of(rules, [&](const recordings::PantherRule& rule) {
                                      return alert.starts_with(rule.id + " ");
                                    });
                                  }),
            34);
}

TEST_F(SiteRecordingsTest, DoorsOfBuses) {
  const auto found = folder("hsl_hfp_doors");
  if (found.empty()) GTEST_SKIP() << "the recording is not beside the project (../shared/data/hsl_hfp_doors)";
  std::vector<reference::Line> lines;
  for (const auto& [name, own] : recordings::read_hsl_doors(found)) lines.insert(lines.end(), own.begin(), own.end());
  std::ranges::stable_sort(lines, {}, &reference::Line::timestamp_ms);
  const auto alerts = expect_as_replayed(lines,
                                         "  - {{topic: {0}.seal.events, stream: seal, partitioner: murmur2}}\n"
                                         "  - {{topic: {0}.access.events, stream: access, partitioner: murmur2}}\n",
                                         fmt::format("sigma: [\"{}seal-open-while-driving.yml\"]\n"
                                                     "rules:\n"
                                                     "  - {{id: held, kind: door_held, held_limit: 1s}}\n",
                                                     rules_folder));
  EXPECT_EQ(alerts.size(), 13U) << "openings of eleven doors or times, and two messages";
}

TEST_F(SiteRecordingsTest, CamerasOfAGarage) {
  const auto found = folder("nvidia_garage_events");
  if (found.empty()) GTEST_SKIP() << "the recording is not beside the project (../shared/data/nvidia_garage_events)";
  directory_.write("rules.yml", recordings::garage_rules);
  const auto alerts =
      expect_as_replayed(recordings::read_garage(found),
                         "  - {{topic: {}.camera.events, stream: camera, format: deepstream, partitioner: murmur2}}\n",
                         "sigma: [rules.yml]\n");
  EXPECT_EQ(alerts.size(), 32U);
}

}  // namespace
}  // namespace vigia::test
