// Records that are gone before they were read.
#include "tests/app/epoch_runner_fixture.h"

namespace vigia {
namespace {

class LostRecordsTest : public EpochRunnerFixture {};

TEST_F(LostRecordsTest, RecordsThatWereNeverReadAndAreGoneStopIt) {
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(step().ok());
  for (int i = 1; i < 6; ++i) give(0, 0, start_ms + i, "a");
  lose_before(4);
  const Status status = step();
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_EQ(status.text.find("seal/0: 3 offsets, 1 to 3, are not there any more"), 0U) << status.text;
  EXPECT_EQ(committed("seal", 0), 1);
}

TEST_F(LostRecordsTest, ReplayLawRecordsThatWereLostAndAcceptedAreOneAlert) {
  options_.application = "customs";
  accept_lost_ = true;
  for (int i = 0; i < 3; ++i) give(0, 0, start_ms + i, "a");
  begin_process();
  ASSERT_TRUE(step().ok());
  ASSERT_TRUE(runner_->stop().ok());
  for (int i = 3; i < 10; ++i) give(0, 0, start_ms + i, "a");
  lose_before(8);
  pass_time(10);
  begin_process();
  source_->commit_fails_with = Status::of(Fault::retry, "killed before the commit");
  ASSERT_FALSE(step().ok());
  const std::size_t before = sink_.written.size();  // it was tried more than once
  ASSERT_GE(before, 6U);
  const Alert lost = sink_.written.back();
  EXPECT_EQ(lost.kind, "records_lost");
  EXPECT_EQ(lost.subject_type, "source");
  EXPECT_EQ(lost.subject_id, "seal/0");
  EXPECT_EQ(lost.revision, 1U);
  EXPECT_EQ(lost.status, schema::AlertStatus::confirmed);
  EXPECT_EQ(lost.start_ms, start_ms + 100);  // caught up, the clock had followed the wall
  EXPECT_EQ(lost.end_ms, lost.start_ms);
  EXPECT_EQ(lost.message.find("5 offsets of seal/0, 3 to 7, "), 0U) << lost.message;

  begin_process();  // produced again, the same, from the journal
  ASSERT_TRUE(runner_->follow_group().ok());
  ASSERT_TRUE(runner_->settle().ok());
  ASSERT_EQ(sink_.written.size(), before + 3);
  EXPECT_EQ(lines(std::span(sink_.written).last(3)), lines(std::span(sink_.written).subspan(3, 3)));
  EXPECT_EQ(sink_.written.back().message, lost.message);
  EXPECT_EQ(committed("seal", 0), 10);
  EXPECT_EQ(runner_->account().applied, 5U);

  give(0, 0, start_ms + 10, "a");
  begin_process();  // and committed: in silence
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(lines(std::span(sink_.written).subspan(before + 3)), fmt::format("heard-a-6 {}\n", start_ms + 10));
}

TEST_F(LostRecordsTest, LostRecordsAreToldOfEvenIfNothingIsBehindThem) {
  accept_lost_ = true;
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(step().ok());
  give(0, 0, start_ms + 1, "a");
  lose_before(2);
  ASSERT_TRUE(step().ok());
  ASSERT_EQ(sink_.written.size(), 2U);
  EXPECT_EQ(sink_.written.back().kind, "records_lost");
  EXPECT_EQ(committed("seal", 0), 2);
}

// What alerts came of is needed again, and no configuration makes up for it.
TEST_F(LostRecordsTest, JournalledRecordsThatAreGoneAreRefusedEvenIfLossIsAccepted) {
  accept_lost_ = true;
  give(0, 0, start_ms, "a");
  give(0, 0, start_ms + 1, "a");
  begin_process();
  ASSERT_TRUE(step().ok());
  lose_before(1);
  begin_process();  // no snapshot
  const Status status = step();
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_EQ(status.text.find("seal/0: 1 offsets, 0 to 0, are not there any more, and journalled epochs"), 0U)
      << status.text;
}

}  // namespace
}  // namespace vigia
