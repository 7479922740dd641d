// A key that goes on in a task of another partition says the same of it as if it had stayed, records of before included.
#include <map>

#include <gtest/gtest.h>

#include "schemas/json_writer.h"
#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

// Beyond what a plain entry holds of it.
constexpr std::int64_t old_offset = 5'000'000'000;
constexpr PartitionId old_partition{3}, new_partition{9};

// The lines from `begin` to `end`, as they lie in a partition; the alerts as lines.
std::string feed(Task& task, const std::vector<Line>& lines, std::size_t begin, std::size_t end, PartitionId partition,
                 std::int64_t offset) {
  std::vector<InputRecord> records;
  std::vector<TimeMs> clocks;
  TimeMs clock_ms = 0;
  for (std::size_t i = 0; i < end; ++i) {
    clock_ms = std::max(clock_ms, lines[i].broker_ms);
    if (i < begin) continue;
    records.push_back(
        {TopicIndex{lines[i].topic}, partition, Offset{offset++}, lines[i].broker_ms, lines[i].key, lines[i].value});
    clocks.push_back(clock_ms);
  }
  std::string text;
  for (const auto& alert : task.process(records, clocks, clock_ms).alerts) {
    json::append_json(alert, text);
    text += '\n';
  }
  return text;
}

// A task of a new partition with all keys of `from`.
std::unique_ptr<Task> moved(Task& from, TimeMs clock_ms, unsigned threads) {
  auto fresh = make_counting_task();
  fresh->process({}, {}, clock_ms);
  std::string fresh_meta, meta;
  fresh->snapshot(
      true, [](KeyImage&&) {}, fresh_meta);
  auto task = make_counting_task(threads);
  EXPECT_EQ(task->restore_meta(fresh_meta), "");
  from.snapshot(
      true,
      [&](KeyImage&& image) {
        std::string bytes;
        EXPECT_EQ(from.move_key(image.bytes, new_partition, bytes), "");
        EXPECT_EQ(task->restore_key(image.key, bytes), "");
      },
      meta);
  return task;
}

TEST(OrderLaw, AKeyThatMovesToAnotherPartitionSaysTheSameAsOneThatStays) {
  std::size_t told = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const auto made = make_random_lines(Arrival::backlog, seed);
    const auto half = made.lines.size() / 2, all = made.lines.size();
    const auto threads = static_cast<unsigned>(1 + seed % 3);
    auto stays = make_counting_task(threads), leaves = make_counting_task(2);
    for (auto* task : {stays.get(), leaves.get()}) feed(*task, made.lines, 0, half, old_partition, old_offset);
    TimeMs clock_ms = 0;
    for (std::size_t i = 0; i < half; ++i) clock_ms = std::max(clock_ms, made.lines[i].broker_ms);
    auto came = moved(*leaves, clock_ms, threads);
    for (auto at = half; at < all; at += 7) {
      const auto end = std::min(at + 7, all);
      const auto offset = static_cast<std::int64_t>(at - half);
      const std::string expected = feed(*stays, made.lines, at, end, new_partition, offset);
      EXPECT_EQ(feed(*came, made.lines, at, end, new_partition, offset), expected) << "seed " << seed;
      told += expected.find("\"message\":\"0/3/50") != std::string::npos ? 1 : 0;
    }
    for (const auto& line : made.lines) EXPECT_EQ(came->describe_key(line.key), stays->describe_key(line.key));
  }
  EXPECT_GT(told, 10u) << "of records in the old partition";
}

TEST(KeyMove, WhatIsNoImageIsAnError) {
  const auto made = make_random_lines(Arrival::backlog, 5);
  auto task = make_counting_task();
  feed(*task, made.lines, 0, made.lines.size(), old_partition, old_offset);
  std::string meta, out;
  std::map<std::string, std::string> images;
  task->snapshot(
      true, [&](KeyImage&& image) { images[image.key] = std::move(image.bytes); }, meta);
  for (const auto& [key, bytes] : images) {
    for (std::size_t length = 0; length < bytes.size(); ++length)
      ASSERT_NE(task->move_key(std::string_view(bytes).substr(0, length), new_partition, out), "") << length;
  }
}

}  // namespace
}  // namespace vigia::counting
