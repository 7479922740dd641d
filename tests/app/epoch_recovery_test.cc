// Tasks that are restored, withdrawn, offered again and lost.
#include <filesystem>
#include <fstream>

#include "tests/app/epoch_runner_fixture.h"

namespace vigia {
namespace {

class EpochRecoveryTest : public EpochRunnerFixture {};

TEST_F(EpochRecoveryTest, StoppedAndStartedItGoesOnFromTheSnapshot) {
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  ASSERT_TRUE(step().ok());
  ASSERT_TRUE(runner_->stop().ok());
  give(0, 0, start_ms + 1, "a");
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  EXPECT_EQ(runner_->replayed_epochs(), 0U);
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(lines(sink_.written), fmt::format("heard-a-1 {}\nheard-a-2 {}\n", start_ms, start_ms + 1));
  EXPECT_EQ(runner_->account().applied, 2U);
}

TEST_F(EpochRecoveryTest, AfterACrashAcknowledgedEpochsAreAppliedInSilence) {
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  ASSERT_TRUE(step().ok());
  begin_process();  // no stop: no snapshot
  ASSERT_TRUE(runner_->follow_group().ok());
  EXPECT_GT(runner_->replayed_epochs(), 0U);
  EXPECT_EQ(sink_.written.size(), 1U);
  EXPECT_EQ(runner_->account().applied, 1U);
}

// Flips the bytes of every image in the snapshots' tables and logs.
void damage(const std::filesystem::path& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".sst" && entry.path().extension() != ".log" && !name.starts_with("MANIFEST"))
      continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t at = 40; at + 8 < entry.file_size(); at += 64) {
      file.seekp(static_cast<std::streamoff>(at));
      file.write("\x5a\xa5\x5a\xa5", 4);
    }
  }
}

TEST_F(EpochRecoveryTest, DamagedSnapshotsGiveWayToTheJournal) {
  options_.snapshot_every_ms = 1;
  begin_process();
  for (int i = 0; i < 20; ++i) {
    give(0, 0, start_ms + i, "a");
    pass_time(10);
    ASSERT_TRUE(step().ok());
  }
  ASSERT_TRUE(runner_->stop().ok());
  const std::string before = lines(sink_.written);
  runner_.reset();
  snapshots_.close();
  damage(directory_ / "snapshots");
  Status opened = snapshots_.open((directory_ / "snapshots").string(), "test");
  std::string told;
  if (opened.fault == Fault::damaged) opened = snapshots_.fall_back(told);  // as `run` does
  ASSERT_TRUE(opened.ok()) << opened.text;
  give(0, 0, start_ms + 30, "a");
  begin_process();
  ASSERT_TRUE(runner_->follow_group().ok());
  EXPECT_EQ(runner_->replayed_epochs() > 0, true);
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(lines(sink_.written), before + fmt::format("heard-a-21 {}\n", start_ms + 30));
  EXPECT_EQ(runner_->account().applied, 21U);
}

TEST_F(EpochRecoveryTest, ASnapshotHoldsNothingThatIsNotPublic) {
  options_.snapshot_every_ms = 1;
  begin_process();
  {
    const std::lock_guard under_way(transaction_->gate);
    for (int i = 0; i < 5; ++i) {
      give(0, 0, start_ms + i, "a");
      pass_time(10);
      ASSERT_TRUE(runner_->step().ok());
    }
    EXPECT_EQ(runner_->records_read(), 5U);  // it goes on meanwhile
    source_->commit_fails_with = Status::of(Fault::retry, "killed before the commit");
  }
  runner_.reset();  // waits for snapshots that are on their way to the disk
  std::optional<SnapshotHead> head;
  ASSERT_TRUE(snapshots_.head("seal-trip/0", head).ok());
  EXPECT_FALSE(head.has_value());
}

TEST_F(EpochRecoveryTest, WithdrawnAndOfferedAgainATaskIsAsItWas) {
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(runner_->step().ok());
  source_->withdraw();
  ASSERT_TRUE(runner_->follow_group().ok());
  EXPECT_EQ(committed("seal", 0), 1);  // finished first
  EXPECT_EQ(runner_->task_count(), 0U);
  give(0, 0, start_ms + 1, "a");
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(sink_.written.size(), 1U);  // it is not ours
  source_->offer({PartitionId{0}});
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(runner_->replayed_epochs(), 0U);
  EXPECT_EQ(lines(sink_.written), fmt::format("heard-a-1 {}\nheard-a-2 {}\n", start_ms, start_ms + 1));
}

TEST_F(EpochRecoveryTest, AnotherNumberOfPartitionsIsRefused) {
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(source_->progress[0].partitions, 2);
  source_->progress[0].partitions = 3;
  begin_process();
  const Status refused = step();
  EXPECT_EQ(refused.fault, Fault::refused);
  EXPECT_NE(refused.text.find("have 2 partitions, and the state of this application was made with 3"),
            std::string::npos)
      << refused.text;
  EXPECT_NE(refused.text.find("choose another `application`"), std::string::npos) << refused.text;
}

TEST_F(EpochRecoveryTest, MorePartitionsAreRefusedWithWhatTheStageCanDo) {
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(step().ok());
  for (const bool can_repartition : {false, true}) {
    source_->progress[0].partitions = 1;
    options_.can_repartition = can_repartition;
    begin_process();
    const Status refused = step();
    EXPECT_EQ(refused.fault, Fault::refused);
    EXPECT_NE(refused.text.find("keys of seal, trip lie elsewhere"), std::string::npos) << refused.text;
    EXPECT_EQ(refused.text.find("vigia repartition") != std::string::npos, can_repartition) << refused.text;
    EXPECT_EQ(refused.text.find("choose another `application`") != std::string::npos, !can_repartition) << refused.text;
  }
}

TEST_F(EpochRecoveryTest, ATaskThatSomebodyElseHadMeanwhileIsTakenFromTheLog) {
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(step().ok());
  source_->withdraw();
  ASSERT_TRUE(runner_->follow_group().ok());
  // The other one reads a record, says so, and leaves.
  give(0, 0, start_ms + 1, "a");
  const JournalEntry theirs{.task = "seal-trip/0",
                            .partition = PartitionId{0},
                            .epoch = source_->progress[0].epoch + 1,
                            .term = 7,
                            .clock_ms = start_ms + 1,
                            .wall_ms = wall_ms_,
                            .ranges = {{"seal", PartitionId{0}, Offset{1}, Offset{2}, true},
                                       {"trip", PartitionId{0}, Offset{0}, Offset{0}, true}}};
  ASSERT_TRUE(journal_.append({&theirs, 1}).ok());
  source_->progress[0] = {PartitionId{0}, theirs.epoch, {{"seal", PartitionId{0}, Offset{2}}}, 2};
  give(0, 0, start_ms + 2, "a");
  source_->offer({PartitionId{0}});
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(lines(sink_.written), fmt::format("heard-a-1 {}\nheard-a-3 {}\n", start_ms, start_ms + 2));
}

// A member that was frozen: the group has given its partitions away while its epochs wait to be public.
TEST_F(EpochRecoveryTest, WhatIsLostIsNeitherCommittedNorKept) {
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(step().ok());
  give(0, 0, start_ms + 1, "a");
  source_->commit_fails_with = Status::of(Fault::lost, "not a member");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(step().fault, Fault::retry);  // the group has not said so yet
  EXPECT_EQ(committed("seal", 0), 1);
  source_->lose();
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(runner_->task_count(), 0U);
  EXPECT_EQ(committed("seal", 0), 1);
  source_->commit_fails_with = {};
  give(0, 0, start_ms + 2, "a");
  source_->offer({PartitionId{0}, PartitionId{1}});
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(committed("seal", 0), 3);
  EXPECT_EQ(runner_->account().applied, 3U);
}

}  // namespace
}  // namespace vigia
