// Doors of buses (HSL's vehicle messages) as doors and as seals. The durations and counts are those of the recording's SOURCE.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "tests/recordings/recording.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/replay_process.h"

namespace vigia::recordings {
namespace {

using Seconds = std::multiset<TimeMs>;

class HslDoors : public testing::Test {
 protected:
  void SetUp() override {
    const auto found = find_recording("hsl_hfp_doors");
    if (!found) GTEST_SKIP() << "the recording is not beside the project (../shared/data/hsl_hfp_doors)";
    cases_ = read_hsl_doors(*found);
    ASSERT_EQ(cases_.size(), 13U);
    pipeline_ = directory_.write(
        "pipeline.yaml",
        fmt::format("application: recording\n"
                    "kafka: {{brokers: \"localhost:9092\"}}\n"
                    "timezone: UTC\n"
                    "time: {{horizon: 24h, allowed_lateness: 10m, clock: records}}\n"
                    "state: {{directory: state}}\n"
                    "sources: [{{topic: seal.events, stream: seal}}, {{topic: access.events, stream: access}}]\n"
                    "sigma: [\"{}/config/sigma/seal-open-while-driving.yml\"]\n"
                    "outputs: {{alerts: vigia.alerts, alert_state: vigia.alerts.state}}\n"
                    "rules:\n"
                    "  - {{id: held, kind: door_held, held_limit: 1s}}\n"
                    "  - {{id: opened, kind: seal_opened, scope: always}}\n",
                    VIGIA_SOURCE_DIR));
    auto loaded = load_pipeline(pipeline_);
    for (const auto& error : loaded.errors) ADD_FAILURE() << "found " << error.found << ", expected " << error.expected;
    stage_ = harness::stage_of(std::move(loaded));
  }

  [[nodiscard]] std::vector<reference::Line> all_cases() const {
    std::vector<reference::Line> lines;
    for (const auto& [name, own] : cases_) lines.insert(lines.end(), own.begin(), own.end());
    std::ranges::stable_sort(lines, {}, &reference::Line::timestamp_ms);
    return lines;
  }

  [[nodiscard]] std::vector<Alert> engine(const std::vector<reference::Line>& lines) const {
    const auto run = harness::run_engine(
        stage_, lines, {.batch = 64, .threads = 2, .until_ms = lines.back().timestamp_ms + 48 * 3'600'000LL});
    EXPECT_EQ(harness::broken_life_cycle(run.revisions), "");
    EXPECT_EQ(run.account.too_late + run.account.dead_letter, 0U);
    return harness::final_alerts(run.revisions);
  }

  // How long each of the rule's alerts lasted; -1: it has no end.
  static Seconds durations(const std::vector<Alert>& alerts, const std::string& rule) {
    Seconds out;
    for (const auto& alert : alerts)
      if (alert.rule_id == rule) out.insert(alert.end_ms == 0 ? -1 : (alert.end_ms - alert.start_ms) / 1000);
    return out;
  }
  static std::set<std::string> driving(const std::vector<Alert>& alerts) {
    std::set<std::string> out;
    for (const auto& alert : alerts)
      if (alert.rule_id == "open_while_driving")
        out.insert(fmt::format("{} {}", alert.subject_id, alert.start_ms - parse_utc("2023-10-30T04:32:00.000Z")));
    return out;
  }

  harness::TempDir directory_;
  std::map<std::string, std::vector<reference::Line>> cases_;
  std::string pipeline_;
  harness::LoadedStage stage_;
};

// One bus was still open when its recording ended.
const Seconds once = {-1, 9, 10, 12, 13, 14, 15, 38, 98, 263, 794};
const std::set<std::string> two_messages = {"bus-678 57023", "bus-678 58023"};

TEST_F(HslDoors, DurationsAndTransitionsOfEachCase) {
  Seconds held;
  std::size_t transitions = 0, open_while_driving = 0;
  for (const auto& [name, lines] : cases_) {
    const auto alerts = engine(lines);
    held.merge(durations(alerts, "held"));
    for (const auto duration_s : durations(alerts, "opened")) transitions += duration_s < 0 ? 1 : 2;
    open_while_driving += driving(alerts).size();
    EXPECT_EQ(driving(alerts).empty(), name != "partialApcAfterLongDeadRunStart") << name;
  }
  EXPECT_EQ(held, (Seconds{-1, 9, 9, 9, 9, 10, 12, 13, 14, 15, 38, 98, 98, 98, 98, 263, 263, 794, 794}));
  EXPECT_EQ(transitions, 42U) << "of the door's state in the positions";
  EXPECT_EQ(open_while_driving, 2U);
}

TEST_F(HslDoors, OrderLaw_AllCasesAtOnceTellEachOpeningOnce) {
  const auto lines = all_cases();
  auto by_device_time = lines, turned = lines;
  std::ranges::stable_sort(by_device_time, {}, [](const reference::Line& line) {
    return line.value.substr(line.value.find("device_time_ms"), 29);
  });
  for (auto begin = turned.begin(); begin != turned.end();) {
    const auto end = std::find_if(begin, turned.end(),
                                  [&](const auto& line) { return line.timestamp_ms > begin->timestamp_ms + 300'000; });
    std::reverse(begin, end);
    begin = end;
  }
  for (const auto& order : {lines, by_device_time, turned}) {
    const auto alerts = engine(order);
    EXPECT_EQ(durations(alerts, "held"), once);
    EXPECT_EQ(driving(alerts), two_messages);
  }
}

#ifdef VIGIA_BINARY
TEST_F(HslDoors, ThroughReplay) {
  const auto lines = all_cases();
  for (const auto* arguments : {"--batch 64 --threads 2", "--batch 1024 --restart-every 2"}) {
    const auto run = harness::run_replay(VIGIA_BINARY, pipeline_, lines, {}, arguments, directory_);
    ASSERT_EQ(run.exit_code, 0);
    const auto alerts = harness::final_alerts(run.revisions);
    EXPECT_EQ(durations(alerts, "held"), once) << arguments;
    EXPECT_EQ(driving(alerts), two_messages) << arguments;
  }
}
#endif

}  // namespace
}  // namespace vigia::recordings
