// Epochs, what they take and how they become public.
#include <algorithm>
#include <random>
#include <thread>

#include "tests/app/epoch_runner_fixture.h"

namespace vigia {
namespace {

class EpochRunnerTest : public EpochRunnerFixture {};

TEST_F(EpochRunnerTest, JournalBeforeAlertsBeforeCommit) {
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  ASSERT_TRUE(step().ok());
  const auto done = log_.all();
  ASSERT_GE(done.size(), 3U);
  EXPECT_EQ(done[0], "journal");
  EXPECT_EQ(done[1], "alerts");
  EXPECT_EQ(done[2], "commit");
  EXPECT_EQ(committed("seal", 0), 1);
}

TEST_F(EpochRunnerTest, NoAlertLeavesWithoutItsJournalEntryAndNothingIsCommitted) {
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  journal_.fail_append = Status::of(Fault::storage, "disk full");
  EXPECT_EQ(step().fault, Fault::storage);
  EXPECT_EQ(step().fault, Fault::storage);
  EXPECT_TRUE(sink_.written.empty());
  EXPECT_TRUE(source_->progress.empty());

  journal_.fail_append = {};  // there is room again
  EXPECT_TRUE(step().ok());
  EXPECT_EQ(lines(sink_.written), fmt::format("heard-a-1 {}\n", start_ms));
}

TEST_F(EpochRunnerTest, WhileASinkIsAwayInputStopsAndGoesOnAfterwards) {
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  sink_.fail_with = Status::of(Fault::retry, "broker away");
  EXPECT_EQ(step().fault, Fault::retry);
  give(0, 0, start_ms + 1, "b");
  EXPECT_EQ(step().fault, Fault::retry);
  EXPECT_EQ(runner_->records_read(), 1U);
  sink_.fail_with = {};
  EXPECT_TRUE(step().ok());
  EXPECT_EQ(lines(sink_.written), fmt::format("heard-a-1 {}\nheard-b-1 {}\n", start_ms, start_ms + 1));
}

TEST_F(EpochRunnerTest, WhatIsToBeSaidWhileACommitFailsIsSaidWithTheNext) {
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  source_->commit_fails_with = Status::of(Fault::retry, "broker away");
  {
    const std::lock_guard under_way(transaction_->gate);
    ASSERT_TRUE(runner_->step().ok());
    while (std::ranges::count(log_.all(), "alerts") == 0) std::this_thread::yield();
    give(0, 0, start_ms + 1, "b");
    ASSERT_TRUE(runner_->step().ok());
  }
  EXPECT_EQ(runner_->settle().fault, Fault::retry);
  source_->commit_fails_with = {};
  EXPECT_TRUE(step().ok());
  EXPECT_EQ(committed("seal", 0), 2);
}

TEST_F(EpochRunnerTest, TopicsOfAPartitionNumberAreMergedIntoOneTask) {
  give(0, 1, start_ms + 10, "a");
  give(1, 1, start_ms + 5, "a");
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(lines(sink_.written), fmt::format("heard-a-1 {}\nheard-a-2 {}\n", start_ms + 5, start_ms + 10));
}

TEST_F(EpochRunnerTest, NoSealPassesATripThatIsStillBeingFetched) {
  give(0, 0, start_ms + 10, "a");
  give(1, 0, start_ms + 5, "a");
  begin_process();
  source_->set_fetch(1, 0, MemorySource::Fetch::nothing_yet);
  ASSERT_TRUE(runner_->follow_group().ok());
  for (int hour = 0; hour < 3; ++hour) {
    ASSERT_TRUE(step().ok());
    pass_time(3'600'000);
  }
  EXPECT_TRUE(sink_.written.empty());
  source_->set_fetch(1, 0, MemorySource::Fetch::all);
  ASSERT_TRUE(step().ok());
  ASSERT_GE(sink_.written.size(), 2U);
  EXPECT_EQ(lines(std::span(sink_.written).first(2)),
            fmt::format("heard-a-1 {}\nheard-a-2 {}\n", start_ms + 5, start_ms + 10));
}

// Two brokers: that of the trips is away for ten minutes, and seals go on coming.
TEST_F(EpochRunnerTest, APartitionThatIsAwayStopsNoOtherAndNobodyIsAccusedOfSilence) {
  wall_ms_ = start_ms;
  give(1, 0, start_ms - 1'000, "quiet");
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  ASSERT_TRUE(step().ok());
  source_->set_fetch(1, 0, MemorySource::Fetch::away);
  for (int minute = 0; minute < 10; ++minute) {
    pass_time(60'000);
    give(0, 0, wall_ms_, "seal");
    ASSERT_TRUE(step().ok());
    EXPECT_EQ(runner_->records_read(), static_cast<std::uint64_t>(minute) + 2);
  }
  for (const Alert& alert : sink_.written) EXPECT_EQ(alert.kind, "heard") << alert.alert_id;

  source_->set_fetch(1, 0, MemorySource::Fetch::all);
  give(1, 0, start_ms + 30'000, "quiet");  // it was not silent after all
  pass_time(1'000);
  ASSERT_TRUE(step().ok());
  ASSERT_EQ(sink_.written.size(), 13U);
  EXPECT_EQ(sink_.written[12].alert_id, "silent-quiet-2");  // but now it is
  EXPECT_EQ(sink_.written[12].detected_ms, start_ms + 30'000 + CountingTask::due_after_ms);
}

TEST_F(EpochRunnerTest, DeadLettersAreKeptAndTheAccountHolds) {
  give(0, 0, start_ms, "a");
  give(0, 0, start_ms + 1, "a", "poison");
  give(0, 0, start_ms + 2, "a");
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  ASSERT_TRUE(step().ok());
  ASSERT_EQ(letters_.kept.size(), 1U);
  EXPECT_EQ(letters_.kept[0].offset, 1);
  EXPECT_TRUE(runner_->account().adds_up());
  EXPECT_EQ(runner_->account().applied, 2U);
}

TEST_F(EpochRunnerTest, CaughtUpTheClockFollowsTheWallButNotWhileTheBrokerIsAway) {
  give(0, 0, start_ms, "a");
  wall_ms_ = start_ms;
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  ASSERT_TRUE(step().ok());

  wall_ms_ += 600'000;  // no fetch was answered meanwhile
  source_->fail_with(Status::of(Fault::retry, "broker away"));
  EXPECT_EQ(step().fault, Fault::retry);
  EXPECT_EQ(sink_.written.size(), 1U);  // nobody is accused of silence

  source_->fail_with({});
  pass_time(1000);
  ASSERT_TRUE(step().ok());
  ASSERT_EQ(sink_.written.size(), 2U);
  EXPECT_EQ(sink_.written[1].alert_id, "silent-a-1");
  EXPECT_EQ(sink_.written[1].detected_ms, start_ms + CountingTask::due_after_ms);
}

TEST_F(EpochRunnerTest, ARecordFromBeyondTheWallMovesNoClock) {
  wall_ms_ = start_ms;
  give(0, 0, start_ms, "a");
  give(0, 0, 4'070'908'800'000, "b");  // 2099
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(lines(sink_.written), fmt::format("heard-a-1 {}\nheard-b-1 {}\n", start_ms, start_ms));
  EXPECT_EQ(runner_->clock_ms(), start_ms);
}

// Several tasks write to the topic between the stages, each by its own clock.
TEST_F(EpochRunnerTest, ARecordBehindOthersOfItsBatchDoesNotHoldTheClockBack) {
  options_.clock = StageClock::Mode::records;
  options_.poll.records = 4;  // two of each task
  give(0, 0, start_ms + 2'000, "a");
  give(0, 0, start_ms + 1'000, "b");
  give(0, 0, start_ms + 1'500, "c");  // not read yet: it is behind
  give(0, 1, start_ms + 3'000, "d");
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(sink_.written.size(), 3U) << "c waits";
  EXPECT_EQ(runner_->clock_ms(), start_ms + 2'000);
}

TEST_F(EpochRunnerTest, TheFirstSnapshotOfEachDayIsKeptForTheProof) {
  constexpr TimeMs day_ms = 86'400'000;  // start_ms is 2023-11-14, 22:13:20
  options_.proof_retention_ms = 2 * day_ms;
  const auto days = [&] {
    std::string names;
    for (int day = 1; day <= 30; ++day) {
      const std::string name = fmt::format("2023-11-{:02}", day);
      if (std::filesystem::exists(directory_ / "snapshots-daily" / name)) names += name + " ";
    }
    return names;
  };
  for (const TimeMs pass_ms : {TimeMs{2'000}, TimeMs{2 * 3'600'000}, TimeMs{2'000}, 2 * day_ms}) {
    wall_ms_ += pass_ms;
    give(0, 0, wall_ms_, "a");
    begin_process();
    ASSERT_TRUE(runner_->follow_group().ok());
    ASSERT_TRUE(step().ok());
    ASSERT_TRUE(runner_->stop().ok());
  }
  EXPECT_EQ(days(), "2023-11-15 2023-11-17 ");
}

TEST_F(EpochRunnerTest, BoundedLawAtTheMemoryBudgetNoMoreInputIsTaken) {
  options_.memory_budget_bytes = 1500;  // two keys are too many
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  ASSERT_TRUE(step().ok());
  EXPECT_FALSE(runner_->is_paused());
  give(0, 0, start_ms, "b");
  ASSERT_TRUE(step().ok());
  give(0, 0, start_ms, "c");
  ASSERT_TRUE(step().ok());
  EXPECT_TRUE(runner_->is_paused());
  EXPECT_EQ(runner_->records_read(), 2U);
}

// Epochs are made while those before them are on their way; the sink is away for a while.
TEST_F(EpochRunnerTest, MadePublicInTheBackgroundItIsTheSameInTheSameOrder) {
  options_.poll.records = 4;
  constexpr int count = 40;
  std::string expected;
  for (int i = 0; i < count; ++i) {
    give(0, 0, start_ms + i, "a");
    expected += fmt::format("heard-a-{} {}\n", i + 1, start_ms + i);
  }
  begin_process();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(runner_->step().ok());
  ASSERT_TRUE(runner_->settle().ok());
  EXPECT_EQ(committed("seal", 0), 10);  // two records an epoch of this partition
  EXPECT_EQ(sink_.written.size(), 10U);

  sink_.fail_with = Status::of(Fault::retry, "broker away");
  EXPECT_EQ(step().fault, Fault::retry);
  EXPECT_EQ(step().fault, Fault::retry);
  EXPECT_EQ(runner_->records_read(), 12U);  // no input meanwhile
  EXPECT_EQ(committed("seal", 0), 10);
  sink_.fail_with = {};
  while (runner_->records_read() < count) ASSERT_TRUE(runner_->step().ok());
  ASSERT_TRUE(runner_->stop().ok());
  EXPECT_EQ(lines(sink_.written), expected);
  EXPECT_EQ(committed("seal", 0), count);
}

// Late already, alerts far behind the end of the log go together; what is said near its end goes at once.
TEST_F(EpochRunnerTest, WhileMuchIsStillToBeReadCommitsAreFew) {
  options_.poll.records = 2;
  options_.publish.behind_every_ms = 3'600'000;
  constexpr int count = 40;
  for (int i = 0; i < count; ++i) give(0, 0, start_ms + i, "a");
  begin_process();
  while (runner_->records_read() < count) {
    ASSERT_TRUE(runner_->step().ok());
    std::this_thread::yield();  // to commits that should not be
    if (runner_->records_read() < count - 4) {
      EXPECT_EQ(log_.all().size(), 0U);
    }
  }
  while (std::ranges::count(log_.all(), "commit") == 0) std::this_thread::yield();  // by itself
  ASSERT_TRUE(runner_->stop().ok());
  EXPECT_EQ(committed("seal", 0), count);
}

// Crashes before commits at random epochs: what is produced twice is the same twice.
TEST_F(EpochRunnerTest, ReplayLawWhatWasNotCommittedIsProducedAgainTheSameBytes) {
  std::mt19937 random(20240607);
  RecordProperty("seed", 20240607);
  begin_process();
  TimeMs broker_ms = wall_ms_;
  for (int round = 0; round < 60; ++round) {
    for (std::uint32_t i = random() % 6; i > 0; --i) {
      broker_ms += static_cast<TimeMs>(random() % 2000);
      give(static_cast<std::uint16_t>(random() % 2), static_cast<std::int32_t>(random() % 2),
           random() % 15 == 0 ? broker_ms + 9'000'000 : broker_ms,
           std::string(1, static_cast<char>('a' + random() % 5)));
    }
    pass_time(static_cast<TimeMs>(random() % 40'000));
    if (random() % 4 != 0) {
      ASSERT_TRUE(step().ok());
      continue;
    }
    const std::size_t before = sink_.written.size();
    source_->commit_fails_with = Status::of(Fault::retry, "killed before the commit");
    const bool crashed = !step().ok();
    const std::size_t produced = sink_.written.size() - before;
    begin_process();
    pass_time(static_cast<TimeMs>(random() % 40'000));
    ASSERT_TRUE(runner_->follow_group().ok()) << "round " << round;
    ASSERT_TRUE(runner_->settle().ok());
    if (!crashed) continue;
    const std::span<const Alert> all(sink_.written);
    const auto first = all.subspan(before, produced);
    const auto again = all.subspan(before + produced);
    // It may have been tried more than once.
    ASSERT_EQ(again.empty() ? 0 : first.size() % again.size(), 0U) << "round " << round;
    EXPECT_EQ(lines(again), lines(first.last(again.size()))) << "round " << round;
    sink_.written.erase(sink_.written.begin() + static_cast<std::ptrdiff_t>(before + produced), sink_.written.end());
  }
  EXPECT_GT(sink_.written.size(), 50U);
  EXPECT_EQ(runner_->account().decoded, given_.size());
}

TEST_F(EpochRunnerTest, WhoIsFencedWritesNothingMore) {
  give(0, 0, start_ms, "a");
  begin_process();
  source_->commit_fails_with = Status::of(Fault::fenced, "another process runs as this instance");
  EXPECT_EQ(step().fault, Fault::fenced);
  source_->commit_fails_with = {};
  const auto before = log_.all();
  EXPECT_EQ(step().fault, Fault::fenced);
  EXPECT_EQ(log_.all(), before);
}

}  // namespace
}  // namespace vigia
