// Two instances of one application, without Kafka: what the one runs, the other keeps a copy of.
#include "app/standby.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "app/epoch_runner.h"
#include "connectors/memory_source.h"
#include "tests/app/counting_task.h"

namespace vigia {
namespace {

constexpr TimeMs start_ms = 1'700'000'000'000;
const std::vector<std::string> topics = {"seal", "trip"};
constexpr PartitionId number{0};

struct Given {
  std::uint16_t topic;
  TimeMs broker_ms;
  std::string key, value;
};

// What all instances read.
struct SharedLog {
  std::vector<Given> records;
  std::int64_t begin = 0;  // of the first topic
  TimeMs wall_ms = start_ms;
};

class SharedLogSource : public MemorySource {
 public:
  explicit SharedLogSource(const SharedLog& log) : MemorySource(topics, 1), log_(log) { accept_lost = true; }

  Status take(std::span<const PartitionOffset> from) override {
    look();
    return MemorySource::take(from);
  }
  Status poll(RecordBatch& batch, const PollLimits& limits) override {
    look();
    return MemorySource::poll(batch, limits);
  }
  Status read_range(const PartitionOffset& from, Offset end, TimeMs wait_ms, RecordBatch& batch) override {
    look();
    return MemorySource::read_range(from, end, wait_ms, batch);
  }

 private:
  void look() {
    for (; seen_ < log_.records.size(); ++seen_) {
      const Given& given = log_.records[seen_];
      add(given.topic, 0, given.broker_ms, given.key, given.value);
    }
    lose_before(0, 0, log_.begin);
    set_fetch_ms(log_.wall_ms);
  }

  const SharedLog& log_;
  std::size_t seen_ = 0;
};

class StandbyTest : public testing::Test {
 protected:
  // One process with its disk. The log, the journal and what the group knows are everybody's.
  struct Instance {
    SnapshotStore snapshots;
    MemoryAlertSink sink;
    MemoryDeadLetters letters;
    std::unique_ptr<MemorySource> source;
    std::unique_ptr<ResultDelivery> delivery;
    std::unique_ptr<AtLeastOnce> transaction;
    std::unique_ptr<StandbyParts> standby;
    std::unique_ptr<EpochRunner> runner;
  };

  StandbyTest() {
    directory_ =
        std::filesystem::temp_directory_path() /
        fmt::format("vigia-standby-{}-{}", ::getpid(), testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(directory_);
    options_.topics = topics;
    options_.application = "customs";
    options_.snapshot_every_ms = never_ms;
    options_.source_silence_ms = 60'000;
    options_.standby_every_ms = 0;
    options_.poll.wait_ms = 0;
  }
  ~StandbyTest() override {
    for (Instance* one : {&owner_, &other_}) {
      one->runner.reset();
      one->snapshots.close();
    }
    std::filesystem::remove_all(directory_);
  }

  void begin(Instance& instance, const std::string& name) {
    EXPECT_TRUE(instance.snapshots.open((directory_ / name).string(), "test").ok());
    instance.source = std::make_unique<SharedLogSource>(log_);
    EXPECT_TRUE(instance.source->join().ok());
    instance.delivery =
        std::make_unique<ResultDelivery>(std::vector<AlertSink*>{&instance.sink}, instance.letters, topics);
    instance.transaction = std::make_unique<AtLeastOnce>(*instance.source);
    instance.standby.reset(new StandbyParts{
        .journal = *journal_,
        .choose =
            [this](StandbyChoice& choice) {
              choice = choice_;
              return chooses_;
            },
        .committed =
            [this](std::span<const PartitionId>, std::vector<TaskProgress>& out) {
              out = {owner_.source->progress[0]};
              return Status::good();
            },
        .make_source = [this](std::span<const PartitionId>) { return std::make_unique<SharedLogSource>(log_); },
        .restore = {}});
    instance.runner = std::make_unique<EpochRunner>(RunnerParts{*instance.source,
                                                                *journal_,
                                                                *instance.transaction,
                                                                instance.snapshots,
                                                                *instance.delivery,
                                                                [] { return std::make_unique<CountingTask>(); },
                                                                [this] { return log_.wall_ms; },
                                                                {},
                                                                nullptr,
                                                                instance.standby.get()},
                                                    options_);
  }

  // The other one joins, and the group gives it nothing.
  void begin_other() {
    begin(other_, "other");
    other_.source->offer({});
    EXPECT_TRUE(other_.runner->step().ok());
    choice_.numbers = {number};
  }

  void give(std::uint16_t topic, const std::string& key, const std::string& value = "x") {
    log_.wall_ms += 1'000;
    log_.records.push_back({topic, log_.wall_ms, key, value});
  }

  void step_owner() {
    ASSERT_TRUE(owner_.runner->step().ok());
    ASSERT_TRUE(owner_.runner->settle().ok());
  }

  // The owner is gone, and the group gives what it had to the other one.
  void take_over() {
    other_.source->progress = owner_.source->progress;
    owner_.runner.reset();
    other_.source->offer({number});
    choice_ = {.numbers = {}, .ours = {number}};
  }

  void step_other() {
    ASSERT_TRUE(other_.runner->step().ok());
    ASSERT_TRUE(other_.runner->settle().ok());
  }

  static std::map<std::string, std::string> images(Task& task) {
    std::map<std::string, std::string> found;
    std::string meta;
    task.snapshot(
        true, [&](KeyImage&& image) { found[image.key] = image.bytes; }, meta);
    found["the meta"] = meta;
    return found;
  }

  std::filesystem::path directory_;
  SharedLog log_;
  std::unique_ptr<Journal> journal_ = make_memory_journal();
  RunnerOptions options_;
  StandbyChoice choice_;
  Status chooses_;
  Instance owner_, other_;
};

TEST_F(StandbyTest, ACopyIsAsItsOwnerAndSaysNothing) {
  begin(owner_, "owner");
  begin_other();
  for (int i = 0; i < 20; ++i) {
    give(static_cast<std::uint16_t>(i % 5 == 0), fmt::format("key-{}", i % 3), i == 7 ? "poison" : "x");
    step_owner();
    if (i % 4 == 0) other_.runner->standby()->advance();
  }
  log_.wall_ms += 70'000;  // keys and a source go silent
  step_owner();
  other_.runner->standby()->advance();
  EXPECT_EQ(other_.runner->standby()->size(), 1U);
  EXPECT_GT(other_.runner->standby()->memory_bytes(), 0U);
  EXPECT_EQ(other_.runner->memory_bytes(), other_.runner->standby()->memory_bytes());
  EXPECT_EQ(other_.runner->key_count(), 0U);

  auto copies = other_.runner->standby()->stop();
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(copies[0]->epoch, owner_.source->progress[0].epoch);
  EXPECT_EQ(copies[0]->next, owner_.source->progress[0].next);
  ASSERT_TRUE(owner_.runner->stop().ok());
  CountingTask owned;
  std::optional<SnapshotHead> head;
  ASSERT_TRUE(owner_.snapshots.restore("seal-trip/0", owned, head).ok());
  EXPECT_EQ(images(*copies[0]->task), images(owned));
  EXPECT_EQ(copies[0]->clock.clock_ms(), head->clock_ms);
  EXPECT_EQ(copies[0]->silences, head->silences);
  EXPECT_FALSE(head->silences.empty());
  EXPECT_TRUE(other_.sink.written.empty());
  EXPECT_TRUE(other_.letters.kept.empty());
  EXPECT_TRUE(other_.source->progress.empty());
}

TEST_F(StandbyTest, ExactlyOnceLawATakeOverAppliesTheDifferenceAndNothingElse) {
  begin(owner_, "owner");
  begin_other();
  for (int i = 0; i < 10; ++i) {
    give(0, "a");
    step_owner();
  }
  other_.runner->standby()->advance();
  for (int i = 0; i < 2; ++i) {
    give(0, "a");
    step_owner();
  }
  take_over();
  ASSERT_TRUE(other_.runner->follow_group().ok());
  EXPECT_EQ(other_.runner->replayed_epochs(), 2U);
  EXPECT_TRUE(other_.sink.written.empty());
  give(0, "a");
  step_other();
  EXPECT_EQ(lines(other_.sink.written), fmt::format("heard-a-13 {}\n", log_.wall_ms));
  EXPECT_EQ(other_.runner->account().applied, 13U);
  EXPECT_EQ(other_.runner->standby()->size(), 0U);
}

// What a process that takes the task on writes must count for more than what its old owner still does.
TEST_F(StandbyTest, TheJournalOfWhoTakesOnIsOfALaterTermEvenWithoutADifference) {
  begin(owner_, "owner");
  begin_other();
  give(0, "a");
  step_owner();
  other_.runner->standby()->advance();
  take_over();
  ASSERT_TRUE(other_.runner->follow_group().ok());
  EXPECT_EQ(other_.runner->replayed_epochs(), 0U);
  give(0, "a");
  step_other();
  std::vector<std::uint64_t> terms;
  ASSERT_TRUE(
      journal_->read("seal-trip/0", number, 0, 1, 0, [&](const JournalEntry& entry) { terms.push_back(entry.term); })
          .ok());
  ASSERT_GE(terms.size(), 2U);
  EXPECT_GT(terms.back(), terms.front());
}

// What is in the journal and not public yet may be overruled.
TEST_F(StandbyTest, ACopyIsNeverAheadOfWhatIsPublic) {
  begin(owner_, "owner");
  begin_other();
  give(0, "a");
  step_owner();
  owner_.source->commit_fails_with = Status::of(Fault::retry, "no answer");
  give(0, "a");
  EXPECT_TRUE(owner_.runner->step().ok());
  EXPECT_FALSE(owner_.runner->settle().ok());
  other_.runner->standby()->advance();
  auto copies = other_.runner->standby()->stop();
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(copies[0]->epoch, 1U);
}

TEST_F(StandbyTest, ATaskThatIsGivenUpBecomesACopyWhenThatIsChosen) {
  begin(owner_, "owner");
  begin(other_, "other");
  other_.source->offer({});
  EXPECT_TRUE(other_.runner->step().ok());
  give(0, "a");
  step_owner();
  owner_.source->withdraw();
  ASSERT_TRUE(owner_.runner->follow_group().ok());
  owner_.source->offer({});
  choice_.numbers = {number};
  ASSERT_TRUE(owner_.runner->follow_group().ok());
  owner_.runner->standby()->advance();
  auto copies = owner_.runner->standby()->stop();
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(copies[0]->epoch, 1U);
  EXPECT_EQ(copies[0]->task->key_count(), 1U);
}

TEST_F(StandbyTest, WhileTheGroupSharesOutAnewCopiesStayAndFollow) {
  begin(owner_, "owner");
  begin_other();
  give(0, "a");
  step_owner();
  other_.runner->standby()->advance();
  chooses_ = Status::of(Fault::retry, "the group is sharing its partitions out anew");
  give(0, "a");
  step_owner();
  other_.runner->standby()->advance();
  chooses_ = {};
  choice_ = {.numbers = {}, .ours = {number}};  // the group has decided, and this process does not know it yet
  other_.runner->standby()->advance();
  auto copies = other_.runner->standby()->stop();
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(copies[0]->epoch, 2U);
}

TEST_F(StandbyTest, ACopyThatIsNotChosenAnyMoreIsLetGo) {
  begin(owner_, "owner");
  begin_other();
  give(0, "a");
  step_owner();
  other_.runner->standby()->advance();
  EXPECT_EQ(other_.runner->standby()->size(), 1U);
  choice_ = {};
  other_.runner->standby()->advance();
  EXPECT_EQ(other_.runner->standby()->size(), 0U);
  EXPECT_EQ(other_.runner->memory_bytes(), 0U);
}

TEST_F(StandbyTest, ACopyGoesOnBehindRecordsThatItsOwnerHasLost) {
  begin(owner_, "owner");
  begin_other();
  give(0, "a");
  step_owner();
  other_.runner->standby()->advance();
  for (int i = 0; i < 4; ++i) give(0, "a");
  log_.begin = 3;
  step_owner();
  EXPECT_EQ(owner_.sink.written.back().kind, "records_lost");
  other_.runner->standby()->advance();
  auto copies = other_.runner->standby()->stop();
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(copies[0]->epoch, owner_.source->progress[0].epoch);
  EXPECT_EQ(copies[0]->task->total_account().applied, 3U);
}

// The runner makes room before it stops its input.
TEST_F(StandbyTest, BoundedLawCopiesCountAndAreTheFirstToGo) {
  options_.memory_budget_bytes = 3'500;
  begin(owner_, "owner");
  begin_other();
  for (const char* key : {"a", "b", "c"}) give(0, key);
  step_owner();
  other_.runner->standby()->advance();
  EXPECT_EQ(other_.runner->memory_bytes(), 3'000U);
  give(0, "d");
  step_owner();
  other_.runner->standby()->advance();
  EXPECT_GE(other_.runner->memory_bytes(), 3'500U);
  ASSERT_TRUE(other_.runner->step().ok());
  EXPECT_FALSE(other_.runner->is_paused());
  EXPECT_EQ(other_.runner->standby()->size(), 0U);
  other_.runner->standby()->advance();
  EXPECT_TRUE(other_.runner->standby()->stop().empty());
}

}  // namespace
}  // namespace vigia
