#include "app/epoch_runner.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>

#include "connectors/memory_source.h"
#include "tests/app/counting_task.h"

namespace vigia {
namespace {

constexpr TimeMs start_ms = 1'700'000'000'000;
const std::vector<std::string> topics = {"seal", "trip"};

// What was done, in its order. Journal and sinks may be at work at the same time.
class Notes {
 public:
  void add(const char* what) {
    const std::lock_guard lock(mutex_);
    notes_.emplace_back(what);
  }
  [[nodiscard]] std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return notes_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> notes_;
};

// Notes the order of what is done to it and to the sink; fails when told to.
class WatchedJournal : public Journal {
 public:
  WatchedJournal(std::unique_ptr<Journal> inner, Notes& log) : inner_(std::move(inner)), log_(log) {}

  Status append(std::span<const JournalEntry> entries) override {
    if (!fail_append.ok()) return fail_append;
    log_.add("journal");
    return inner_->append(entries);
  }
  Status read(const std::string& task, PartitionId partition, JournalPosition position, std::uint64_t first,
              std::uint64_t committed, const std::function<void(const JournalEntry&)>& sink) override {
    return inner_->read(task, partition, position, first, committed, sink);
  }
  JournalPosition position(PartitionId partition) const override { return inner_->position(partition); }

  Status fail_append;

 private:
  std::unique_ptr<Journal> inner_;
  Notes& log_;
};

class WatchedTransaction : public AtLeastOnce {
 public:
  WatchedTransaction(LogSource& source, Notes& log) : AtLeastOnce(source), log_(log) {}

  Status commit(std::span<const TaskProgress> progress) override {
    const std::lock_guard lock(gate);  // a test that holds it keeps the commit under way
    log_.add("commit");
    return AtLeastOnce::commit(progress);
  }

  std::mutex gate;

 private:
  Notes& log_;
};

class WatchedSink : public MemoryAlertSink {
 public:
  explicit WatchedSink(Notes& log) : log_(log) {}
  Status write(std::span<const Alert> alerts) override {
    log_.add("alerts");
    return MemoryAlertSink::write(alerts);
  }

 private:
  Notes& log_;
};

// A log of records, a disk, and one process after another on them.
class EpochRunnerTest : public testing::Test {
 protected:
  EpochRunnerTest() {
    directory_ =
        std::filesystem::temp_directory_path() /
        fmt::format("vigia-runner-{}-{}", ::getpid(), testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(directory_);
    EXPECT_TRUE(snapshots_.open((directory_ / "snapshots").string(), "test").ok());
    options_.topics = topics;
    options_.snapshot_every_ms = never_ms;
    options_.poll.wait_ms = 0;
  }
  ~EpochRunnerTest() override {
    runner_.reset();
    snapshots_.close();
    std::filesystem::remove_all(directory_);
  }

  // A new process: its tasks and its source start from nothing; disk, records and what the group knows stay.
  void begin_process() {
    runner_.reset();
    auto source = std::make_unique<MemorySource>(topics, 2);
    if (source_) source->progress = source_->progress;
    source_ = std::move(source);
    for (const Given& given : given_)
      source_->add(given.topic, given.partition, given.broker_ms, given.key, given.value);
    source_->lose_before(0, 0, log_begin_);
    source_->accept_lost = accept_lost_;
    source_->set_fetch_ms(wall_ms_);
    delivery_ = std::make_unique<ResultDelivery>(std::vector<AlertSink*>{&sink_}, letters_, topics);
    transaction_ = std::make_unique<WatchedTransaction>(*source_, log_);
    EXPECT_TRUE(source_->join().ok());
    runner_ = std::make_unique<EpochRunner>(
        RunnerParts{*source_, journal_, *transaction_, snapshots_, *delivery_,
                    [] { return std::make_unique<CountingTask>(); }, [this] { return wall_ms_; }},
        options_);
  }

  // A step, and until what came of it is public.
  Status step() {
    Status status = runner_->step();
    const Status settled = runner_->settle();
    return status.ok() ? settled : status;
  }

  // Where the group says that reading goes on.
  std::int64_t committed(const std::string& topic, std::int32_t partition) {
    for (const PartitionOffset& offset : source_->progress[partition].next)
      if (offset.topic == topic) return offset.next.value;
    return -1;
  }

  void give(std::uint16_t topic, std::int32_t partition, TimeMs broker_ms, const std::string& key,
            const std::string& value = "x") {
    given_.push_back({topic, partition, broker_ms, key, value});
    if (source_) source_->add(topic, partition, broker_ms, key, value);
  }

  // Of the first topic's partition 0, as retention does.
  void lose_before(std::int64_t offset) {
    log_begin_ = offset;
    if (source_) source_->lose_before(0, 0, offset);
  }

  void pass_time(TimeMs by_ms) {
    wall_ms_ += by_ms;
    source_->set_fetch_ms(wall_ms_);
  }

  struct Given {
    std::uint16_t topic;
    std::int32_t partition;
    TimeMs broker_ms;
    std::string key, value;
  };

  std::filesystem::path directory_;
  std::vector<Given> given_;
  Notes log_;
  WatchedJournal journal_{make_memory_journal(), log_};
  WatchedSink sink_{log_};
  MemoryDeadLetters letters_;
  SnapshotStore snapshots_;
  RunnerOptions options_;
  TimeMs wall_ms_ = start_ms + 100;
  std::int64_t log_begin_ = 0;
  bool accept_lost_ = false;
  std::unique_ptr<MemorySource> source_;
  std::unique_ptr<ResultDelivery> delivery_;
  std::unique_ptr<WatchedTransaction> transaction_;
  std::unique_ptr<EpochRunner> runner_;
};

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

TEST_F(EpochRunnerTest, StoppedAndStartedItGoesOnFromTheSnapshot) {
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

TEST_F(EpochRunnerTest, AfterACrashAcknowledgedEpochsAreAppliedInSilence) {
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

TEST_F(EpochRunnerTest, DamagedSnapshotsGiveWayToTheJournal) {
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

TEST_F(EpochRunnerTest, ASnapshotHoldsNothingThatIsNotPublic) {
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

TEST_F(EpochRunnerTest, WithdrawnAndOfferedAgainATaskIsAsItWas) {
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

TEST_F(EpochRunnerTest, AnotherNumberOfPartitionsIsRefused) {
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
}

TEST_F(EpochRunnerTest, ATaskThatSomebodyElseHadMeanwhileIsTakenFromTheLog) {
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
TEST_F(EpochRunnerTest, WhatIsLostIsNeitherCommittedNorKept) {
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

// Both topics give something each half minute; then that of the trips stops.
TEST_F(EpochRunnerTest, ASourceThatIsSilentIsOneAlertAndItEndsWithTheNextRecord) {
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

TEST_F(EpochRunnerTest, WhileItsBrokerIsAwayTheSourceIsSilentAndNobodyElse) {
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

TEST_F(EpochRunnerTest, WhileAllBrokersAreAwayTimeStandsStillAndBothSourcesAreSilent) {
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

TEST_F(EpochRunnerTest, WithTheClockOfTheRecordsNoSourceIsSilent) {
  options_.source_silence_ms = 60'000;
  options_.clock = StageClock::Mode::records;
  give(0, 0, start_ms, "a");
  begin_process();
  ASSERT_TRUE(step().ok());
  pass_time(3'600'000);
  ASSERT_TRUE(step().ok());
  EXPECT_EQ(sink_.written.size(), 1U);
}

TEST_F(EpochRunnerTest, RecordsThatWereNeverReadAndAreGoneStopIt) {
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

TEST_F(EpochRunnerTest, ReplayLawRecordsThatWereLostAndAcceptedAreOneAlert) {
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

TEST_F(EpochRunnerTest, LostRecordsAreToldOfEvenIfNothingIsBehindThem) {
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
TEST_F(EpochRunnerTest, JournalledRecordsThatAreGoneAreRefusedEvenIfLossIsAccepted) {
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

}  // namespace
}  // namespace vigia
