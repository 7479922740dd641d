#include "app/snapshot_before.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "app/stage_service.h"
#include "tests/app/counting_task.h"
#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

const std::vector<std::string> topics = {"seal"};

Status empty_task(ConfigurationHash hash, std::unique_ptr<StageTask>& out) {
  auto task = std::make_unique<CountingTask>(hash.is_known() ? hash.text() : "loaded");
  out = std::make_unique<StageTask>("seal-trip/0", PartitionId{0}, std::move(task), topics, StageClock::Mode::wall,
                                    300'000);
  out->configuration = hash;
  return Status::good();
}

class SnapshotBeforeTest : public testing::Test {
 protected:
  // A snapshot at clock 1000 * epoch, in which the key "s" was heard `epoch` times.
  void write(std::uint64_t epoch, bool keep) {
    TaskSnapshot snapshot;
    snapshot.head.task = "seal-trip/0";
    snapshot.head.epoch = epoch;
    snapshot.head.journal = static_cast<JournalPosition>(epoch + 7);
    snapshot.head.clock_ms = static_cast<TimeMs>(1000 * epoch);
    snapshot.head.offsets = {{"seal", PartitionId{0}, Offset{static_cast<std::int64_t>(epoch) * 10}}};
    snapshot.head.configuration = {epoch % 2};  // of every second it is not known
    snapshot.head.meta = epoch % 2 == 0 ? "0 0 0 loaded" : "0 0 0 0000000000000001";
    snapshot.keys = {{"s", fmt::format("{} 99", epoch)}};
    ASSERT_TRUE(store.write(snapshot).ok());
    EXPECT_TRUE(!keep || store.keep_generation(5).ok());
  }

  std::unique_ptr<StageTask> before(TimeMs clock_ms) {
    std::unique_ptr<StageTask> task;
    const Status status = task_before(
        directory / "state", directory / "scratch", empty_task,
        [=](const SnapshotHead& head) { return head.clock_ms < clock_ms; },
        [this](const std::string& text) { warnings += text; }, task);
    EXPECT_TRUE(status.ok()) << status.text;
    return task;
  }

  test::TempDirectory directory;
  SnapshotStore store;
  std::string warnings;
};

TEST_F(SnapshotBeforeTest, TheNewestThatLiesBeforeIsTakenWhileTheEngineHasItOpen) {
  ASSERT_TRUE(store.open(snapshot_directory(directory / "state"), "test").ok());
  write(1, true);
  write(2, true);
  write(3, false);
  EXPECT_EQ(before(4000)->epoch, 3U);
  EXPECT_EQ(before(3000)->epoch, 2U);
  const auto task = before(2000);
  EXPECT_EQ(task->epoch, 1U);
  EXPECT_EQ(task->clock.clock_ms(), 1000);
  EXPECT_EQ(task->journal, 8);
  EXPECT_EQ(task->next[0].next.value, 10);
  EXPECT_EQ(task->task->describe_key("s"), R"({"count":1})");
  EXPECT_EQ(before(1000)->epoch, 0U) << "nothing is older";
  EXPECT_EQ(warnings, "");
}

TEST_F(SnapshotBeforeTest, ThoseOfEachDayReachBackFurtherThanTheOlderGenerations) {
  ASSERT_TRUE(store.open(snapshot_directory(directory / "state"), "test").ok());
  for (std::uint64_t day = 1; day <= 3; ++day) {
    write(day, false);
    ASSERT_TRUE(store.keep_day(static_cast<TimeMs>(day) * 86'400'000, never_ms / 2).ok());
  }
  write(4, true);
  write(5, false);
  EXPECT_EQ(before(5000)->epoch, 4U);
  EXPECT_EQ(before(4000)->epoch, 3U);
  EXPECT_EQ(before(2000)->epoch, 1U);
  EXPECT_EQ(warnings, "");
}

TEST_F(SnapshotBeforeTest, WithoutAStateDirectoryItBeginsWithNothing) {
  EXPECT_EQ(before(never_ms)->epoch, 0U);
  EXPECT_EQ(warnings, "");
  EXPECT_FALSE(std::filesystem::exists(directory / "state")) << "nothing is written there";
}

TEST_F(SnapshotBeforeTest, OneThatCannotBeReadIsSaidAndPassedOver) {
  ASSERT_TRUE(store.open(snapshot_directory(directory / "state"), "test").ok());
  write(1, true);
  write(2, false);
  store.close();
  for (const auto& file : std::filesystem::directory_iterator(snapshot_directory(directory / "state"))) {
    if (file.path().filename().string().starts_with("MANIFEST")) std::filesystem::resize_file(file, 3);
  }
  EXPECT_EQ(before(never_ms)->epoch, 1U);
  EXPECT_NE(warnings, "");
}

}  // namespace
}  // namespace vigia
