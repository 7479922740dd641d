// The alert store and the alert topic of a real broker.
#include "connectors/alert_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "broker.h"
#include "broker_fixture.h"
#include "schemas/json_writer.h"
#include "tests/connectors/full_disk.h"
#include "tests/connectors/temp_directory.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr TimeMs patience_ms = 60'000;

Alert alert(const std::string& id, std::uint32_t revision = 1) {
  Alert a;
  a.alert_id = id;
  a.revision = revision;
  a.kind = "seal_opened";
  a.rule_id = "opened";
  a.subject_id = "seal-" + id;
  a.start_ms = 1'700'000'000'000;
  a.detected_ms = a.start_ms + 5;
  return a;
}

KafkaRecord record(const Alert& a, std::int32_t partition = 0, RecordFormat format = RecordFormat::json) {
  std::string value;
  if (format == RecordFormat::json) {
    json::append_json(a, value);
  } else {
    flatbuffers::FlatBufferBuilder builder;
    schema::FinishAlertBuffer(builder, schema::Alert::Pack(builder, &a));
    value.assign(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  }
  return {.key = a.subject_id, .value = value, .headers = {}, .partition = partition};
}

class AlertFollowerTest : public BrokerFixture {
 protected:
  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    options.brokers = bootstrap();
    options.application = unique("app");
    options.topic = unique("alerts");
    options.warn = [this](const std::string& text) {
      std::lock_guard lock(mutex);
      warnings += text + "\n";
    };
    ASSERT_TRUE(store.open(dir / "alerts", &disk).ok());
  }

  // A follower from its start to its stop.
  struct Following {
    explicit Following(AlertFollowerTest& test) : follower(test.store, test.options) {
      const Status started = follower.start();
      EXPECT_TRUE(started.ok()) << started.text;
    }
    void catch_up() {
      const Status status = follower.catch_up(patience_ms);
      EXPECT_TRUE(status.ok()) << status.text;
    }
    AlertFollower follower;
  };

  // "ID-REVISION" of everything in the store.
  std::vector<std::string> stored() const {
    std::vector<std::string> found;
    AlertQuery all;
    all.all_revisions = true;
    const Status status = store.query(all, [&](const Alert& a) {
      found.push_back(a.alert_id + "-" + std::to_string(a.revision));
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
  AlertStore store;
  AlertFollowerOptions options;
  std::mutex mutex;
  std::string warnings;
};

TEST_F(AlertFollowerTest, WhatWasAbortedNeverShowsAndWhatIsCommittedLaterDoes) {
  kafka().create_topic(options.topic, 2);
  OpenTransaction aborted(bootstrap(), unique("aborted"));
  aborted.produce(options.topic, record(alert("a"), 0));
  Following following(*this);
  aborted.abort();
  OpenTransaction committed(bootstrap(), unique("committed"));
  committed.produce(options.topic, record(alert("b"), 0));
  committed.produce(options.topic, record(alert("c"), 1));
  committed.commit();
  following.catch_up();
  EXPECT_THAT(stored(), ElementsAre("b-1", "c-1"));
  EXPECT_EQ(following.follower.stored(), 2u);
}

TEST_F(AlertFollowerTest, ATransactionThatIsOpenHoldsUpOnlyWhatIsBehindIt) {
  kafka().create_topic(options.topic, 1);
  kafka().produce(options.topic, {record(alert("a"))});
  OpenTransaction open(bootstrap(), unique("open"));
  open.produce(options.topic, record(alert("b")));
  Following following(*this);
  EXPECT_TRUE(eventually(
      "what is before it", [&] { return stored(); }, ElementsAre("a-1")));
  const auto held_up = [&] {
    const Status status = following.follower.catch_up(1000);
    EXPECT_EQ(status.fault, Fault::retry);
    return status.text;
  };
  EXPECT_TRUE(eventually("the transaction", held_up, HasSubstr("transaction")));
  EXPECT_THAT(stored(), ElementsAre("a-1"));
  open.commit();
  following.catch_up();
  EXPECT_THAT(stored(), ElementsAre("a-1", "b-1"));
}

TEST_F(AlertFollowerTest, EachRevisionIsThereOnceHoweverOftenItWasProduced) {
  kafka().create_topic(options.topic, 1);
  kafka().produce(options.topic,
                  {record(alert("a")), record(alert("a", 2)), record(alert("a")), record(alert("a", 2))});
  Following following(*this);
  following.catch_up();
  EXPECT_THAT(stored(), ElementsAre("a-1", "a-2"));
  EXPECT_EQ(store.last("a")->revision, 2u);
}

TEST_F(AlertFollowerTest, ItGoesOnWhereTheStoreEnds) {
  kafka().create_topic(options.topic, 2);
  kafka().produce(options.topic, {record(alert("a"), 0), record(alert("b"), 1)});
  { Following(*this).catch_up(); }
  kafka().produce(options.topic, {record(alert("c"), 0)});
  {
    Following second(*this);
    second.catch_up();
    EXPECT_EQ(second.follower.stored(), 1u);
  }
  EXPECT_THAT(stored(), ElementsAre("a-1", "b-1", "c-1"));
}

TEST_F(AlertFollowerTest, BothFormatsAreReadAndWhatIsNoAlertIsCounted) {
  kafka().create_topic(options.topic, 1);
  KafkaRecord tombstone = record(alert("x"));
  tombstone.value.reset();
  KafkaRecord nameless = record(alert(""));
  kafka().produce(options.topic, {record(alert("a"), 0, RecordFormat::json),
                                  tombstone,
                                  nameless,
                                  {.key = "k", .value = "somebody else's", .headers = {}, .partition = 0},
                                  {.key = "k", .value = R"({"order":17})", .headers = {}, .partition = 0},
                                  record(alert("b"), 0, RecordFormat::flatbuffers)});
  for (const RecordFormat format : {RecordFormat::json, RecordFormat::flatbuffers}) {
    options.format = format;
    Following following(*this);
    following.catch_up();
    EXPECT_THAT(stored(), ElementsAre("a-1", "b-1"));
    EXPECT_EQ(following.follower.skipped(), format == RecordFormat::json ? 4u : 0u);  // the second one goes on
  }
  EXPECT_THAT(said(), HasSubstr("/0 has a record at offset 1 that is no alert"));
}

TEST_F(AlertFollowerTest, PartitionsThatAppearAreRead) {
  kafka().create_topic(options.topic, 1);
  Following following(*this);
  kafka().produce(options.topic, {record(alert("a"), 0)});
  following.catch_up();
  kafka().enlarge_topic(options.topic, 3);
  kafka().produce(options.topic, {record(alert("b"), 2), record(alert("c"), 0)});
  following.catch_up();
  EXPECT_THAT(stored(), ElementsAre("a-1", "b-1", "c-1"));
  EXPECT_EQ(following.follower.stored(), 3u);  // nothing was read twice for it
}

TEST_F(AlertFollowerTest, ATopicThatDoesNotExistYetIsWaitedFor) {
  Following following(*this);
  EXPECT_THAT(following.follower.catch_up(500).text, HasSubstr(options.topic));
  kafka().create_topic(options.topic, 1);
  kafka().produce(options.topic, {record(alert("a"))});
  following.catch_up();
  EXPECT_THAT(stored(), ElementsAre("a-1"));
}

TEST_F(AlertFollowerTest, WhatRetentionHasRemovedIsNamedAndTheRestIsRead) {
  kafka().create_topic(options.topic, 1);
  kafka().produce(options.topic, {record(alert("a"))});
  { Following(*this).catch_up(); }
  kafka().produce(options.topic, {record(alert("b")), record(alert("c")), record(alert("d"))});
  kafka().delete_before(options.topic, 0, 3);
  Following following(*this);
  following.catch_up();
  EXPECT_THAT(stored(), ElementsAre("a-1", "d-1"));
  EXPECT_THAT(said(), HasSubstr("the 2 records from offset 1 to 2 are not there any more"));
}

TEST_F(AlertFollowerTest, ATopicThatWasReplacedIsReadFromItsBeginning) {
  kafka().create_topic(options.topic, 1);
  ASSERT_TRUE(
      store.write(std::vector{alert("a")}, std::vector{PartitionOffset{options.topic, PartitionId{0}, Offset{17}}})
          .ok());
  kafka().produce(options.topic, {record(alert("b"))});
  Following following(*this);
  following.catch_up();
  EXPECT_THAT(stored(), ElementsAre("a-1", "b-1"));
  EXPECT_THAT(said(), HasSubstr("the log ends at offset 1, and had been read up to 17"));
}

TEST_F(AlertFollowerTest, AFullDiskKeepsThePositionAndItGoesOnWhenThereIsRoom) {
  kafka().create_topic(options.topic, 1);
  Following following(*this);
  following.catch_up();
  disk.set_full(true);
  kafka().produce(options.topic, {record(alert("a"))});
  EXPECT_EQ(following.follower.catch_up(1000).fault, Fault::retry);
  EXPECT_TRUE(eventually(
      "the full disk", [&] { return said(); }, HasSubstr("trying again")));
  disk.set_full(false);
  following.catch_up();
  EXPECT_THAT(stored(), ElementsAre("a-1"));
  EXPECT_THAT(said(), HasSubstr("going on"));
}

TEST_F(AlertFollowerTest, OldAlertsGoByTheTimeOfTheNewest) {
  kafka().create_topic(options.topic, 1);
  Alert old = alert("a");
  old.end_ms = old.start_ms;
  Alert fresh = alert("b");
  fresh.start_ms = fresh.end_ms = old.start_ms + 7'200'000;
  fresh.detected_ms = fresh.start_ms + 1;
  options.retention_ms = 3'600'000;
  kafka().produce(options.topic, {record(old), record(fresh)});
  Following following(*this);
  following.catch_up();
  EXPECT_THAT(stored(), ElementsAre("b-1"));
}

TEST_F(AlertFollowerTest, TheRecordsBehindAnAlertAreKeptWithIt) {
  const std::string seals = unique("seals");
  kafka().create_topic(options.topic, 1);
  kafka().create_topic(seals, 2);
  kafka().produce(seals, {{.key = "s", .value = "gone before", .headers = {}, .partition = 0},
                          {.key = "s", .value = "behind a", .headers = {{"h", "1"}}, .timestamp_ms = 5, .partition = 0},
                          {.key = "s", .value = "behind both", .headers = {}, .partition = 1}});
  kafka().delete_before(seals, 0, 1);
  const auto add = [&](Alert& to, std::int32_t partition, std::int64_t offset) {
    to.evidence.push_back(std::make_unique<schema::EvidenceT>());
    to.evidence.back()->topic = seals;
    to.evidence.back()->partition = partition;
    to.evidence.back()->offset = offset;
  };
  Alert a = alert("a"), b = alert("b");
  add(a, 0, 0);
  add(a, 0, 1);
  add(a, 1, 0);
  add(b, 1, 0);
  kafka().produce(options.topic, {record(a), record(b)});
  Following following(*this);
  following.catch_up();
  const auto is_wanted = [&] {
    std::vector<EvidencePlace> wanted;
    EXPECT_TRUE(store.evidence().wanted({}, 10, wanted).ok());
    return !wanted.empty();
  };
  EXPECT_TRUE(wait_until([&] { return !is_wanted(); }));
  const auto find = [&](std::int32_t partition, std::int64_t offset) {
    std::optional<EvidenceRecord> found;
    EXPECT_TRUE(store.evidence().find({seals, partition, offset}, found).ok());
    return found.value_or(EvidenceRecord{});
  };
  EXPECT_TRUE(find(0, 0).is_gone);
  EXPECT_EQ(find(0, 1), (EvidenceRecord{.timestamp_ms = 5, .key = "s", .value = "behind a", .headers = {{"h", "1"}}}));
  EXPECT_EQ(find(1, 0).value, "behind both");
}

TEST_F(AlertFollowerTest, EvidenceInATopicThatIsNotThereHoldsUpNeitherAlertsNorOthers) {
  const std::string seals = unique("seals");
  kafka().create_topic(options.topic, 1);
  kafka().create_topic(seals, 1);
  kafka().produce(seals, {{.key = "s", .value = "x", .headers = {}, .partition = 0}});
  Alert a = alert("a");
  for (const std::string& topic : {std::string("a-topic-that-is-not-there"), seals}) {
    a.evidence.push_back(std::make_unique<schema::EvidenceT>());
    a.evidence.back()->topic = topic;
  }
  kafka().produce(options.topic, {record(a), record(alert("b"))});
  Following following(*this);
  following.catch_up();
  EXPECT_TRUE(wait_until([&] {
    std::optional<EvidenceRecord> found;
    return store.evidence().find({seals, 0, 0}, found).ok() && found.has_value();
  }));
  kafka().produce(options.topic, {record(alert("c"))});
  following.catch_up();
  EXPECT_THAT(stored(), ElementsAre("a-1", "b-1", "c-1"));
}

TEST(AlertFollowerBrokerAway, ItWaitsAndCatchesUp) {
  Broker broker;
  VIGIA_NEED_BROKER(broker.start());
  KafkaTestClient kafka(broker.bootstrap());
  kafka.create_topic("alerts", 1);
  kafka.produce("alerts", {record(alert("a"))});
  broker.kill();

  const TempDirectory dir;
  AlertStore store;
  ASSERT_TRUE(store.open(dir / "alerts").ok());
  AlertFollowerOptions options;
  options.brokers = broker.bootstrap();
  options.application = "app";
  options.topic = "alerts";
  AlertFollower follower(store, options);
  ASSERT_TRUE(follower.start().ok());
  EXPECT_EQ(follower.catch_up(500).fault, Fault::retry);
  ASSERT_TRUE(broker.start_again().ok());
  const Status first = follower.catch_up(patience_ms);
  EXPECT_TRUE(first.ok()) << first.text;
  EXPECT_TRUE(store.last("a").has_value());

  broker.kill();
  EXPECT_EQ(follower.catch_up(500).fault, Fault::retry);
  ASSERT_TRUE(broker.start_again().ok());
  kafka.produce("alerts", {record(alert("b"))});
  const Status second = follower.catch_up(patience_ms);
  EXPECT_TRUE(second.ok()) << second.text;
  EXPECT_TRUE(store.last("b").has_value());
}

}  // namespace
}  // namespace vigia::test
