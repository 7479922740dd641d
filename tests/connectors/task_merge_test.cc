// The merge of a task's partitions while they come in, through lanes of the test's own and a clock that it sets.
#include "connectors/task_merge.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <utility>

namespace vigia::test {
namespace {

constexpr TimeMs away_after_ms = 3'000;

class FakeLane {
 public:
  explicit FakeLane(std::uint16_t topic) : topic_(topic) {}

  void arrive(TimeMs broker_ms) {
    records_.push_back({.topic = TopicIndex{topic_},
                        .partition = PartitionId{0},
                        .offset = Offset{static_cast<std::int64_t>(records_.size())},
                        .broker_ms = broker_ms,
                        .key = "key",
                        .value = "value"});
  }

  std::span<const InputRecord> staged() const { return std::span(records_).subspan(next_, shown_ - next_); }
  bool refill() {
    looked_ = records_.size();
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    shown_ = std::min(looked_, next_ + 3);  // as the blocks of a queue
    return shown_ > next_;
  }
  void take(std::size_t count, RecordBatch& batch) {
    for (; count > 0; --count) batch.records.push_back(records_[next_++]);
  }
  bool drained() const { return ended && next_ == looked_ && looked_ == records_.size(); }
  void note_drained(bool drained) { noted_drained = drained; }
  bool lost() const { return is_lost; }
  TimeMs heard_ms() const { return answered_ms; }

  bool ended = false;  // the end of its log was found
  bool is_lost = false;
  TimeMs answered_ms = no_time_ms;
  bool noted_drained = false;
  std::function<void()> meanwhile;  // happens when it has been looked at

 private:
  std::uint16_t topic_;
  std::vector<InputRecord> records_;
  std::size_t next_ = 0, shown_ = 0, looked_ = 0;
};

// Topic 0 has the seals' records, topic 1 the trips'.
class TaskMergeTest : public testing::Test {
 protected:
  TaskMergeTest() {
    merge.add(seals);
    merge.add(trips);
  }

  // What is handed out now: broker times, with a t behind those of trips.
  std::string take(std::size_t records = 1'000, std::size_t bytes = 1'000'000) {
    RecordBatch batch;
    merge.take({records, bytes}, now_ms, batch);
    std::string text;
    for (const auto& record : batch.records)
      text += std::to_string(record.broker_ms) + (record.topic.value == 1 ? "t " : " ");
    return text;
  }

  FakeLane seals{0}, trips{1};
  TaskMerge<FakeLane> merge{away_after_ms};
  TimeMs now_ms = 50'000;
};

TEST_F(TaskMergeTest, APartitionWhoseBrokerAnswersIsWaitedForWithoutLimit) {
  seals.arrive(100);
  for (int hour = 0; hour < 10; ++hour) {
    trips.answered_ms = now_ms;
    now_ms += away_after_ms - 1;
    EXPECT_EQ(take(), "") << hour;
    now_ms += 3'600'000;
    trips.answered_ms = now_ms;
  }
  EXPECT_EQ(merge.awaited(), &trips);
  EXPECT_EQ(merge.awaited_since_ms(), 50'000 + away_after_ms - 1);
  trips.arrive(90);
  trips.ended = true;
  EXPECT_EQ(take(), "90t 100 ");
  EXPECT_EQ(merge.awaited(), nullptr);
}

TEST_F(TaskMergeTest, ADrainedPartitionIsNotWaitedFor) {
  seals.arrive(100);
  trips.ended = true;
  EXPECT_EQ(take(), "100 ");
}

// One answer has records of both, and one is looked at before they are there.
TEST_F(TaskMergeTest, ADrainedPartitionIsWaitedForWhileAnAnswerIsOnlyPartlyThere) {
  for (FakeLane* first : {&trips, &seals}) {
    TaskMerge<FakeLane> either{away_after_ms};
    either.add(*first);
    either.add(first == &trips ? seals : trips);
    trips.ended = true;
    first->meanwhile = [&] {
      trips.arrive(90);
      seals.arrive(100);
    };
    RecordBatch batch;
    either.take({1'000, 1'000'000}, now_ms, batch);
    either.take({1'000, 1'000'000}, now_ms, batch);
    ASSERT_EQ(batch.records.size(), 2u);
    EXPECT_EQ(batch.records[0].topic.value, 1) << (first == &trips ? "trips first" : "seals first");
  }
}

TEST_F(TaskMergeTest, WhetherOneWasDrainedIsToldAsOfTheLastRecordsThatWereHandedOut) {
  trips.ended = true;
  seals.arrive(100);
  EXPECT_EQ(take(1), "100 ");
  EXPECT_TRUE(trips.noted_drained);
  EXPECT_FALSE(seals.noted_drained);
  trips.ended = false;
  seals.arrive(200);
  EXPECT_EQ(take(), "");
  EXPECT_FALSE(trips.noted_drained);
}

TEST_F(TaskMergeTest, APartitionKnownToBeLostIsNotWaitedFor) {
  seals.arrive(100);
  trips.answered_ms = now_ms;
  trips.is_lost = true;
  EXPECT_EQ(take(), "100 ");
}

TEST_F(TaskMergeTest, ASilentBrokerStopsTheOthersNoLongerThanAwayAfter) {
  seals.arrive(100);
  EXPECT_EQ(take(), "");  // asked for the first time, never heard
  now_ms += away_after_ms - 1;
  EXPECT_EQ(take(), "");
  now_ms += 1;
  EXPECT_EQ(take(), "100 ");
  seals.arrive(200);
  EXPECT_EQ(take(), "200 ");   // no new patience for each record
  trips.answered_ms = now_ms;  // it is back
  seals.arrive(300);
  EXPECT_EQ(take(), "");
  trips.arrive(150);
  trips.ended = true;
  EXPECT_EQ(take(), "150t 300 ");
}

// Nothing was taken for long (a full disk); the queues were full and no broker had anything to answer.
TEST_F(TaskMergeTest, ABrokerThatNobodyAskedIsNotAway) {
  seals.arrive(100);
  trips.arrive(90);
  trips.answered_ms = now_ms;
  now_ms += 600'000;
  EXPECT_EQ(take(), "90t ");  // and now trips is empty
}

TEST_F(TaskMergeTest, NoMoreThanTheRoomAndTheRecordThatPassesItsBytes) {
  for (int i = 0; i < 8; ++i) seals.arrive(i);
  trips.ended = true;
  EXPECT_EQ(take(3), "0 1 2 ");
  EXPECT_EQ(take(1'000, 9), "3 4 ");  // of 8 bytes each
  EXPECT_EQ(take(), "5 6 7 ");
}

TEST_F(TaskMergeTest, WhatComesWhileABatchIsMadeIsPutInItsPlace) {
  struct Filling : FakeLane {
    using FakeLane::FakeLane;
    int looks = 0;
    bool is_late = false;  // drained at the first look, with a record at the second
    bool refill() {
      if (is_late && looks++ == 1) arrive(1);
      return FakeLane::refill();
    }
  };
  Filling a(0), b(1);
  a.ended = b.ended = true;
  for (int i = 0; i < 5; ++i) a.arrive(10 + i);
  b.is_late = true;
  TaskMerge<Filling> both(away_after_ms);
  both.add(a);
  both.add(b);
  RecordBatch batch;
  both.take({100, 1'000'000}, now_ms, batch);
  ASSERT_EQ(batch.records.size(), 6U);
  EXPECT_EQ(batch.records.front().topic.value, 1);
}

TEST_F(TaskMergeTest, HoweverTheRecordsArriveTheOrderIsTheSame) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    FakeLane lanes[2]{FakeLane{0}, FakeLane{1}};
    TaskMerge<FakeLane> task(away_after_ms);
    std::vector<InputRecord> all, got;
    std::vector<TimeMs> times[2];
    for (std::uint16_t t = 0; t < 2; ++t) {
      task.add(lanes[t]);
      for (std::size_t i = random() % 20; i > 0; --i) times[t].push_back(static_cast<TimeMs>(random() % 30));
    }
    std::size_t next[2] = {0, 0};
    while (got.size() < times[0].size() + times[1].size()) {
      const std::size_t t = random() % 2;
      if (next[t] < times[t].size())
        lanes[t].arrive(times[t][next[t]++]);
      else
        lanes[t].ended = true;
      RecordBatch batch;
      task.take({1 + random() % 5, 1'000}, now_ms, batch);
      got.insert(got.end(), batch.records.begin(), batch.records.end());
    }
    all = got;
    merge_records(all);
    for (std::size_t i = 0; i < all.size(); ++i) {
      ASSERT_EQ(all[i].topic, got[i].topic) << i;
      ASSERT_EQ(all[i].offset, got[i].offset) << i;
    }
  }
}

}  // namespace
}  // namespace vigia::test
