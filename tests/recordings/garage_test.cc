// A garage under 51 cameras (NVIDIA's smart parking), as DeepStream sent it. The cameras' own verdicts, that somebody has parked
// in a spot or left it, are attributes of what they see; the lines lie in the order in which they came, which is not that of time.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <simdjson.h>

#include "schemas/rfc3339.h"
#include "tests/recordings/recording.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/replay_process.h"

namespace vigia::recordings {
namespace {

using Finals = std::multiset<std::string>;

class Garage : public testing::Test {
 protected:
  void SetUp() override {
    const auto found = find_recording("nvidia_garage_events");
    if (!found) GTEST_SKIP() << "the recording is not beside the project (../shared/data/nvidia_garage_events)";
    lines_ = read_garage(*found);
    ASSERT_EQ(lines_.size(), 3'028U);
    read_truth();
    directory_.write("rules.yml", garage_rules);
    pipeline_ = directory_.write("pipeline.yaml",
                                 "application: recording\n"
                                 "kafka: {brokers: \"localhost:9092\"}\n"
                                 "timezone: UTC\n"
                                 "time: {horizon: 24h, allowed_lateness: 10m, clock: records}\n"
                                 "state: {directory: state}\n"
                                 "sources: [{topic: camera.events, stream: camera, format: deepstream}]\n"
                                 "sigma: [rules.yml]\n"
                                 "outputs: {alerts: vigia.alerts, alert_state: vigia.alerts.state}\n");
    auto loaded = load_pipeline(pipeline_);
    for (const auto& error : loaded.errors) ADD_FAILURE() << "found " << error.found << ", expected " << error.expected;
    stage_ = harness::stage_of(std::move(loaded));
  }

  // What the messages themselves say: 25 verdicts, and of seven spots that were taken and left how long for.
  void read_truth() {
    simdjson::dom::parser parser;
    std::map<std::string, TimeMs> parked_ms;
    TimeMs newest_ms = 0, before_ms = 0;
    for (const auto& line : lines_) {
      const simdjson::dom::element message = parser.parse(line.value).value();
      const auto time_ms = *parse_rfc3339(message["@timestamp"].get_string().value());
      inversions_ += time_ms < before_ms;
      before_ms = time_ms;
      newest_ms = std::max(newest_ms, time_ms);
      EXPECT_EQ(line.timestamp_ms, newest_ms);
      const std::string_view verdict = message["event"]["type"].get_string().value();
      if (verdict == "moving") continue;
      const std::string spot(message["place"]["parkingSpot"]["id"].get_string().value());
      truth_.insert(fmt::format("spot_{} {} {} {}", verdict, line.key, time_ms, time_ms));
      ++verdicts_;
      if (verdict == "parked")
        parked_ms[spot] = time_ms;
      else if (parked_ms.contains(spot))
        truth_.insert(fmt::format("spot_left {} {} {}", spot, parked_ms.at(spot), time_ms));
    }
  }

  static Finals told(const std::vector<Alert>& revisions) {
    Finals out;
    for (const auto& alert : harness::final_alerts(revisions))
      out.insert(fmt::format("{} {} {} {}", alert.rule_id, alert.subject_id, alert.start_ms, alert.end_ms));
    return out;
  }

  [[nodiscard]] TimeMs until_ms() const { return lines_.back().timestamp_ms + 48 * 3'600'000LL; }

  harness::TempDir directory_;
  std::vector<reference::Line> lines_;
  std::string pipeline_;
  harness::LoadedStage stage_;
  Finals truth_;
  int verdicts_ = 0, inversions_ = 0;
};

TEST_F(Garage, OrderLaw_TheVerdictsAndHowLongTheSpotsWereTaken) {
  EXPECT_EQ(verdicts_, 25);
  EXPECT_EQ(inversions_, 648);
  EXPECT_EQ(truth_.size(), 32U);
  auto sorted = lines_, turned = lines_;
  std::ranges::stable_sort(
      sorted, {}, [](const reference::Line& line) { return line.value.substr(line.value.find("@timestamp"), 40); });
  for (auto begin = turned.begin(); begin != turned.end();) {
    const auto end = std::find_if(begin, turned.end(),
                                  [&](const auto& line) { return line.timestamp_ms > begin->timestamp_ms + 300'000; });
    std::reverse(begin, end);
    begin = end;
  }
  for (const auto& order : {lines_, sorted, turned})
    for (const std::size_t batch : {32, 1024}) {
      const auto run = harness::run_engine(stage_, order, {.batch = batch, .threads = 2, .until_ms = until_ms()});
      EXPECT_EQ(told(run.revisions), truth_);
      EXPECT_EQ(harness::broken_life_cycle(run.revisions), "");
      EXPECT_EQ(run.account.applied, 3'028U);
    }
}

#ifdef VIGIA_BINARY
TEST_F(Garage, ThroughReplay) {
  for (const auto* arguments : {"--batch 64 --threads 2", "--batch 1024 --restart-every 1"}) {
    const auto run = harness::run_replay(VIGIA_BINARY, pipeline_, lines_, until_ms(), arguments, directory_);
    ASSERT_EQ(run.exit_code, 0) << arguments;
    EXPECT_EQ(told(run.revisions), truth_) << arguments;
  }
}
#endif

}  // namespace
}  // namespace vigia::recordings
