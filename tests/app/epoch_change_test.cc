// A runner whose configuration changes: at one epoch of each task, which the journal has, whoever runs the task and whatever
// happens to them.
#include <gtest/gtest.h>

#include "app/epoch_runner.h"
#include "connectors/memory_source.h"
#include "tests/app/counting_task.h"
#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

constexpr TimeMs start_ms = 1'700'000'000'000;
const std::vector<std::string> topics = {"seal"};
constexpr ConfigurationHash first{1}, second{2}, third{3};

// What a process has heard of the announcements; `gone`: what the topic has lost.
class Announcements : public Configurations {
 public:
  ConfigurationHash current() override { return heard; }
  Status catch_up() override {
    heard = announced;
    return Status::good();
  }
  Status make_task(ConfigurationHash hash, std::unique_ptr<Task>& out) override {
    if (hash == gone) return Status::of(Fault::refused, "configuration " + hash.text() + " is not there");
    out = std::make_unique<CountingTask>("w" + std::to_string(hash.value));
    return Status::good();
  }
  void announce(ConfigurationHash hash) { heard = announced = hash; }

  ConfigurationHash announced = first, heard = first, gone;
};

class EpochChangeTest : public testing::Test {
 protected:
  EpochChangeTest() {
    options_.topics = topics;
    options_.snapshot_every_ms = never_ms;
    options_.poll.wait_ms = 0;
    EXPECT_TRUE(snapshots_.open(directory_ / "snapshots", "test").ok());
  }
  ~EpochChangeTest() override { runner_.reset(); }

  // Another process: disk, records, journal and what the group knows stay.
  Status begin_process() {
    runner_.reset();
    auto source = std::make_unique<MemorySource>(topics, 1);
    if (source_) source->progress = source_->progress;
    source_ = std::move(source);
    for (const auto& [partition, key] : given_) source_->add(0, partition, start_ms, key, "x");
    source_->set_fetch_ms(start_ms + 100);
    delivery_ = std::make_unique<ResultDelivery>(std::vector<AlertSink*>{&sink_}, letters_, topics);
    transaction_ = std::make_unique<AtLeastOnce>(*source_);
    EXPECT_TRUE(source_->join().ok());
    runner_ = std::make_unique<EpochRunner>(RunnerParts{.source = *source_,
                                                        .journal = *journal_,
                                                        .transaction = *transaction_,
                                                        .snapshots = snapshots_,
                                                        .delivery = *delivery_,
                                                        .make_task = {},
                                                        .wall_ms = [] { return start_ms + 100; },
                                                        .configurations = &configurations_},
                                            options_);
    return runner_->follow_group();
  }

  void give(std::int32_t partition, const std::string& key) {
    given_.emplace_back(partition, key);
    if (source_) source_->add(0, partition, start_ms, key, "x");
  }

  // A step, and until what came of it is public. What was told, in words.
  std::string step() {
    EXPECT_TRUE(runner_->settle().ok());  // what was derived again as it began may still be told
    sink_.written.clear();
    Status status = runner_->step();
    if (status.ok()) status = runner_->settle();
    std::string text = status.text;
    for (const Alert& alert : sink_.written) text += alert.alert_id + " ";
    return text;
  }

  std::vector<JournalEntry> entries(std::int32_t partition) {
    std::vector<JournalEntry> all;
    EXPECT_TRUE(journal_
                    ->read(fmt::format("seal-trip/{}", partition), PartitionId{partition}, 0, 1, 0,
                           [&](const JournalEntry& entry) { all.push_back(entry); })
                    .ok());
    return all;
  }

  SnapshotHead head(std::int32_t partition) {
    std::optional<SnapshotHead> head;
    EXPECT_TRUE(snapshots_.head(fmt::format("seal-trip/{}", partition), head).ok());
    return head.value_or(SnapshotHead());
  }

  test::TempDirectory directory_;
  std::vector<std::pair<std::int32_t, std::string>> given_;
  Announcements configurations_;
  std::unique_ptr<Journal> journal_ = make_memory_journal();
  MemoryAlertSink sink_;
  MemoryDeadLetters letters_;
  SnapshotStore snapshots_;
  RunnerOptions options_;
  std::unique_ptr<MemorySource> source_;
  std::unique_ptr<ResultDelivery> delivery_;
  std::unique_ptr<AtLeastOnce> transaction_;
  std::unique_ptr<EpochRunner> runner_;
};

TEST_F(EpochChangeTest, ItIsAnEpochOfItsOwnThatTheJournalHas) {
  give(0, "a");
  ASSERT_TRUE(begin_process().ok());
  EXPECT_EQ(step(), "w1-a-1 ");
  configurations_.announce(second);
  EXPECT_EQ(step(), "w2-from-w1-a-1 ");
  give(0, "a");
  EXPECT_EQ(step(), "w2-a-2 ");
  const auto journalled = entries(0);
  ASSERT_EQ(journalled.size(), 3u);
  EXPECT_EQ(journalled[0].configuration, first);
  EXPECT_EQ(journalled[1].configuration, second);
  EXPECT_TRUE(journalled[1].ranges.empty());
  EXPECT_EQ(journalled[1].clock_ms, journalled[0].clock_ms);
  EXPECT_EQ(journalled[2].configuration, second);
}

TEST_F(EpochChangeTest, ATaskThatHasReadNothingHasNothingToChange) {
  ASSERT_TRUE(begin_process().ok());
  configurations_.announce(second);
  give(0, "a");
  EXPECT_EQ(step(), "w2-a-1 ");
  EXPECT_EQ(entries(0).size(), 1u);
}

TEST_F(EpochChangeTest, ReplayLawACrashBehindItGoesThroughItAgain) {
  give(0, "a");
  ASSERT_TRUE(begin_process().ok());
  step();
  ASSERT_TRUE(runner_->stop().ok());  // the snapshot is of the first
  ASSERT_TRUE(begin_process().ok());
  configurations_.announce(second);
  step();
  give(0, "a");
  step();
  ASSERT_EQ(head(0).configuration, first);
  ASSERT_TRUE(begin_process().ok());  // without having been stopped
  EXPECT_EQ(runner_->replayed_epochs(), 2u);
  give(0, "a");
  EXPECT_EQ(step(), "w2-a-3 ");
  // The same without any snapshot, from the beginning of the journal.
  snapshots_.close();
  ASSERT_TRUE(snapshots_.open(directory_ / "other", "test").ok());
  ASSERT_TRUE(begin_process().ok());
  EXPECT_EQ(runner_->replayed_epochs(), 4u);
  give(0, "a");
  EXPECT_EQ(step(), "w2-a-4 ");
}

TEST_F(EpochChangeTest, TheNextSnapshotHoldsEveryKeyUnderIt) {
  give(0, "a");
  give(0, "b");
  ASSERT_TRUE(begin_process().ok());
  step();
  ASSERT_TRUE(runner_->stop().ok());
  ASSERT_TRUE(begin_process().ok());
  configurations_.announce(second);
  step();
  ASSERT_TRUE(runner_->stop().ok());
  EXPECT_EQ(head(0).configuration, second);
  EXPECT_EQ(head(0).epoch, 2u);
  ASSERT_TRUE(begin_process().ok());
  EXPECT_EQ(runner_->replayed_epochs(), 0u);
  EXPECT_EQ(runner_->key_count(), 2u);
  give(0, "b");
  EXPECT_EQ(step(), "w2-b-2 ");
}

TEST_F(EpochChangeTest, TheSnapshotOfALargeStateComesInPieces) {
  for (int i = 0; i < 25'000; ++i) give(0, std::to_string(i));
  ASSERT_TRUE(begin_process().ok());
  while (runner_->records_read() < 25'000) step();
  configurations_.announce(second);
  step();
  ASSERT_TRUE(runner_->stop().ok());
  EXPECT_EQ(head(0).key_set, head(0).epoch);
  ASSERT_TRUE(begin_process().ok());
  EXPECT_EQ(runner_->replayed_epochs(), 0u);
  EXPECT_EQ(runner_->key_count(), 25'000u);
  give(0, "7");
  EXPECT_EQ(step(), "w2-7-2 ");
  ASSERT_TRUE(runner_->stop().ok());  // and on, key by key
  ASSERT_TRUE(begin_process().ok());
  EXPECT_EQ(runner_->key_count(), 25'000u);
}

TEST_F(EpochChangeTest, ASnapshotUnderWayIsLeftForOneUnderTheNewConfiguration) {
  options_.snapshot_every_ms = 0;
  give(0, "a");
  ASSERT_TRUE(begin_process().ok());
  EXPECT_EQ(step(), "w1-a-1 ");
  ASSERT_TRUE(runner_->step().ok());  // begins one
  configurations_.announce(second);
  EXPECT_EQ(step(), "w2-from-w1-a-1 ");
  ASSERT_TRUE(runner_->stop().ok());
  EXPECT_EQ(head(0).configuration, second);
  ASSERT_TRUE(begin_process().ok());
  EXPECT_EQ(runner_->key_count(), 1u);
}

TEST_F(EpochChangeTest, AStartWithOtherFilesIsAChange) {
  give(0, "a");
  ASSERT_TRUE(begin_process().ok());
  step();
  ASSERT_TRUE(runner_->stop().ok());
  configurations_.announce(second);
  ASSERT_TRUE(begin_process().ok());
  EXPECT_EQ(step(), "w2-from-w1-a-1 ");
  EXPECT_EQ(entries(0).back().configuration, second);
}

// Another process had the task meanwhile, and had heard more.
TEST_F(EpochChangeTest, WhoeverTakesATaskOnHearsFirstWhatWasAnnounced) {
  give(0, "a");
  ASSERT_TRUE(begin_process().ok());
  step();
  configurations_.announce(second);
  step();
  configurations_.heard = first;  // another process, which has not heard of it
  ASSERT_TRUE(begin_process().ok());
  EXPECT_EQ(step(), "") << "it does not go back";
  EXPECT_EQ(entries(0).size(), 2u);
}

TEST_F(EpochChangeTest, AConfigurationThatIsGoneEndsTheRunWithItsName) {
  give(0, "a");
  ASSERT_TRUE(begin_process().ok());
  step();
  configurations_.announce(second);
  step();
  configurations_.announce(third);
  step();
  configurations_.gone = second;
  const Status status = begin_process();
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_NE(status.text.find("0000000000000002"), std::string::npos) << status.text;
}

// Entries and snapshots of before have no name: they are of what was loaded.
TEST_F(EpochChangeTest, WhatHasNoNameIsOfTheConfigurationThatHolds) {
  JournalEntry unnamed;
  unnamed.task = "seal-trip/0";
  unnamed.partition = PartitionId{0};
  unnamed.epoch = 1;
  unnamed.clock_ms = start_ms;
  unnamed.ranges = {{"seal", PartitionId{0}, Offset{0}, Offset{1}, true}};
  ASSERT_TRUE(journal_->append({&unnamed, 1}).ok());
  give(0, "a");
  ASSERT_TRUE(begin_process().ok());
  EXPECT_EQ(runner_->replayed_epochs(), 1u);
  give(0, "a");
  EXPECT_NE(step().find("w1-a-2 "), std::string::npos);
}

}  // namespace
}  // namespace vigia
