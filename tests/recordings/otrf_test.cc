// Recorded attacks (OTRF Security-Datasets), held against config/security.yaml. What is expected is what the attacker's own
// log says (SOURCE.md, _metadata): times are those of the records that the log stands behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <fmt/format.h>

#include "schemas/rfc3339.h"
#include "tests/recordings/recording.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/replay_process.h"

namespace vigia::recordings {
namespace {

using testing::ElementsAre;

const std::string pipeline = VIGIA_SOURCE_DIR "/config/security.yaml";

// "RULE SUBJECT START - END STATUS", of all that the rules found.
std::vector<std::string> told(const std::vector<Alert>& revisions) {
  std::vector<std::string> out;
  for (const auto& alert : harness::final_alerts(revisions))
    out.push_back(fmt::format("{} {} {} - {} {}", alert.rule_id, alert.subject_id, format_rfc3339(alert.start_ms),
                              format_rfc3339(alert.end_ms), schema::EnumNameAlertStatus(alert.status)));
  std::ranges::sort(out);
  return out;
}

// Seven wrong passwords from one computer, each seen twice, within 172 ms; five tickets; then four computers (of the fourth,
// WEC, no process is recorded) on which the shell host of remote management starts, the last one told of 40 s later. The two
// attacks by Log4j are on a Linux and on a Windows computer.
const auto expected =
    ElementsAre("attack_chain attack_chain 2020-10-22T08:29:55.210Z - 2020-10-22T08:30:37.757Z cleared",
                "kerberoasting pgustavo@THESHIRE.LOCAL 2020-10-22T08:29:55.403Z - 2020-10-22T08:29:55.419Z cleared",
                "log4shell UBUNTU5 2022-05-11T18:09:38.868Z - 2022-05-11T18:10:22.003Z cleared",
                "log4shell WORKSTATION5 2022-05-13T08:54:08.420Z - 2022-05-13T08:54:08.517Z cleared",
                "password_spraying WORKSTATION5 2020-10-22T08:29:55.210Z - 2020-10-22T08:29:55.382Z cleared");

class Otrf : public testing::Test {
 protected:
  void SetUp() override {
    const auto found = find_recording("otrf_security");
    if (!found) GTEST_SKIP() << "the recording is not beside the project (../shared/data/otrf_security)";
    lines_ = read_otrf(*found, directory_);
    ASSERT_EQ(lines_.size(), 26'667U) << "the rows of all six files";
    until_ms_ = lines_.back().timestamp_ms + 48 * 3'600'000LL;
  }
  harness::TempDir directory_;
  std::vector<reference::Line> lines_;
  TimeMs until_ms_ = 0;
};

TEST_F(Otrf, OrderLaw_TheChainAndLog4ShellAndNothingElse) {
  auto loaded = load_pipeline(pipeline);
  for (const auto& error : loaded.errors) ADD_FAILURE() << "found " << error.found << ", expected " << error.expected;
  const auto stage = harness::stage_of(std::move(loaded));
  const auto plain = harness::run_engine(stage, lines_, {.until_ms = until_ms_});
  EXPECT_THAT(told(plain.revisions), expected);
  EXPECT_EQ(harness::broken_life_cycle(plain.revisions), "");
  EXPECT_EQ(plain.account.duplicate, 102U) << "rows that Sentinel has more than once, the same to the letter";
  EXPECT_EQ(plain.account.applied + plain.account.duplicate, lines_.size());
  EXPECT_TRUE(plain.account.adds_up());
  auto turned = lines_;
  std::reverse(turned.begin(), turned.end());
  EXPECT_THAT(told(harness::run_engine(stage, turned, {.batch = 333, .until_ms = until_ms_}).revisions), expected);
}

#ifdef VIGIA_BINARY
TEST_F(Otrf, ThroughReplay) {
  for (const auto* arguments : {"--batch 256 --threads 2", "--batch 1024 --restart-every 9"}) {
    const auto run = harness::run_replay(VIGIA_BINARY, pipeline, lines_, until_ms_, arguments, directory_);
    ASSERT_EQ(run.exit_code, 0) << arguments;
    EXPECT_THAT(told(run.revisions), expected) << arguments;
  }
}
#endif

}  // namespace
}  // namespace vigia::recordings
