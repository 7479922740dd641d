#include "app/task_replay.h"

#include <gtest/gtest.h>

#include "connectors/memory_source.h"
#include "tests/app/counting_task.h"

namespace vigia {
namespace {

const std::vector<std::string> topics = {"seal", "trip"};
constexpr PartitionId number{0};

std::unique_ptr<StageTask> empty_task() {
  return std::make_unique<StageTask>("seal-trip/0", number, std::make_unique<CountingTask>(), topics,
                                     StageClock::Mode::wall, 300'000);
}

JournalEntry entry(std::uint64_t epoch, TimeMs clock_ms, std::int64_t seal_first, std::int64_t seal_end,
                   std::int64_t trip_first, std::int64_t trip_end) {
  JournalEntry made;
  made.task = "seal-trip/0";
  made.partition = number;
  made.epoch = epoch;
  made.clock_ms = made.wall_ms = clock_ms;
  made.ranges = {{"seal", number, Offset{seal_first}, Offset{seal_end}},
                 {"trip", number, Offset{trip_first}, Offset{trip_end}}};
  return made;
}

class TaskReplayTest : public testing::Test {
 protected:
  TaskReplayTest() : source(topics, 1) {
    for (int i = 0; i < 6; ++i) source.add(0, 0, 1'000'000 + i * 10'000, "s", "x");
    source.add(1, 0, 1'000'005, "t", "x");
  }

  Status run(TaskReplay& replay, TimeMs until_ms = never_ms) {
    EXPECT_TRUE(source.open(replay.reads_from()).ok());
    return replay.run({source, {}}, {until_ms}, [&](const Alert& alert, const auto& epoch) {
      text += fmt::format("{}:{} ", epoch->epoch, alert.alert_id);
      return Status::good();
    });
  }

  MemorySource source;
  std::string text;
  // The last one is an epoch of the clock alone, in which both have been silent for too long.
  std::vector<JournalEntry> entries = {entry(1, 1'010'000, 0, 2, 0, 1), entry(2, 1'030'000, 2, 4, 1, 1),
                                       entry(3, 1'050'000, 4, 6, 1, 1), entry(4, 1'200'000, 6, 6, 1, 1)};
};

TEST_F(TaskReplayTest, ReplayLawTheEpochsOfTheJournalGiveTheirAlerts) {
  TaskReplay replay(empty_task(), entries, {"test", 60'000});
  EXPECT_EQ(replay.records_until({}), 7U);
  ASSERT_TRUE(run(replay).ok());
  EXPECT_EQ(text,
            "1:heard-s-1 1:heard-t-1 1:heard-s-2 2:heard-s-3 2:heard-s-4 3:heard-s-5 3:heard-s-6 "
            "4:silent-s-6 4:silent-t-1 ");
  EXPECT_TRUE(replay.is_done());
  EXPECT_EQ(replay.epochs(), 4U);
  EXPECT_EQ(replay.records(), 7U);
  EXPECT_EQ(replay.account().applied, 7U);
}

TEST_F(TaskReplayTest, ItStopsBehindTheFirstClockThatIsPastTheRangeAndGoesOnFromThere) {
  TaskReplay replay(empty_task(), entries, {"test", 60'000});
  EXPECT_EQ(replay.records_until({1'020'000}), 5U);
  ASSERT_TRUE(run(replay, 1'020'000).ok());
  EXPECT_EQ(replay.epochs(), 2U);
  EXPECT_EQ(replay.reads_from(),
            (std::vector<PartitionOffset>{{"seal", number, Offset{4}}, {"trip", number, Offset{1}}}));
  ASSERT_TRUE(run(replay).ok());
  EXPECT_TRUE(text.ends_with("4:silent-s-6 4:silent-t-1 ")) << text;
  EXPECT_EQ(replay.records(), 7U);
}

TEST_F(TaskReplayTest, ReplayLawSilentSourcesAreToldAsTheJournalHasThem) {
  entries[1].silences = {{"trip", 1'000'005, 0, true}};
  entries[2].silences = {{"trip", 1'000'005, 1'040'000, true}};
  TaskReplay replay(empty_task(), entries, {"test", 60'000});
  std::vector<std::string> told;
  ASSERT_TRUE(source.open(replay.reads_from()).ok());
  const Status status = replay.run({source, {}}, {}, [&](const Alert& alert, const auto& epoch) {
    if (alert.subject_type == "source")
      told.push_back(fmt::format("{}:{}-{}", epoch->epoch, alert.subject_id, alert.revision));
    return Status::good();
  });
  ASSERT_TRUE(status.ok()) << status.text;
  EXPECT_EQ(told, (std::vector<std::string>{"2:trip-1", "3:trip-2"}));
  EXPECT_TRUE(replay.task().silences.empty());
}

TEST_F(TaskReplayTest, ReplayLawLostRecordsAreToldAsTheJournalHasThem) {
  entries = {entry(1, 1'010'000, 0, 0, 0, 1), entry(2, 1'030'000, 0, 0, 1, 1), entry(3, 1'050'000, 4, 6, 1, 1)};
  entries[1].losses = {{"seal", Offset{0}, Offset{4}, 1'010'000}};
  source.lose_before(0, 0, 4);
  TaskReplay replay(empty_task(), entries, {"test", 60'000});
  EXPECT_EQ(replay.reads_from(),
            (std::vector<PartitionOffset>{{"seal", number, Offset{4}}, {"trip", number, Offset{0}}}));
  EXPECT_TRUE(replay
                  .check_log([](const std::string& topic) {
                    return OffsetBounds{Offset{topic == "seal" ? 4 : 0}, Offset{6}};
                  })
                  .ok());
  ASSERT_TRUE(source.open(replay.reads_from()).ok());
  std::vector<std::string> told;
  const Status status = replay.run({source, {}}, {}, [&](const Alert& alert, const auto& epoch) {
    told.push_back(fmt::format("{}:{} {}", epoch->epoch, alert.kind, alert.subject_id));
    return Status::good();
  });
  ASSERT_TRUE(status.ok()) << status.text;
  EXPECT_EQ(told, (std::vector<std::string>{"1:heard t", "2:records_lost seal/0", "3:heard s", "3:heard s"}));
}

TEST_F(TaskReplayTest, ALogWithoutTheRecordsIsAGapOfSoManyOffsets) {
  TaskReplay replay(empty_task(), entries, {"test", 60'000});
  const auto log = [](std::int64_t seal_begin) {
    return [=](const std::string& topic) { return OffsetBounds{Offset{topic == "seal" ? seal_begin : 0}, Offset{9}}; };
  };
  EXPECT_TRUE(replay.check_log(log(0)).ok());
  const Status gap = replay.check_log(log(3));
  EXPECT_EQ(gap.fault, Fault::unreadable);
  EXPECT_EQ(gap.text.find("seal/0: 3 offsets, 0 to 2, are not there any more, and epochs 1 to 2 of seal-trip/0"), 0U)
      << gap.text;
}

TEST_F(TaskReplayTest, WhatIsGoneBeforeTheFirstEpochIsNoGap) {
  entries = {entry(3, 1'050'000, 4, 6, 1, 1)};
  TaskReplay replay(empty_task(), entries, {"test", 60'000});
  EXPECT_TRUE(replay.check_log([](const std::string&) { return OffsetBounds{Offset{4}, Offset{9}}; }).ok());
}

}  // namespace
}  // namespace vigia
