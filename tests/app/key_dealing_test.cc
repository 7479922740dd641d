// From two partitions to four, with nothing of Kafka: each key goes on counting where it was, whatever is broken off.
#include "app/key_dealing.h"

#include <gtest/gtest.h>

#include <map>

#include "app/epoch_runner.h"
#include "connectors/memory_source.h"
#include "tests/app/counting_task.h"
#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

constexpr TimeMs start_ms = 1'700'000'000'000;
const std::vector<std::string> topics = {"seal", "trip"};
constexpr std::int32_t before = 2, after = 4;
constexpr int key_count = 20;

std::string key_of(int i) { return fmt::format("k{}", i); }
std::int32_t place(int i, std::int32_t partitions) { return i % partitions; }

struct Given {
  std::int32_t partition;
  TimeMs broker_ms;
  std::string key;
};

class KeyDealingTest : public testing::Test {
 protected:
  KeyDealingTest() {
    options_.topics = topics;
    options_.snapshot_every_ms = never_ms;
    options_.poll.wait_ms = 0;
    options_.clock = StageClock::Mode::records;
    options_.level_clocks = true;
    dealing_.stage = options_.stage;
    dealing_.topics = topics;
    dealing_.before = before;
    dealing_.after = after;
    dealing_.place = [](std::string_view key, std::int32_t partitions) {
      return PartitionId{place(std::stoi(std::string(key.substr(1))), partitions)};
    };
    dealing_.make_task = [](ConfigurationHash, std::unique_ptr<Task>& out) {
      out = std::make_unique<CountingTask>();
      return Status::good();
    };
    EXPECT_TRUE(store_.open(dir_ / "snapshots", "test").ok());
  }
  ~KeyDealingTest() override { end(); }

  // One record of each key, a second after the last ones, by so many partitions.
  void hear_all(std::int32_t partitions) {
    now_ms_ += 1000;
    for (int i = 0; i < key_count; ++i) given_.push_back({place(i, partitions), now_ms_, key_of(i)});
  }

  void end() {
    runner_.reset();
    delivery_.reset();
    transaction_.reset();
  }

  // A process that sees so many partitions; disk, records, journal and what the group knows stay.
  Status begin(std::int32_t partitions) {
    end();
    auto source = std::make_unique<MemorySource>(topics, partitions);
    if (source_) source->progress = source_->progress;
    source_ = std::move(source);
    for (const Given& one : given_) {
      if (one.partition < partitions) source_->add(0, one.partition, one.broker_ms, one.key, "x");
    }
    delivery_ = std::make_unique<ResultDelivery>(std::vector<AlertSink*>{&sink_}, letters_, topics);
    transaction_ = std::make_unique<AtLeastOnce>(*source_);
    EXPECT_TRUE(source_->join().ok());
    runner_ = std::make_unique<EpochRunner>(
        RunnerParts{*source_, *journal_, *transaction_, store_, *delivery_,
                    [] { return std::make_unique<CountingTask>(); }, [this] { return now_ms_; }},
        options_);
    return runner_->follow_group();
  }

  // Reads everything that is there and ends, as `vigia repartition` does with the old partitions.
  void read_off(std::int32_t partitions) {
    const Status status = begin(partitions);
    ASSERT_TRUE(status.ok()) << status.text;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(runner_->step().ok());
    const Status stopped = runner_->stop();
    ASSERT_TRUE(stopped.ok()) << stopped.text;
    end();
  }

  void deal() {
    dealt_.close();
    std::filesystem::remove_all(dir_ / "dealt");
    ASSERT_TRUE(dealt_.open(dir_ / "dealt", "test").ok());
    const Status status = deal_keys(dealing_, store_, dealt_, keys_);
    ASSERT_TRUE(status.ok()) << status.text;
  }

  Status publish() {
    if (keys_.heads.size() != after) return Status::of(Fault::refused, "nothing was dealt out");
    AtLeastOnce transaction(*source_);
    return publish_dealing(dealing_, keys_, "", transaction, *journal_, {});
  }

  bool counts() {
    bool counts = false;
    std::vector<PartitionId> numbers;
    for (std::int32_t number = 0; number < after; ++number) numbers.push_back(PartitionId{number});
    std::vector<TaskProgress> progress;
    EXPECT_TRUE(source_->committed(numbers, progress).ok());
    EXPECT_TRUE(check_dealing(dealing_, dealt_, progress, *journal_, counts).ok());
    return counts;
  }

  // Every key was heard so many times, and each time is told once.
  void expect_heard(int times) {
    std::map<std::string, int> told;
    for (const Alert& alert : sink_.written) {
      if (alert.kind == "heard") ++told[alert.alert_id];
    }
    EXPECT_EQ(told.size(), static_cast<std::size_t>(times * key_count));
    for (int i = 0; i < key_count; ++i) {
      for (int n = 1; n <= times; ++n) EXPECT_EQ(told[fmt::format("heard-{}-{}", key_of(i), n)], 1) << i << " " << n;
    }
  }

  std::uint64_t applied() {
    std::uint64_t sum = 0;
    for (std::int32_t number = 0; number < after; ++number) {
      CountingTask task;
      std::optional<SnapshotHead> head;
      EXPECT_TRUE(store_.restore(dealing_.task_name(number), task, head).ok());
      sum += task.total_account().applied;
    }
    return sum;
  }

  test::TempDirectory dir_;
  RunnerOptions options_;
  Dealing dealing_;
  SnapshotStore store_, dealt_;
  DealtKeys keys_;
  std::unique_ptr<Journal> journal_ = make_memory_journal();
  MemoryAlertSink sink_;
  MemoryDeadLetters letters_;
  std::vector<Given> given_;
  TimeMs now_ms_ = start_ms;
  std::unique_ptr<MemorySource> source_;
  std::unique_ptr<ResultDelivery> delivery_;
  std::unique_ptr<AtLeastOnce> transaction_;
  std::unique_ptr<EpochRunner> runner_;
};

TEST_F(KeyDealingTest, EachKeyGoesOnInItsNewPartition) {
  hear_all(before);
  read_off(before);
  deal();
  EXPECT_EQ(keys_.keys, 1U * key_count);
  EXPECT_EQ(keys_.moved, key_count / 2U);
  hear_all(after);  // has come to the new partitions already
  ASSERT_TRUE(publish().ok());
  ASSERT_TRUE(take_dealing(dealt_, store_).ok());
  read_off(after);
  expect_heard(2);
  EXPECT_EQ(applied(), 2U * key_count) << "the accounts add up";
  hear_all(after);
  read_off(after);
  expect_heard(3);
}

TEST_F(KeyDealingTest, WithTheOldStateTheNewPartitionsAreRefusedWithWhatToDo) {
  options_.can_repartition = true;
  hear_all(before);
  read_off(before);
  const Status status = begin(after);
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_NE(status.text.find("the topics have 4 partitions, and the state of this application was made with 2"),
            std::string::npos)
      << status.text;
  EXPECT_NE(status.text.find("vigia repartition --config"), std::string::npos) << status.text;
}

TEST_F(KeyDealingTest, ClocksAreBroughtToTheForemostAndWhatIsDueMeanwhileIsTold) {
  hear_all(before);
  given_.push_back({1, now_ms_ + 2 * CountingTask::due_after_ms, key_of(1)});
  read_off(before);
  std::map<std::string, int> silent;
  for (const Alert& alert : sink_.written) silent[alert.subject_id] += alert.kind == "silent" ? 1 : 0;
  for (int i = 0; i < key_count; i += 2) EXPECT_EQ(silent[key_of(i)], 1) << "its partition has no newer record: " << i;
  deal();
  ASSERT_TRUE(publish().ok());
  for (const SnapshotHead& head : keys_.heads) EXPECT_EQ(head.clock_ms, now_ms_ + 2 * CountingTask::due_after_ms);
}

TEST_F(KeyDealingTest, BrokenOffBeforeItCountsTheOldStateGoesOn) {
  hear_all(before);
  read_off(before);
  deal();
  EXPECT_FALSE(counts());
  hear_all(before);  // and the old partitions were written to again
  read_off(before);
  expect_heard(2);
  deal();
  ASSERT_TRUE(publish().ok());
  EXPECT_TRUE(counts());
  ASSERT_TRUE(take_dealing(dealt_, store_).ok());
  hear_all(after);
  read_off(after);
  expect_heard(3);
}

TEST_F(KeyDealingTest, BrokenOffBetweenMarksAndProgressTheMarksDoNotCount) {
  hear_all(before);
  read_off(before);
  deal();
  source_->commit_fails_with = Status::of(Fault::retry, "no answer");
  EXPECT_FALSE(publish().ok());
  source_->commit_fails_with = Status::good();
  EXPECT_FALSE(counts());
  hear_all(before);
  ASSERT_TRUE(begin(before).ok());
  ASSERT_TRUE(runner_->step().ok());
  ASSERT_TRUE(runner_->settle().ok());
  end();  // killed: what came is in the journal alone, behind the marks
  read_off(before);
  expect_heard(2);
  EXPECT_FALSE(counts()) << "what came since is not in it";
  deal();
  ASSERT_TRUE(publish().ok());
  EXPECT_TRUE(counts());
  ASSERT_TRUE(take_dealing(dealt_, store_).ok());
  hear_all(after);
  read_off(after);
  expect_heard(3);
}

TEST_F(KeyDealingTest, BrokenOffBeforeTheDiskHasItTheOldSnapshotsAreNotFollowedAndTheRestIsDone) {
  hear_all(before);
  read_off(before);
  deal();
  ASSERT_TRUE(publish().ok());
  hear_all(after);
  const Status status = begin(after);
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_NE(status.text.find("is a repartition"), std::string::npos) << status.text;
  end();
  ASSERT_TRUE(counts());
  ASSERT_TRUE(take_dealing(dealt_, store_).ok());
  read_off(after);
  expect_heard(2);
  std::optional<SnapshotHead> head, again;
  ASSERT_TRUE(store_.head(dealing_.task_name(0), head).ok());
  EXPECT_GT(head->epoch, keys_.heads[0].epoch);
  ASSERT_TRUE(take_dealing(dealt_, store_).ok());
  ASSERT_TRUE(store_.head(dealing_.task_name(0), again).ok());
  EXPECT_EQ(again->epoch, head->epoch) << "what is newer stays";
  hear_all(after);
  read_off(after);
  expect_heard(3);
}

TEST_F(KeyDealingTest, WhatIsNotWholeDoesNotCount) {
  hear_all(before);
  read_off(before);
  deal();
  ASSERT_TRUE(publish().ok());
  TaskSnapshot piece;  // as it lies there while keys are dealt
  piece.head = keys_.heads[3];
  piece.head.epoch = 0;
  ASSERT_TRUE(dealt_.write(piece).ok());
  EXPECT_FALSE(counts());
}

TEST_F(KeyDealingTest, AStrayStaysWhereItIsUnlessItMeetsItsOwnThere) {
  hear_all(before);
  dealing_.after = 3;
  given_.push_back({0, now_ms_ + 1, key_of(3)});  // belongs to 1, then to 0
  given_.push_back({0, now_ms_ + 1, key_of(5)});  // belongs to 1, then to 2
  given_.push_back({1, now_ms_ + 1, key_of(4)});  // belongs to 0, then to 1
  given_.push_back({0, now_ms_ + 1, key_of(4)});
  read_off(before);
  deal();
  const auto count = [&](std::int32_t number, int i) {
    CountingTask task;
    std::optional<SnapshotHead> head;
    EXPECT_TRUE(dealt_.restore(dealing_.task_name(number), task, head).ok());
    return task.describe_key(key_of(i));
  };
  EXPECT_EQ(count(0, 5), R"({"count":1})") << "the stray";
  EXPECT_EQ(count(2, 5), R"({"count":1})");
  EXPECT_EQ(count(0, 3), R"({"count":1})");
  EXPECT_EQ(count(0, 4), "");
  EXPECT_EQ(count(1, 4), R"({"count":2})") << "its own";
}

TEST_F(KeyDealingTest, TasksWhoseClocksDifferAreNotDealtOut) {
  options_.level_clocks = false;
  hear_all(before);
  given_.push_back({1, now_ms_ + 1, key_of(1)});
  read_off(before);
  ASSERT_TRUE(dealt_.open(dir_ / "dealt", "test").ok());
  const Status status = deal_keys(dealing_, store_, dealt_, keys_);
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_NE(status.text.find("clocks or configurations differ"), std::string::npos) << status.text;
}

}  // namespace
}  // namespace vigia
