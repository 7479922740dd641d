// Topics that fall silent and brokers that are away.
#include "tests/app/epoch_runner_fixture.h"

namespace vigia {
namespace {

class SourceSilenceTest : public EpochRunnerFixture {
 protected:
  std::vector<Alert> told() const {
    std::vector<Alert> found;
    for (const Alert& alert : sink_.written)
      if (alert.kind == "source_silent") found.push_back(alert);
    return found;
  }
  std::size_t silences() const { return told().size(); }
  Alert last_silence() const { return told().back(); }
};

// Both topics give something each half minute; then that of the trips stops.
TEST_F(SourceSilenceTest, ASourceThatIsSilentIsOneAlertAndItEndsWithTheNextRecord) {
  options_.application = "customs";
  options_.source_silence_ms = 60'000;
  wall_ms_ = start_ms;
  begin_process();
  const auto silent = [&] {
    std::vector<Alert> found;
    for (const Alert& alert : sink_.written)
      if (alert.kind == "source_silent") found.push_back(alert);
    return found;
  };
  for (int half_minute = 0; half_minute < 6; ++half_minute) {
    give(0, 0, wall_ms_, "a");
    if (half_minute < 2) give(1, 1, wall_ms_, "b");
    ASSERT_TRUE(step().ok());
    EXPECT_EQ(silent().size(), half_minute < 3 ? 0U : 1U) << half_minute;
    pass_time(30'000);
  }
  ASSERT_EQ(silent().size(), 1U);
  EXPECT_EQ(silent()[0].subject_id, "trip");
  EXPECT_EQ(silent()[0].subject_type, "source");
  EXPECT_EQ(silent()[0].status, schema::AlertStatus::confirmed);
  EXPECT_EQ(silent()[0].start_ms, start_ms + 30'000);
  EXPECT_EQ(silent()[0].end_ms, 0);
  EXPECT_EQ(silent()[0].detected_ms, start_ms + 90'000);
  EXPECT_EQ(silent()[0].cause, "no_records");

  begin_process();  // killed meanwhile: it is not told again, and ends under its id
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(silent().size(), 1U);
  give(1, 1, wall_ms_, "b");
  give(0, 0, wall_ms_, "a");
  ASSERT_TRUE(step().ok());
  ASSERT_EQ(silent().size(), 2U);
  EXPECT_EQ(silent()[1].alert_id, silent()[0].alert_id);
  EXPECT_EQ(silent()[1].revision, 2U);
  EXPECT_EQ(silent()[1].status, schema::AlertStatus::cleared);
  EXPECT_EQ(silent()[1].end_ms, wall_ms_);
}

// The trips speak in partition 1 only, which another process has.
TEST_F(SourceSilenceTest, WhatComesInPartitionsOfOthersIsHeardToo) {
  options_.source_silence_ms = 60'000;
  wall_ms_ = start_ms;
  begin_process();
  source_->offer({PartitionId{0}});
  constexpr TimeMs beat_ms = 5'000;
  const auto beats = [&](int count, bool they_speak) {
    for (int beat = 0; beat < count; ++beat) {
      give(0, 0, wall_ms_, "a");
      if (they_speak && beat % 11 == 0) give(1, 1, wall_ms_, "b");  // 55 s: just within the limit
      ASSERT_TRUE(step().ok());
      pass_time(beat_ms);
    }
  };
  beats(100, true);
  EXPECT_EQ(silences(), 0U);
  beats(30, false);
  ASSERT_EQ(silences(), 1U);
  EXPECT_EQ(last_silence().subject_id, "trip");
  EXPECT_EQ(last_silence().cause, "no_records");
  EXPECT_GE(last_silence().start_ms, start_ms + 99 * beat_ms);
  beats(1, true);
  beats(3, false);
  ASSERT_EQ(silences(), 2U);
  EXPECT_EQ(last_silence().status, schema::AlertStatus::cleared);
}

TEST_F(SourceSilenceTest, OthersWhoseBrokerIsAwayDoNotKeepItFromBeingTold) {
  options_.source_silence_ms = 60'000;
  wall_ms_ = start_ms;
  begin_process();
  source_->offer({PartitionId{0}});
  source_->set_fetch(1, 1, MemorySource::Fetch::away);
  for (int beat = 0; beat < 20; ++beat, pass_time(5'000)) {
    give(0, 0, wall_ms_, "a");
    ASSERT_TRUE(step().ok());
  }
  ASSERT_EQ(silences(), 1U);
  EXPECT_EQ(last_silence().subject_id, "trip");
  EXPECT_EQ(last_silence().cause, "no_answer");
}

TEST_F(SourceSilenceTest, WhileItsBrokerIsAwayTheSourceIsSilentAndNobodyElse) {
  options_.source_silence_ms = 60'000;
  wall_ms_ = start_ms;
  give(0, 0, start_ms, "a");
  give(1, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(step().ok());
  source_->set_fetch(1, 0, MemorySource::Fetch::away);
  for (int minute = 0; minute < 10; ++minute) {
    pass_time(60'000);
    give(0, 0, wall_ms_, "a");
    ASSERT_TRUE(step().ok());
  }
  std::map<std::string, int> kinds;
  for (const Alert& alert : sink_.written) ++kinds[alert.kind];
  EXPECT_EQ(kinds["silent"], 0);
  EXPECT_EQ(kinds["source_silent"], 1);
  EXPECT_EQ(kinds["heard"], 12);
}

TEST_F(SourceSilenceTest, WhileAllBrokersAreAwayTimeStandsStillAndBothSourcesAreSilent) {
  options_.source_silence_ms = 60'000;
  wall_ms_ = start_ms;
  give(0, 0, start_ms, "a");
  give(1, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(step().ok());
  for (const std::uint16_t topic : {0, 1}) {
    for (const std::int32_t partition : {0, 1}) source_->set_fetch(topic, partition, MemorySource::Fetch::away);
  }
  for (int minute = 0; minute < 5; ++minute) {
    wall_ms_ += 60'000;  // no fetch is answered
    ASSERT_TRUE(step().ok());
  }
  ASSERT_EQ(sink_.written.size(), 4U);
  EXPECT_EQ(sink_.written[2].kind, "source_silent");
  EXPECT_EQ(sink_.written[2].cause, "no_answer");
  EXPECT_EQ(sink_.written[3].kind, "source_silent");
  EXPECT_EQ(runner_->clock_ms(), start_ms);
}

TEST_F(SourceSilenceTest, WithTheClockOfTheRecordsNoSourceIsSilent) {
  options_.source_silence_ms = 60'000;
  options_.clock = StageClock::Mode::records;
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(step().ok());
  pass_time(3'600'000);
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(sink_.written.size(), 1U);
}

}  // namespace
}  // namespace vigia
