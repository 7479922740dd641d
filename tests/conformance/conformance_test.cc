// The conformance material through the engine and the command line, and what of it is about seals and trips through the
// recomputation: in the order given, reversed, and with every line twice.
#include <gtest/gtest.h>

#include <algorithm>

#include "connectors/pipeline_config.h"
#include "tests/conformance/conformance_data.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/replay_process.h"

namespace vigia::conformance {
namespace {

constexpr reference::Comparison as_published{.zone_tolerance_ms = 50};
const std::vector<std::string> random_names = {"random-9001", "random-9002", "random-9003", "random-9004"};
const std::vector<std::string> random_inputs = {"input.jsonl", "input.storm.jsonl"};

class Conformance : public testing::Test {
 protected:
  void SetUp() override {
    const auto found = find_shared("conformance");
    if (!found) GTEST_SKIP() << "the conformance material is not beside the project (../shared/conformance)";
    folder_ = *found;
  }

  std::vector<Case> cases() const {
    auto found = all_cases(folder_, directory_);
    EXPECT_EQ(found.size(), 100U);
    EXPECT_EQ(std::ranges::count_if(found, &Case::only_seals), 48) << "cases of seals and trips";
    return found;
  }

  std::vector<Case> random_scenarios() const {
    std::vector<Case> found;
    for (const auto& name : random_names)
      for (const auto& input : random_inputs) found.push_back(random_scenario(folder_, name, input, directory_));
    return found;
  }

  std::string folder_;
  harness::TempDir directory_;
};

struct Order {
  const char* name;
  std::vector<reference::Line> (*arrange)(std::vector<reference::Line>);
};

const std::vector<Order> orders = {
    {"as given", [](std::vector<reference::Line> lines) { return lines; }},
    {"reversed",
     [](std::vector<reference::Line> lines) {
       std::reverse(lines.begin(), lines.end());
       return lines;
     }},
    {"every line twice",
     [](std::vector<reference::Line> lines) {
       std::vector<reference::Line> twice;
       for (const auto& line : lines) twice.insert(twice.end(), {line, line});
       return twice;
     }},
    {"the whole twice",
     [](std::vector<reference::Line> lines) {
       auto twice = lines;
       twice.insert(twice.end(), lines.begin(), lines.end());
       return twice;
     }},
};

harness::LoadedStage load(const Case& one) {
  auto loaded = load_pipeline(one.pipeline);
  for (const auto& error : loaded.errors)
    ADD_FAILURE() << one.name << ": found " << error.found << ", expected " << error.expected;
  return harness::stage_of(std::move(loaded));
}

std::string differs(const Case& one, const std::vector<Alert>& revisions) {
  return reference::difference(one.expected, harness::comparable(harness::final_alerts(revisions)), as_published);
}

TEST_F(Conformance, CasesAgreeWithTheRecomputation) {
  for (const auto& one : cases()) {
    if (!one.only_seals) continue;
    const auto stage = load(one);
    const auto site = reference::read_site(one.zones_geojson, one.routes_geojson);
    for (const auto& order : orders) {
      const auto got = reference::recompute(reference::events_of(order.arrange(one.lines)), stage.config.rules, site,
                                            stage.settings, one.until_ms);
      EXPECT_EQ(reference::difference(one.expected, got, as_published), "") << one.name << ", " << order.name;
    }
  }
}

TEST_F(Conformance, RandomScenariosAgreeWithTheRecomputation) {
  for (const auto& whole : random_scenarios()) {
    const auto one = of_seals(whole);
    const auto stage = load(one);
    const auto site = reference::read_site(one.zones_geojson, one.routes_geojson);
    const auto got =
        reference::recompute(reference::events_of(one.lines), stage.config.rules, site, stage.settings, one.until_ms);
    EXPECT_FALSE(one.expected.empty());
    EXPECT_EQ(reference::difference(one.expected, got, as_published), "") << one.name;
  }
}

TEST_F(Conformance, CasesThroughTheEngine) {
  for (const auto& one : cases()) {
    const auto stage = load(one);
    for (const auto& order : orders)
      for (const std::size_t batch : {1, 32})
        for (const bool restart : {false, true}) {
          const auto run =
              harness::run_engine(stage, order.arrange(one.lines),
                                  {.batch = batch, .restart_each_epoch = restart, .until_ms = one.until_ms});
          const auto where =
              one.name + ", " + order.name + ", batch " + std::to_string(batch) + (restart ? ", restarted" : "");
          EXPECT_EQ(run.error, "") << where;
          EXPECT_EQ(differs(one, run.revisions), "") << where;
          EXPECT_EQ(harness::broken_life_cycle(run.revisions), "") << where;
          EXPECT_TRUE(run.account.adds_up()) << where;
        }
  }
}

TEST_F(Conformance, RandomScenariosThroughTheEngine) {
  for (const auto& one : random_scenarios()) {
    const auto stage = load(one);
    for (const auto& order : orders)
      for (const std::size_t batch : {32, 1024}) {
        const auto lines = order.arrange(one.lines);
        const auto run = harness::run_engine(stage, lines, {.batch = batch, .threads = 2, .until_ms = one.until_ms});
        const auto where = one.name + ", " + order.name + ", batch " + std::to_string(batch);
        EXPECT_EQ(differs(one, run.revisions), "") << where;
        EXPECT_EQ(harness::broken_life_cycle(run.revisions), "") << where;
        EXPECT_TRUE(run.account.adds_up()) << where;
        EXPECT_EQ(run.account, run.total) << where;
      }
  }
}

TEST_F(Conformance, ReplayLaw_RandomScenariosAreTheSameBytesOnAnyNumberOfThreadsAndWithARestart) {
  for (const auto& one : random_scenarios()) {
    const auto stage = load(one);
    const auto plain = harness::run_engine(stage, one.lines, {.batch = 256, .until_ms = one.until_ms});
    EXPECT_FALSE(plain.bytes.empty()) << one.name;
    for (const unsigned threads : {2, 8}) {
      const auto run =
          harness::run_engine(stage, one.lines, {.batch = 256, .threads = threads, .until_ms = one.until_ms});
      EXPECT_TRUE(run.bytes == plain.bytes) << one.name << ", " << threads << " threads";
    }
    const auto run =
        harness::run_engine(stage, one.lines, {.batch = 256, .restart_each_epoch = true, .until_ms = one.until_ms});
    EXPECT_EQ(run.error, "") << one.name;
    EXPECT_TRUE(run.bytes == plain.bytes) << one.name << ", restarted between any two epochs";
  }
}

#ifdef VIGIA_BINARY
TEST_F(Conformance, CasesThroughReplay) {
  for (const auto& one : cases())
    for (const auto& order : orders) {
      const auto run =
          harness::run_replay(VIGIA_BINARY, one.pipeline, order.arrange(one.lines), one.until_ms, "", directory_);
      EXPECT_EQ(run.exit_code, 0) << one.name << ", " << order.name;
      EXPECT_EQ(differs(one, run.revisions), "") << one.name << ", " << order.name;
    }
}

TEST_F(Conformance, RandomScenariosThroughReplay) {
  for (const auto& one : random_scenarios())
    for (const auto* batch : {"--batch 1", "--batch 1024"}) {
      const auto run = harness::run_replay(VIGIA_BINARY, one.pipeline, one.lines, one.until_ms, batch, directory_);
      EXPECT_EQ(run.exit_code, 0) << one.name << ", " << batch;
      EXPECT_EQ(differs(one, run.revisions), "") << one.name << ", " << batch;
    }
}
#endif

}  // namespace
}  // namespace vigia::conformance
