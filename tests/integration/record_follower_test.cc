// The record store and the topics of trips and doors of a real broker.
#include "connectors/record_follower.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "broker_fixture.h"
#include "tests/connectors/full_disk.h"
#include "tests/connectors/temp_directory.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr TimeMs patience_ms = 60'000;
constexpr TimeMs start_ms = 1'700'000'000'000;

KafkaRecord door(const std::string& id, TimeMs time_ms, std::int32_t partition = 0) {
  return {.key = id,
          .value = fmt::format(R"({{"door_id":"{}","device_time_ms":{},"kind":"door_opened"}})", id, time_ms),
          .headers = {},
          .timestamp_ms = time_ms,
          .partition = partition};
}

KafkaRecord trip(const std::string& id, TimeMs time_ms) {
  return {.key = "s",
          .value = fmt::format(R"({{"trip_id":"{}","seal_id":"s","event_time_ms":{},"action":"start"}})", id, time_ms),
          .headers = {},
          .timestamp_ms = time_ms,
          .partition = 0};
}

class RecordFollowerTest : public BrokerFixture {
 protected:
  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    pipeline.brokers = bootstrap();
    pipeline.application = unique("app");
    pipeline.horizon_ms = 86'400'000;
    pipeline.outputs.record_retention_ms = TimeMs{365} * 86'400'000;
    doors = unique("doors");
    trips = unique("trips");
    pipeline.sources = {{doors, StreamId::access}, {unique("seals"), StreamId::seal}, {trips, StreamId::trip}};
    options.warn = [this](const std::string& text) {
      std::lock_guard lock(mutex);
      warnings += text + "\n";
    };
    ASSERT_TRUE(store.open(dir / "records", &disk).ok());
  }

  // A follower from its start to its stop.
  struct Following {
    explicit Following(RecordFollowerTest& test) : follower(test.store, test.pipeline, test.options) {
      const Status started = follower.start();
      EXPECT_TRUE(started.ok()) << started.text;
    }
    void catch_up() {
      const Status status = follower.catch_up(patience_ms);
      EXPECT_TRUE(status.ok()) << status.text;
    }
    RecordFollower follower;
  };

  std::vector<std::string> stored(StreamId stream) const {
    std::vector<std::string> found;
    const Status status = store.query({stream}, [&](const KeptEvent& event) {
      found.push_back(event.trip() != nullptr ? event.trip()->trip_id : event.access()->door_id);
      return true;
    });
    EXPECT_TRUE(status.ok()) << status.text;
    return found;
  }

  std::string said() {
    std::lock_guard lock(mutex);
    return warnings;
  }

  TempDirectory dir;
  FullDisk disk;
  RecordStore store;
  Pipeline pipeline;
  RecordFollowerOptions options;
  std::string doors, trips;
  std::mutex mutex;
  std::string warnings;
};

TEST_F(RecordFollowerTest, WhatIsCommittedIsKeptOnceAndItGoesOnWhereTheStoreEnds) {
  kafka().create_topic(doors, 2);
  kafka().create_topic(trips, 1);
  OpenTransaction aborted(bootstrap(), unique("aborted"));
  aborted.produce(doors, door("never", start_ms));
  aborted.abort();
  KafkaRecord garbled = door("x", start_ms);
  garbled.value = "somebody else's";
  kafka().produce(doors, {door("a", start_ms + 2), garbled, door("b", start_ms + 1, 1), door("a", start_ms + 2, 1)});
  kafka().produce(trips, {trip("T1", start_ms)});
  { Following(*this).catch_up(); }
  EXPECT_THAT(stored(StreamId::access), ElementsAre("b", "a"));
  EXPECT_THAT(stored(StreamId::trip), ElementsAre("T1"));
  std::vector<PartitionOffset> before;
  ASSERT_TRUE(store.positions(doors, before).ok());
  kafka().produce(doors, {door("c", start_ms + 3)});
  { Following(*this).catch_up(); }
  EXPECT_THAT(stored(StreamId::access), ElementsAre("b", "a", "c"));
  std::vector<PartitionOffset> after;
  ASSERT_TRUE(store.positions(doors, after).ok());
  ASSERT_EQ(after.size(), 2u);
  EXPECT_EQ(after[0].next.value, before[0].next.value + 1);
  EXPECT_EQ(after[1].next, before[1].next);
}

TEST_F(RecordFollowerTest, AFullDiskKeepsThePositionAndItGoesOnWhenThereIsRoom) {
  kafka().create_topic(doors, 1);
  kafka().create_topic(trips, 1);
  Following following(*this);
  following.catch_up();
  disk.set_full(true);
  kafka().produce(doors, {door("a", start_ms)});
  EXPECT_EQ(following.follower.catch_up(1000).fault, Fault::retry);
  EXPECT_TRUE(eventually(
      "the full disk", [&] { return said(); }, HasSubstr("trying again")));
  disk.set_full(false);
  following.catch_up();
  EXPECT_THAT(stored(StreamId::access), ElementsAre("a"));
}

TEST_F(RecordFollowerTest, ATopicThatIsNotThereHoldsUpNoOther) {
  kafka().create_topic(trips, 1);
  kafka().produce(trips, {trip("T1", start_ms)});
  Following following(*this);
  EXPECT_TRUE(eventually(
      "the trip", [&] { return stored(StreamId::trip); }, ElementsAre("T1")));
  EXPECT_TRUE(eventually(
      "the topic", [&] { return following.follower.catch_up(3000).text; }, HasSubstr(doors)));
  kafka().create_topic(doors, 1);
  following.catch_up();
}

TEST_F(RecordFollowerTest, OldEventsGoByTheTimeOfTheNewestRecord) {
  kafka().create_topic(doors, 1);
  kafka().create_topic(trips, 1);
  pipeline.outputs.record_retention_ms = 3'600'000;
  kafka().produce(trips, {trip("T1", start_ms), trip("T2", start_ms + 4'000'000)});
  Following following(*this);
  following.catch_up();
  EXPECT_THAT(stored(StreamId::trip), ElementsAre("T2"));
  kafka().produce(doors, {door("a", start_ms + 7'200'000), door("b", start_ms + 7'700'000)});
  following.catch_up();
  EXPECT_THAT(stored(StreamId::trip), ElementsAre()) << "by the newest record of any topic";
  EXPECT_THAT(stored(StreamId::access), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace vigia::test
