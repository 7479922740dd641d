// Published snapshots against a real broker.
#include "connectors/snapshot_topic.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "broker_fixture.h"
#include "tests/connectors/temp_directory.h"

namespace vigia::test {
namespace {

const std::string task = "signals/0";

TaskSnapshot snapshot(std::uint64_t epoch, const std::map<std::string, std::string>& keys) {
  TaskSnapshot made;
  made.head.task = task;
  made.head.epoch = epoch;
  for (const auto& [key, bytes] : keys) made.keys.push_back({key, bytes});
  return made;
}

using SnapshotTopicTest = BrokerFixture;

TEST_F(SnapshotTopicTest, AKeyThatHasLeftTheTaskIsATombstone) {
  KafkaSourceOptions member;
  member.brokers = bootstrap();
  member.group = unique("group");
  member.topics = {unique("input")};
  kafka().create_topic(member.topics.front(), 1);
  KafkaSource source(member);
  ASSERT_TRUE(source.join().ok());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (source.change() != LogSource::Change::offered && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_TRUE(source.take({}).ok());

  const std::string name = unique("snapshots");
  SnapshotTopicOptions options;
  options.brokers = bootstrap();
  options.topic = name;
  options.transactional_id = name;
  SnapshotTopic topic(options, source);
  ASSERT_TRUE(topic.open(true, 1).ok());
  TempDirectory directory;
  SnapshotStore store;
  ASSERT_TRUE(store.open(directory / "s", "customs").ok());
  store.remember_gone();
  const std::atomic<bool> stop = false;
  const auto publish = [&](std::uint64_t after_epoch) {
    Status status;
    do status = topic.publish(store, task, PartitionId{0}, after_epoch, stop);
    while (status.fault == Fault::retry && std::chrono::steady_clock::now() < deadline);
    return status;
  };

  ASSERT_TRUE(store.write(snapshot(1, {{"a", "1"}, {"b", "1"}})).ok());
  Status status = publish(0);
  ASSERT_TRUE(status.ok()) << status.text;
  ASSERT_TRUE(store.write(snapshot(2, {{"b", ""}, {"c", "2"}})).ok());
  status = publish(1);
  ASSERT_TRUE(status.ok()) << status.text;

  TaskSnapshot fetched;
  status = topic.fetch(task, PartitionId{0}, 2, fetched);
  ASSERT_TRUE(status.ok()) << status.text;
  std::map<std::string, std::string> keys;
  for (const KeyImage& image : fetched.keys) keys.emplace(image.key, image.bytes);
  EXPECT_EQ(keys, (std::map<std::string, std::string>{{"a", "1"}, {"c", "2"}}));
  const std::string gone = snapshot_image_key(task, "b") + std::string(4, '\0');
  std::vector<bool> tombstones;
  for (const KafkaRecord& record : kafka().read_all(name))
    if (record.key == gone) tombstones.push_back(!record.value.has_value());
  EXPECT_EQ(tombstones, (std::vector<bool>{false, true})) << "compaction takes it away";
}

}  // namespace
}  // namespace vigia::test
