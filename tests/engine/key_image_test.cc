// Snapshots of keys: they go round, damage is an error and never a crash, and a snapshot in slices is of one moment.
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

struct Snapshot {
  std::string meta;
  std::map<std::string, std::string> images;
};

Snapshot snapshot_of(Task& task, bool all = true) {
  Snapshot snapshot;
  task.snapshot(
      all, [&](KeyImage&& image) { snapshot.images[image.key] = std::move(image.bytes); }, snapshot.meta);
  return snapshot;
}

EpochResult feed(Task& task, const std::vector<Line>& lines, std::size_t begin, std::size_t end) {
  std::vector<InputRecord> records;
  std::vector<TimeMs> clocks;
  TimeMs clock_ms = 0;
  for (std::size_t i = 0; i < end; ++i) {
    clock_ms = std::max(clock_ms, lines[i].broker_ms);
    if (i < begin) continue;
    records.push_back({TopicIndex{lines[i].topic}, PartitionId{0}, Offset{static_cast<std::int64_t>(i)},
                       lines[i].broker_ms, lines[i].key, lines[i].value});
    clocks.push_back(clock_ms);
  }
  return task.process(records, clocks, clock_ms);
}

// A task that has seen everything: gaps, backlogs, extended entries, alerts, limits, open candidates.
std::unique_ptr<Task> busy_task(std::uint64_t seed, const RandomLines& made) {
  auto task = make_counting_task(1);
  feed(*task, made.lines, 0, made.lines.size() - seed % 7);
  return task;
}

TEST(KeyImage, ARestoredTaskHasTheSameImages) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto made = make_random_lines(Arrival::backlog, seed);
    auto task = busy_task(seed, made);
    const auto snapshot = snapshot_of(*task);
    EXPECT_EQ(snapshot.images.size(), 4u);
    for (const unsigned threads : {1u, 8u}) {
      auto restored = make_counting_task(threads);
      ASSERT_EQ(restored->restore_meta(snapshot.meta), "");
      for (const auto& [key, bytes] : snapshot.images) ASSERT_EQ(restored->restore_key(key, bytes), "");
      const auto again = snapshot_of(*restored);
      EXPECT_TRUE(again.meta == snapshot.meta) << "seed " << seed;
      EXPECT_TRUE(again.images == snapshot.images) << "seed " << seed;
      EXPECT_EQ(restored->total_account(), task->total_account());
      EXPECT_EQ(restored->key_count(), 4u);
    }
  }
}

TEST(KeyImage, OnlyWhatChangedIsInTheNextSnapshot) {
  auto task = make_counting_task(2);
  const std::vector<Line> lines{number_line("a", 1000, 1, 7), number_line("b", 1000, 1, 7),
                                number_line("a", 2000, 2, 7), number_line("a", 2000, 2, 7)};
  feed(*task, lines, 0, 2);
  EXPECT_EQ(snapshot_of(*task, false).images.size(), 2u);
  EXPECT_TRUE(snapshot_of(*task, false).images.empty());
  feed(*task, lines, 2, 3);
  const auto changed = snapshot_of(*task, false);
  ASSERT_EQ(changed.images.size(), 1u);
  EXPECT_TRUE(changed.images.contains("a"));
  EXPECT_EQ(snapshot_of(*task, true).images.size(), 2u);
}

TEST(KeyImage, EveryTruncationIsAnError) {
  const auto made = make_random_lines(Arrival::backlog, 3, 1, 80);
  const auto snapshot = snapshot_of(*busy_task(3, made));
  for (const auto& [key, bytes] : snapshot.images)
    for (std::size_t length = 0; length < bytes.size(); ++length)
      ASSERT_NE(make_counting_task()->restore_key(key, std::string_view(bytes).substr(0, length)), "") << length;
  for (std::size_t length = 0; length < snapshot.meta.size(); ++length)
    ASSERT_NE(make_counting_task()->restore_meta(std::string_view(snapshot.meta).substr(0, length)), "") << length;
}

TEST(KeyImage, EveryFlippedBitIsAnError) {
  const auto made = make_random_lines(Arrival::backlog, 4, 1, 80);
  const auto snapshot = snapshot_of(*busy_task(4, made));
  const auto& [key, bytes] = *snapshot.images.begin();
  std::mt19937_64 random(4);
  for (int attempt = 0; attempt < 3000; ++attempt) {
    auto damaged = bytes;
    damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
    ASSERT_NE(make_counting_task()->restore_key(key, damaged), "") << "attempt " << attempt;
  }
  auto longer = bytes + '\0';
  EXPECT_NE(make_counting_task()->restore_key(key, longer), "");
}

// Input goes on while a snapshot is taken: its images are of the moment when it began.
TEST(ReplayLaw, ASnapshotInSlicesIsOfOneMoment) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const auto made = make_random_lines(Arrival::backlog, seed, 9, 60);
    const auto half = made.lines.size() / 2;
    auto still = make_counting_task(2), moving = make_counting_task(2);
    for (auto* task : {still.get(), moving.get()}) feed(*task, made.lines, 0, half);
    const auto expected = snapshot_of(*still);

    Snapshot slices;
    const auto sink = [&](KeyImage&& image) {
      EXPECT_FALSE(slices.images.contains(image.key)) << "twice: " << image.key;
      slices.images[image.key] = std::move(image.bytes);
    };
    moving->begin_snapshot(true, slices.meta);
    bool complete = false;
    for (auto at = half; at < made.lines.size(); ++at) {
      feed(*moving, made.lines, at, at + 1);
      if (!complete && at % 3 == 0) complete = moving->continue_snapshot(1, sink);
    }
    while (!complete) complete = moving->continue_snapshot(1, sink);
    EXPECT_TRUE(slices.meta == expected.meta);
    EXPECT_TRUE(slices.images == expected.images) << "seed " << seed;

    // And what changed meanwhile is in the next one: together they are the whole state.
    for (auto at = half; at < made.lines.size(); ++at) feed(*still, made.lines, at, at + 1);
    for (auto& [key, bytes] : snapshot_of(*moving, false).images) slices.images[key] = bytes;
    EXPECT_TRUE(slices.images == snapshot_of(*still).images) << "seed " << seed;
  }
}

TEST(KeyImage, OfOtherRulesIsRefused) {
  std::string meta = snapshot_of(*make_counting_task()).meta;
  meta[1] = static_cast<char>(meta[1] ^ 1);  // the fingerprint stands behind the version
  EXPECT_NE(make_counting_task()->restore_meta(meta).find("other rules"), std::string::npos);
}

}  // namespace
}  // namespace vigia::counting
