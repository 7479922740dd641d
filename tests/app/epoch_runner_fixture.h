// An epoch runner on a memory log: the world of its tests.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/epoch_runner.h"
#include "connectors/memory_source.h"
#include "tests/app/counting_task.h"

namespace vigia {

inline constexpr TimeMs start_ms = 1'700'000'000'000;
inline const std::vector<std::string> topics = {"seal", "trip"};

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
class EpochRunnerFixture : public testing::Test {
 protected:
  EpochRunnerFixture() {
    directory_ =
        std::filesystem::temp_directory_path() /
        fmt::format("vigia-runner-{}-{}", ::getpid(), testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(directory_);
    EXPECT_TRUE(snapshots_.open((directory_ / "snapshots").string(), "test").ok());
    options_.topics = topics;
    options_.snapshot_every_ms = never_ms;
    options_.poll.wait_ms = 0;
  }
  ~EpochRunnerFixture() override {
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

}  // namespace vigia
