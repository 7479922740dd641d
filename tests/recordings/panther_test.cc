// Panther's own unit tests (panther-labs/panther-analysis), each through the whole pipeline with all rules loaded: an incident of
// its rule where Panther expects an alert, one and no more, and none where it expects none.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/recordings/panther.h"
#include "tests/recordings/recording.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/replay_process.h"

namespace vigia::recordings {
namespace {

// What can't be said in Sigma's format and our absence, and why: nothing of it.
const std::map<std::string, std::string> inexpressible = {};

class Panther : public testing::Test {
 protected:
  void SetUp() override {
    const auto found = find_recording("panther_correlation");
    if (!found) GTEST_SKIP() << "the recording is not beside the project (../shared/data/panther_correlation)";
    rules_ = read_panther(*found);
    directory_.write("rules.yml", sigma_of(rules_));
    directory_.write("logsources.yml", "- {logsource: {product: panther}}\n");
    pipeline_ = directory_.write("pipeline.yaml",
                                 "application: recording\n"
                                 "kafka: {brokers: \"localhost:9092\"}\n"
                                 "timezone: UTC\n"
                                 "time: {clock: records}\n"
                                 "state: {directory: state}\n"
                                 "sources: [{topic: security.events, stream: security}]\n"
                                 "sigma: [rules.yml]\n"
                                 "sigma_pipeline: logsources.yml\n"
                                 "outputs: {alerts: vigia.alerts, alert_state: vigia.alerts.state}\n");
    auto loaded = load_pipeline(pipeline_);
    for (const auto& error : loaded.errors) ADD_FAILURE() << "found " << error.found << ", expected " << error.expected;
    ASSERT_TRUE(loaded.errors.empty()) << sigma_of(rules_);
    stage_ = harness::stage_of(std::move(loaded));
  }

  // Behind all windows and horizons.
  static TimeMs until_ms(const PantherTest& test) { return test.lines.back().timestamp_ms + 30 * 86'400'000LL; }

  static std::ptrdiff_t incidents(const PantherRule& rule, const std::vector<Alert>& revisions) {
    return std::ranges::count(harness::final_alerts(revisions), rule.id, &Alert::rule_id);
  }

  harness::TempDir directory_;
  std::vector<PantherRule> rules_;
  std::string pipeline_;
  harness::LoadedStage stage_;
};

TEST_F(Panther, EveryRuleCanBeSaidButThoseOfTheTable) {
  std::size_t tests = 0, alerts = 0;
  for (const auto& rule : rules_) {
    tests += rule.tests.size();
    alerts += static_cast<std::size_t>(std::ranges::count(rule.tests, true, &PantherTest::alerts));
    const auto known = inexpressible.find(rule.id);
    EXPECT_EQ(rule.why_not, known == inexpressible.end() ? "" : known->second) << rule.id;
  }
  EXPECT_EQ(rules_.size(), 28U);
  EXPECT_EQ(tests, 82U);
  EXPECT_EQ(alerts, 34U);
}

TEST_F(Panther, OrderLaw_EveryUnitTest) {
  for (const auto& rule : rules_)
    for (const auto& test : rule.tests)
      for (const std::size_t batch : {1, 1024})
        for (const bool is_turned : {false, true}) {
          auto lines = test.lines;
          if (is_turned) std::reverse(lines.begin(), lines.end());
          const auto run = harness::run_engine(
              stage_, lines, {.batch = batch, .restart_each_epoch = batch == 1, .until_ms = until_ms(test)});
          const auto where =
              rule.id + ": " + test.name + ", batch " + std::to_string(batch) + (is_turned ? ", turned" : "");
          EXPECT_EQ(incidents(rule, run.revisions), test.alerts ? 1 : 0) << where;
          EXPECT_EQ(harness::broken_life_cycle(run.revisions), "") << where;
          EXPECT_EQ(run.account.applied, lines.size()) << where;
        }
}

#ifdef VIGIA_BINARY
TEST_F(Panther, EveryUnitTestThroughReplay) {
  const auto rules = in_a_row(rules_);
  const auto lines = lines_of(rules);
  for (const auto* arguments : {"--batch 1", "--batch 1024 --threads 2"}) {
    const auto run =
        harness::run_replay(VIGIA_BINARY, pipeline_, lines, until_ms(rules.back().tests.back()), arguments, directory_);
    ASSERT_EQ(run.exit_code, 0) << arguments;
    const auto alerts = harness::final_alerts(run.revisions);
    for (const auto& rule : rules)
      for (const auto& test : rule.tests) {
        const auto begin_ms = test.lines.front().timestamp_ms;
        const auto incidents = std::ranges::count_if(alerts, [&](const Alert& alert) {
          return alert.rule_id == rule.id && alert.start_ms >= begin_ms && alert.start_ms < begin_ms + test_apart_ms;
        });
        EXPECT_EQ(incidents, test.alerts ? 1 : 0) << rule.id << ": " << test.name << ", " << arguments;
      }
  }
}
#endif

}  // namespace
}  // namespace vigia::recordings
