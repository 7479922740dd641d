// Several tasks as one.
#include "engine/side_by_side_task.h"

#include <gtest/gtest.h>

#include "tests/app/counting_task.h"

namespace vigia {
namespace {

constexpr TopicIndex doors{0}, cameras{1};

std::unique_ptr<Task> side_by_side() {
  std::vector<SideBySideTask::Part> parts;
  parts.push_back({std::make_unique<CountingTask>("door"), {TopicIndex{0}, std::nullopt}});
  parts.push_back({std::make_unique<CountingTask>("camera"), {std::nullopt, TopicIndex{0}}});
  return std::make_unique<SideBySideTask>(std::move(parts));
}

InputRecord record(TopicIndex topic, TimeMs broker_ms, std::string_view key, std::string_view value = "x") {
  return {topic, PartitionId{0}, Offset{broker_ms}, broker_ms, key, value};
}

EpochResult process(Task& task, const std::vector<InputRecord>& records) {
  std::vector<TimeMs> clocks;
  for (const InputRecord& one : records) clocks.push_back(one.broker_ms);
  return task.process(records, clocks, clocks.back());
}

TEST(SideBySide, ReplayLawWhatAllGiveIsInOneOrder) {
  const auto task = side_by_side();
  const std::vector<InputRecord> records = {record(cameras, 1, "c"), record(cameras, 2, "x", "poison"),
                                            record(doors, 3, "d"), record(doors, 4, "y", "poison"),
                                            record(cameras, 5, "c")};
  const EpochResult result = process(*task, records);
  EXPECT_EQ(lines(result.alerts), "camera-c-1 1\ndoor-d-1 3\ncamera-c-2 5\n");
  ASSERT_EQ(result.rejected.size(), 2U);
  EXPECT_EQ(result.rejected[0].record, &records[1]);
  EXPECT_EQ(result.rejected[1].record, &records[3]);
}

TEST(SideBySide, AccountLawEachRecordIsInTheAccountOfOnePart) {
  const auto task = side_by_side();
  const EpochResult result = process(*task, {record(doors, 1, "d"), record(cameras, 2, "c", "poison")});
  for (const Account& account : {result.account, task->total_account()}) {
    EXPECT_EQ(account.decoded, 2U);
    EXPECT_EQ(account.applied, 1U);
    EXPECT_EQ(account.dead_letter, 1U);
  }
  EXPECT_EQ(task->key_count(), 1U);
}

// Keys of two parts may have one name.
TEST(SideBySide, EachPartGoesOnWithItsOwnKeysFromASnapshot) {
  const auto task = side_by_side();
  (void)process(*task, {record(doors, 1, "a"), record(doors, 2, "a"), record(cameras, 3, "a")});
  const auto restored = side_by_side();
  std::vector<KeyImage> keys;
  std::string meta;
  task->snapshot(
      true, [&](KeyImage&& image) { keys.push_back(std::move(image)); }, meta);
  ASSERT_EQ(restored->restore_meta(meta), "");
  for (const KeyImage& image : keys) ASSERT_EQ(restored->restore_key(image.key, image.bytes), "");
  EXPECT_EQ(lines(process(*restored, {record(doors, 4, "a"), record(cameras, 5, "a")}).alerts),
            "door-a-3 4\ncamera-a-2 5\n");
  EXPECT_NE(restored->restore_key("2a", ""), "") << "of none";
}

}  // namespace
}  // namespace vigia
