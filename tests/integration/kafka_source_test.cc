// The Kafka source against a real broker.
#include "connectors/kafka_source.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "broker_fixture.h"
#include "connectors/kafka_fetch_watch.h"
#include "connectors/partitioner.h"
#include "connectors/record_merge.h"

namespace vigia::test {
namespace {

constexpr TimeMs patience_ms = 180'000;

struct Read {
  std::vector<KafkaRecord> records;         // key and value, in the order handed out
  std::vector<std::uint16_t> topics;        // of each
  std::vector<PartitionStatus> partitions;  // the last ones
};

class KafkaSourceTest : public BrokerFixture {
 protected:
  KafkaSourceOptions options(std::vector<std::string> topics) {
    KafkaSourceOptions o;
    o.brokers = bootstrap();
    o.group = unique("group");
    o.topics = std::move(topics);
    return o;
  }

  // Polls until `count` records have come and, if asked, every partition is at its end.
  static Read read(KafkaSource& source, std::size_t count, bool to_end = true, PollLimits limits = {}) {
    Read result;
    RecordBatch batch;
    const TimeMs deadline_ms = wall_clock_ms() + patience_ms;
    while (wall_clock_ms() < deadline_ms) {
      const Status status = source.poll(batch, limits);
      EXPECT_TRUE(status.ok() || status.fault == Fault::retry) << status.text;  // a slow broker is away for moments
      if (!status.ok() && status.fault != Fault::retry) return result;
      for (const InputRecord& r : batch.records) {
        KafkaRecord copy{.key = std::string(r.key),
                         .value = std::nullopt,
                         .headers = {},
                         .timestamp_ms = r.broker_ms,
                         .partition = r.partition.value,
                         .offset = r.offset.value};
        if (!r.is_tombstone) copy.value = std::string(r.value);
        for (const RecordHeader& h : headers_of(r)) copy.headers.emplace_back(h.name, h.value);
        result.records.push_back(std::move(copy));
        result.topics.push_back(r.topic.value);
      }
      result.partitions = batch.partitions;
      bool all_at_end = true;
      for (const auto& p : batch.partitions) all_at_end = all_at_end && p.at_end;
      if (result.records.size() >= count && (all_at_end || !to_end)) return result;
    }
    ADD_FAILURE() << "only " << result.records.size() << " of " << count << " records";
    return result;
  }
};

std::vector<KafkaRecord> numbered(int count, std::int32_t partition = -1, TimeMs first_ms = 1'000) {
  std::vector<KafkaRecord> records;
  for (int i = 0; i < count; ++i) {
    records.push_back({.key = "key" + std::to_string(i % 97),
                       .value = "value" + std::to_string(i),
                       .headers = {},
                       .timestamp_ms = first_ms + i,
                       .partition = partition});
  }
  return records;
}

TEST_F(KafkaSourceTest, ReadsEveryRecordOfEveryPartitionOnceAndInOrder) {
  const std::string topic = unique("several");
  kafka().create_topic(topic, 4);
  const auto sent = numbered(20'000);
  kafka().produce(topic, sent);

  KafkaSource source(options({topic}));
  ASSERT_TRUE(source.open({}).ok());
  EXPECT_EQ(source.partition_count(), 4);
  PollLimits limits;
  limits.records = 700;  // many polls
  const Read got = read(source, sent.size(), true, limits);
  ASSERT_EQ(got.records.size(), sent.size());
  std::map<std::int32_t, std::int64_t> next;
  std::set<std::string> values;
  for (const auto& record : got.records) {
    EXPECT_EQ(record.offset, next[record.partition]++);
    EXPECT_EQ(record.partition, murmur2_partition(record.key, 4));  // as Java clients do
    values.insert(*record.value);
  }
  EXPECT_EQ(values.size(), sent.size());
  ASSERT_EQ(got.partitions.size(), 4u);
  for (const auto& p : got.partitions) {
    EXPECT_EQ(p.next.value, next[p.partition.value]);
    EXPECT_EQ(p.lag, 0);
  }
}

TEST_F(KafkaSourceTest, GoesOnFromTheOffsetsGiven) {
  const std::string topic = unique("resume");
  kafka().create_topic(topic, 2);
  kafka().produce(topic, numbered(100, 0));
  kafka().produce(topic, numbered(50, 1));
  KafkaSource source(options({topic}));
  const std::vector<PartitionOffset> from{{topic, PartitionId{0}, Offset{90}}};
  ASSERT_TRUE(source.open(from).ok());
  const Read got = read(source, 60);
  ASSERT_EQ(got.records.size(), 60u);  // ten of partition 0, all of partition 1
  for (const auto& record : got.records) {
    if (record.partition == 0) {
      EXPECT_GE(record.offset, 90);
    }
  }
}

TEST_F(KafkaSourceTest, BytesKeysHeadersAndTombstonesComeThrough) {
  const std::string topic = unique("bytes");
  kafka().create_topic(topic, 1);
  const std::string binary("\0\xff\n", 3);
  const std::vector<KafkaRecord> sent{
      {.key = "plain", .value = "v", .headers = {}, .timestamp_ms = 5},
      {.key = "empty", .value = "", .headers = {}, .timestamp_ms = 6},
      {.key = "tombstone", .value = std::nullopt, .headers = {{"why", "gone"}}, .timestamp_ms = 7},
      {.key = binary, .value = binary, .headers = {{"a", "1"}, {"b", binary}, {"a", ""}}, .timestamp_ms = 8},
      {.key = "large", .value = std::string(10'000'000, 'x'), .headers = {}, .timestamp_ms = 9},
      {.key = "after", .value = "v", .headers = {}, .timestamp_ms = 10}};
  kafka().produce(topic, sent);
  KafkaSource source(options({topic}));
  ASSERT_TRUE(source.open({}).ok());
  const Read got = read(source, sent.size());
  ASSERT_EQ(got.records.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(got.records[i].key, sent[i].key) << i;
    EXPECT_EQ(got.records[i].value == sent[i].value, true) << i;
    EXPECT_EQ(got.records[i].headers, sent[i].headers) << i;
    EXPECT_EQ(got.records[i].timestamp_ms, sent[i].timestamp_ms) << i;
  }
}

TEST_F(KafkaSourceTest, TopicsOfATaskAreMergedByBrokerTimeWhileBehind) {
  const std::string seals = unique("merge.seals"), trips = unique("merge.trips");
  kafka().create_topic(seals, 1);
  kafka().create_topic(trips, 1);
  kafka().produce(seals, numbered(5'000, 0, 1'000));
  kafka().produce(trips, numbered(5'000, 0, 3'500));
  KafkaSource source(options({seals, trips}));
  ASSERT_TRUE(source.open({}).ok());
  PollLimits limits;
  limits.records = 333;
  const Read got = read(source, 10'000, true, limits);
  ASSERT_EQ(got.records.size(), 10'000u);
  for (std::size_t i = 1; i < got.records.size(); ++i) {
    const auto& a = got.records[i - 1];
    const auto& b = got.records[i];
    EXPECT_LE(std::tuple(a.timestamp_ms, got.topics[i - 1]), std::tuple(b.timestamp_ms, got.topics[i])) << i;
  }
}

TEST_F(KafkaSourceTest, ABatchIsInTheOrderOfItsMerge) {
  const std::string a = unique("order.a"), b = unique("order.b");
  kafka().create_topic(a, 1);
  kafka().create_topic(b, 1);
  KafkaSource source(options({a, b}));
  ASSERT_TRUE(source.open({}).ok());
  RecordBatch batch;
  std::size_t count = 0;
  for (int round = 0; round < 20; ++round) {  // caught up: one topic's records come long after the other's
    kafka().produce(a, numbered(10, 0, 5'000 - round));
    kafka().produce(b, numbered(10, 0, 5'000 - 2 * round));
    for (int polls = 0; polls < 3; ++polls) {
      ASSERT_TRUE(source.poll(batch, {}).ok());
      std::vector<InputRecord> merged = batch.records;
      merge_records(merged);
      for (std::size_t i = 0; i < merged.size(); ++i) {
        EXPECT_EQ(merged[i].topic, batch.records[i].topic);
        EXPECT_EQ(merged[i].offset, batch.records[i].offset);
      }
      count += merged.size();
    }
  }
  EXPECT_GT(count, 0u);
}

TEST_F(KafkaSourceTest, RecordsOutliveThePollsThatFollow) {
  const std::string topic = unique("outlive");
  kafka().create_topic(topic, 1);
  kafka().produce(topic, numbered(9'000, 0));
  KafkaSource source(options({topic}));
  ASSERT_TRUE(source.open({}).ok());
  std::vector<RecordBatch> batches;
  PollLimits limits;
  limits.records = 1'000;
  std::size_t count = 0;
  const TimeMs deadline_ms = wall_clock_ms() + patience_ms;
  while (count < 9'000 && wall_clock_ms() < deadline_ms) {
    RecordBatch batch;
    ASSERT_TRUE(source.poll(batch, limits).ok());
    count += batch.records.size();
    batches.push_back(std::move(batch));
  }
  source.close();
  std::size_t i = 0;
  for (const auto& batch : batches) {
    for (const auto& record : batch.records) EXPECT_EQ(record.value, "value" + std::to_string(i++));
  }
  EXPECT_EQ(i, 9'000u);
}

TEST_F(KafkaSourceTest, ReadRangeGivesAJournalledEpochAgain) {
  const std::string topic = unique("range");
  kafka().create_topic(topic, 1);
  kafka().produce(topic, numbered(1'000, 0));
  KafkaSource source(options({topic}));
  const PartitionOffset from{topic, PartitionId{0}, Offset{100}};
  ASSERT_TRUE(source.open(std::vector{from}).ok());
  RecordBatch batch;
  const Status status = source.read_range(from, Offset{350}, patience_ms, batch);
  ASSERT_TRUE(status.ok()) << status.text;
  ASSERT_EQ(batch.records.size(), 250u);
  EXPECT_EQ(batch.records.front().offset.value, 100);
  EXPECT_EQ(batch.records.back().offset.value, 349);
  for (std::int64_t first = 350; first < 850;
       first += 100) {  // one after another, each in a batch that was used before
    batch.clear();
    ASSERT_TRUE(
        source.read_range({topic, PartitionId{0}, Offset{first}}, Offset{first + 100}, patience_ms, batch).ok());
    ASSERT_EQ(batch.records.size(), 100u);
    ASSERT_FALSE(batch.keep.empty());  // owns what its records point into
    EXPECT_EQ(batch.records.front().value, "value" + std::to_string(first));
  }
  const Read rest = read(source, 150);
  ASSERT_EQ(rest.records.size(), 150u);
  EXPECT_EQ(rest.records.front().offset, 850);
  RecordBatch beyond;
  EXPECT_EQ(source.read_range({topic, PartitionId{0}, Offset{1'000}}, Offset{1'001}, patience_ms, beyond).fault,
            Fault::damaged);
}

TEST_F(KafkaSourceTest, AnOpenTransactionUpstreamIsNotTheEnd) {
  const std::string topic = unique("hanging");
  kafka().create_topic(topic, 1);
  kafka().produce(topic, numbered(10, 0));
  OpenTransaction upstream(bootstrap(), unique("upstream"));
  upstream.produce(topic, {.key = "k", .value = "late", .headers = {}, .timestamp_ms = 2'000, .partition = 0});
  KafkaSource source(options({topic}));
  ASSERT_TRUE(source.open({}).ok());
  const Read before = read(source, 10, false);
  ASSERT_EQ(before.records.size(), 10u);
  RecordBatch batch;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(source.poll(batch, {}).ok());
    EXPECT_TRUE(batch.records.empty());
    EXPECT_FALSE(batch.partitions[0].at_end);  // nobody is accused of silence meanwhile
    EXPECT_GT(batch.partitions[0].lag, 0);
  }
  upstream.commit();
  const Read after = read(source, 1);
  ASSERT_EQ(after.records.size(), 1u);
  EXPECT_EQ(*after.records[0].value, "late");
  EXPECT_EQ(after.partitions[0].next.value, 12);  // behind the commit's own record
}

TEST_F(KafkaSourceTest, EndSeenFollowsTheWallClockWhileNothingComes) {
  const std::string topic = unique("idle");
  kafka().create_topic(topic, 1);
  kafka().produce(topic, numbered(3, 0));
  KafkaSource source(options({topic}));
  ASSERT_TRUE(source.open({}).ok());
  (void)read(source, 3);
  RecordBatch batch;
  const TimeMs begin_ms = wall_clock_ms();
  TimeMs seen_ms = no_time_ms;
  while (seen_ms < begin_ms + 500 && wall_clock_ms() < begin_ms + patience_ms) {
    ASSERT_TRUE(source.poll(batch, {}).ok());
    EXPECT_GE(batch.partitions[0].end_seen_ms, seen_ms);
    seen_ms = batch.partitions[0].end_seen_ms;
    EXPECT_LE(seen_ms, wall_clock_ms());
  }
  EXPECT_GE(seen_ms, begin_ms + 500);
}

TEST_F(KafkaSourceTest, MissingTopicsAreNamedWithTheCommandThatCreatesThem) {
  const std::string here = unique("here"), gone = unique("gone");
  kafka().create_topic(here, 3);
  KafkaSource source(options({here, gone}));
  const Status status = source.open({});
  EXPECT_EQ(status.fault, Fault::missing_topics);
  EXPECT_NE(status.text.find("--create --topic " + gone + " --partitions 3"), std::string::npos) << status.text;
  EXPECT_EQ(status.text.find("topic '" + here), std::string::npos);
}

TEST_F(KafkaSourceTest, MissingTopicsAreCreatedWhenTheConfigurationSaysSo) {
  const std::string here = unique("sibling"), made = unique("made");
  kafka().create_topic(here, 3);
  KafkaSourceOptions o = options({here, made});
  o.create_topics = true;
  KafkaSource source(o);
  const Status status = source.open({});
  ASSERT_TRUE(status.ok()) << status.text;
  EXPECT_EQ(source.partition_count(), 3);
  kafka().produce(made, numbered(5, 2));
  EXPECT_EQ(read(source, 5).records.size(), 5u);
}

TEST_F(KafkaSourceTest, TopicsOfOneStageNeedTheSameNumberOfPartitions) {
  const std::string two = unique("two"), three = unique("three");
  kafka().create_topic(two, 2);
  kafka().create_topic(three, 3);
  KafkaSource source(options({two, three}));
  const Status status = source.open({});
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_NE(status.text.find("--alter --topic " + two + " --partitions 3"), std::string::npos) << status.text;
}

TEST_F(KafkaSourceTest, RecordsThatAreNotThereAnyMoreStopTheSource) {
  const std::string topic = unique("expired");
  kafka().create_topic(topic, 1);
  kafka().produce(topic, numbered(100, 0));
  kafka().delete_before(topic, 0, 60);
  KafkaSource source(options({topic}));
  ASSERT_TRUE(source.open(std::vector<PartitionOffset>{{topic, PartitionId{0}, Offset{20}}}).ok());
  RecordBatch batch;
  Status status;
  const TimeMs deadline_ms = wall_clock_ms() + patience_ms;
  while ((status.ok() || status.fault == Fault::retry) && wall_clock_ms() < deadline_ms)
    status = source.poll(batch, {});
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_NE(status.text.find(topic + "/0: 40 offsets, 20 to 59, are not there any more"), std::string::npos)
      << status.text;
  EXPECT_NE(status.text.find("the log has 60 to 100"), std::string::npos) << status.text;
}

// Twice, while others of the same task and of another one go on.
TEST_F(KafkaSourceTest, AcceptedRecordsThatAreNotThereAnyMoreArePassedOverAndTold) {
  const std::string seals = unique("lost-seals"), trips = unique("lost-trips");
  for (const std::string& topic : {seals, trips}) kafka().create_topic(topic, 2);
  kafka().produce(seals, numbered(100, 0));
  kafka().produce(trips, numbered(10, 0));
  kafka().delete_before(seals, 0, 60);
  KafkaSourceOptions o = options({seals, trips});
  o.accept_lost = true;
  KafkaSource source(o);
  ASSERT_TRUE(source.open(std::vector<PartitionOffset>{{seals, PartitionId{0}, Offset{20}}}).ok());
  const auto read_lost = [&](std::size_t count, std::vector<OffsetGap>& gaps) {
    std::vector<std::int64_t> offsets;
    RecordBatch batch;
    const TimeMs deadline_ms = wall_clock_ms() + patience_ms;
    while (offsets.size() < count && wall_clock_ms() < deadline_ms) {
      const Status status = source.poll(batch, {});
      EXPECT_TRUE(status.ok() || status.fault == Fault::retry) << status.text;
      for (const auto& record : batch.records)
        if (record.topic.value == 0) offsets.push_back(record.offset.value);
      for (const auto& partition : batch.partitions) {
        if (partition.lost.is_empty()) continue;
        EXPECT_EQ(partition.topic.value, 0);
        EXPECT_EQ(partition.first, partition.lost.end);  // told with the first one behind it
        EXPECT_GE(partition.next, partition.lost.end);
        gaps.push_back(partition.lost);
      }
    }
    return offsets;
  };
  std::vector<OffsetGap> gaps;
  const auto first = read_lost(40, gaps);
  ASSERT_EQ(first.size(), 40u);
  EXPECT_EQ(first.front(), 60);
  EXPECT_EQ(gaps, (std::vector<OffsetGap>{{Offset{20}, Offset{60}}}));

  kafka().produce(seals, numbered(100, 0));  // while it is not looking, and gone again
  kafka().delete_before(seals, 0, 150);
  ASSERT_TRUE(
      source
          .take(std::vector<PartitionOffset>{{seals, PartitionId{0}, Offset{100}}, {trips, PartitionId{0}, Offset{10}}})
          .ok());
  gaps.clear();
  const auto second = read_lost(50, gaps);
  ASSERT_EQ(second.size(), 50u);
  EXPECT_EQ(second.front(), 150);
  EXPECT_EQ(gaps, (std::vector<OffsetGap>{{Offset{100}, Offset{150}}}));
}

TEST_F(KafkaSourceTest, TheGroupRemembersOffsetsAndEpochs) {
  const std::string topic = unique("commit");
  kafka().create_topic(topic, 2);
  KafkaSourceOptions o = options({topic});
  KafkaSource source(o);
  ASSERT_TRUE(source.open({}).ok());
  const std::vector<TaskProgress> progress = {{PartitionId{0}, 12, {{topic, PartitionId{0}, Offset{7}}}, 2}};
  const Status committed = source.commit(progress);
  ASSERT_TRUE(committed.ok()) << committed.text;
  std::vector<TaskProgress> found;
  ASSERT_TRUE(source.committed(std::vector{PartitionId{0}, PartitionId{1}}, found).ok());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0], progress[0]);
  EXPECT_EQ(found[1], (TaskProgress{PartitionId{1}, 0, {}, 0}));
  EXPECT_EQ(kafka().committed(o.group, topic, 2).at(0), 7);  // where lag monitors look
}

TEST(KafkaSourceWithoutBroker, AnUnreachableBrokerIsSaidAndMayBeTriedAgain) {
  KafkaSourceOptions o;
  o.brokers = "127.0.0.1:1";
  o.group = "g";
  o.topics = {"t"};
  KafkaSource source(o);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Status status = source.open({});
    EXPECT_EQ(status.fault, Fault::retry);
    EXPECT_NE(status.text.find("no Kafka broker answers at 127.0.0.1:1"), std::string::npos) << status.text;
    EXPECT_NE(status.text.find("refused"), std::string::npos) << status.text;
  }
}

TEST(KafkaSourceWithoutBroker, AnUnknownPropertyIsRefused) {
  KafkaSourceOptions o;
  o.brokers = "127.0.0.1:1";
  o.group = "g";
  o.topics = {"t"};
  o.properties = {{"no.such.property", "1"}};
  KafkaSource source(o);
  const Status status = source.open({});
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_NE(status.text.find("no.such.property"), std::string::npos);
}

}  // namespace
}  // namespace vigia::test
