// What is spilled is nobody's business: results do not change, whatever the budget, and nothing is lost when the store fails.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

constexpr TimeMs second_ms = 1'000;

void expect_same(const RunResult& got, const RunResult& expected, const std::string& how) {
  EXPECT_EQ(got.error, "") << how;
  EXPECT_TRUE(got.bytes == expected.bytes) << how;
  EXPECT_EQ(got.account, expected.account) << how;
  EXPECT_EQ(got.total, expected.total) << how;
  EXPECT_EQ(got.rejected, expected.rejected) << how;
  EXPECT_EQ(got.described, expected.described) << how;
}

// Budgets of which nothing fits, so that every key goes out after each epoch; some; nearly all.
std::vector<std::uint64_t> budgets_below(std::uint64_t all_bytes) {
  return {0, all_bytes / 10 * 7, all_bytes / 10 * 8, all_bytes / 10 * 9};
}

TEST(BoundedLaw, SpillingChangesNothing) {
  std::size_t some = 0;  // runs at whose end some keys were spilled and some were not
  for (std::uint64_t seed = 1; seed <= 9; ++seed) {
    const auto made = make_random_lines(seed % 3 == 0 ? Arrival::unnumbered : Arrival::backlog, seed, 30, 40);
    for (const std::size_t batch : {1u, 7u, 32u, 300u}) {
      if (batch == 1 && seed > 2) continue;
      const auto expected = run(made.lines, {.batch = batch, .until_ms = made.until_ms});
      EXPECT_FALSE(expected.bytes.empty());
      for (const auto budget : budgets_below(expected.peak_memory_bytes))
        for (const unsigned threads : {1u, 2u})
          for (const bool restarts : {false, true}) {
            if (threads > 1 && (batch == 1 || budget != 0)) continue;
            const auto got = run(made.lines, {.batch = batch,
                                              .threads = threads,
                                              .restart_each_epoch = restarts,
                                              .until_ms = made.until_ms,
                                              .memory_bytes = budget});
            expect_same(got, expected,
                        fmt::format("seed {}, batch {}, budget {}, threads {}, restarts {}", seed, batch, budget,
                                    threads, restarts));
            if (budget == 0) {
              EXPECT_EQ(got.spilled.keys, got.described.size());
            }
            some += got.spilled.keys > 0 && got.spilled.keys < got.described.size() ? 1 : 0;
          }
    }
  }
  EXPECT_GT(some, 40u);
}

TEST(BoundedLaw, KeysOfOneHashAreSpilledApart) {
  for (std::uint64_t seed = 21; seed <= 24; ++seed) {
    const auto made = make_random_lines(Arrival::backlog, seed, 9, 60);
    for (const std::size_t batch : {5u, 64u}) {
      const RunOptions plain{.batch = batch, .until_ms = made.until_ms, .weak_hash = true};
      const auto expected = run(made.lines, plain);
      for (const auto budget : budgets_below(expected.peak_memory_bytes)) {
        auto options = plain;
        options.memory_bytes = budget;
        expect_same(run(made.lines, options), expected, fmt::format("seed {}, budget {}", seed, budget));
      }
    }
  }
}

// Devices that owe a day, and fill it from either end: blocks go out one by one while the key stays, and come back.
std::vector<Line> long_histories(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Line> lines;
  for (int device = 0; device < 5; ++device) {
    const auto key = "device-" + std::to_string(device);
    std::vector<Line> owed;
    for (std::uint32_t n = 1; n <= 600; ++n) {
      const TimeMs at_ms = day_zero_ms + n * 30 * second_ms + device;
      const auto value = static_cast<std::int64_t>(random() % (random() % 9 == 0 ? 3'000'000 : 90));
      const bool is_owed = n > 20 && n < 590 && random() % 6 == 0;
      auto line = number_line(key, at_ms, n, value, 500, is_owed);
      if (is_owed) {
        line.broker_ms = day_zero_ms + 600 * 30 * second_ms + static_cast<TimeMs>(random() % 3'600'000);
        owed.push_back(line);
      } else {
        lines.push_back(line);
      }
      if (random() % 150 == 0) {
        lines.push_back(number_line(key, at_ms - 60 * second_ms, 0, 60, 61 * second_ms));
        lines.back().topic = 1;
      }
    }
    lines.insert(lines.end(), owed.begin(), owed.end());
  }
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.broker_ms < b.broker_ms; });
  return lines;
}

TEST(BoundedLaw, SpillingBlocksOfLongHistoriesChangesNothing) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto lines = long_histories(seed);
    for (const std::size_t batch : {10u, 200u}) {
      const auto expected = run(lines, {.batch = batch});
      for (const auto budget : budgets_below(expected.peak_memory_bytes))
        for (const bool restarts : {false, true}) {
          if (restarts && batch == 10 && seed > 1) continue;
          const auto got = run(lines, {.batch = batch, .restart_each_epoch = restarts, .memory_bytes = budget});
          expect_same(got, expected, fmt::format("seed {}, batch {}, budget {}", seed, batch, budget));
        }
    }
  }
}

// Rows of spilled keys are applied after those of the others, but what is trimmed meanwhile is what would have been.
TEST(BoundedLaw, ARowThatWaitsIsAppliedUnderItsOwnClock) {
  std::vector<Line> lines;
  for (std::uint32_t n = 1; n <= 91; ++n) lines.push_back(number_line("a", day_zero_ms + n * second_ms, n, 7));
  lines.push_back(number_line("b", day_zero_ms + 2 * hour_ms, 1, 7));
  const auto expected = run(lines, {.batch = 45});
  EXPECT_EQ(expected.described.at("a"), "owed 0 kept 91 arrived 91");
  expect_same(run(lines, {.batch = 45, .memory_bytes = 0}), expected, "b's row was applied before a's last");
}

// A place in the store says how long a thing is up to a quarter of a megabyte; beyond that the thing itself does.
TEST(BoundedLaw, AnImageLongerThanItsPlaceCanSay) {
  std::vector<Line> lines{number_line("a", day_zero_ms, 1, 7)};
  for (std::uint32_t n = 3; n <= 16'000; ++n)
    lines.push_back(number_line("a", day_zero_ms + n * second_ms, n, n % 300));
  const auto owing = run(lines, {.batch = 4'000, .memory_bytes = 0});
  EXPECT_GT(owing.spilled.disk_bytes, ColdPlace::longest_units * ColdPlace::unit_bytes);
  expect_same(owing, run(lines, {.batch = 4'000}), "one long history");
  lines.push_back(number_line("a", day_zero_ms + 2 * second_ms, 2, 200, 16'001 * second_ms, true));
  expect_same(run(lines, {.batch = 4'000, .memory_bytes = 0}), run(lines, {.batch = 4'000}), "folded again");
}

// Each device speaks in its own hour and never again.
std::vector<Line> one_after_another(int devices, TimeMs every_ms = 5 * second_ms) {
  std::vector<Line> lines;
  for (int device = 0; device < devices; ++device)
    for (std::uint32_t n = 1; n <= 3; ++n)
      lines.push_back(
          number_line("device-" + std::to_string(device), day_zero_ms + device * every_ms + n * every_ms / 10, n, 7));
  return lines;
}

// The clock alone wakes a key that is spilled, and what it raises carries the deadline's own time.
TEST(BoundedLaw, DeadlinesOfSpilledKeysFireInTime) {
  const auto lines = one_after_another(300);
  for (const std::size_t batch : {3u, 64u, 4096u}) {
    for (const TimeMs later_ms : {30 * second_ms, 70 * second_ms, 3 * hour_ms, 26 * hour_ms}) {
      const RunOptions plain{.batch = batch, .until_ms = lines.back().broker_ms + later_ms};
      auto options = plain;
      options.memory_bytes = 0;
      const auto expected = run(lines, plain);
      expect_same(run(lines, options), expected, fmt::format("batch {}, later {}", batch, later_ms));
      if (later_ms == 3 * hour_ms) {
        EXPECT_EQ(final_alerts(expected.revisions).size(), 300u);
      }
    }
  }
}

TEST(BoundedLaw, MemoryStaysWithinTheBudget) {
  const auto lines = one_after_another(4'000);
  const auto all_bytes = run(lines, {.batch = 64}).peak_memory_bytes;
  for (const auto budget : {all_bytes / 2, all_bytes / 4}) {
    const auto got = run(lines, {.batch = 64, .memory_bytes = budget});
    EXPECT_LE(got.peak_memory_bytes, budget);
    EXPECT_GT(got.peak_memory_bytes, budget / 2) << "what there is is used";
    EXPECT_GT(got.spilled.keys, 1'000u);
  }
}

// 40 bytes, with its deadline, in tables of any fill.
TEST(BoundedLaw, ASpilledKeyTakesFortyBytes) {
  const auto few = one_after_another(40'000, 20), many = one_after_another(160'000, 20);
  const auto bytes_of = [](const std::vector<Line>& lines) {
    return run(lines, {.batch = 4096, .memory_bytes = 0}).memory_bytes;
  };
  EXPECT_LE(static_cast<double>(bytes_of(many) - bytes_of(few)) / 120'000, 40);
}

TEST(BoundedLaw, WhatComesBackAndGoesLeavesNothingBehind) {
  std::vector<Line> lines;
  for (std::uint32_t n = 1; n <= 3'000; ++n)
    lines.push_back(number_line("a", day_zero_ms + n * second_ms, n, n % 100 == 0 ? 200 : 7));
  auto faults = std::make_shared<StoreFaults>();
  const auto early = run({lines.begin(), lines.begin() + 1'000}, {.batch = 1, .memory_bytes = 0});
  const auto late = run(lines, {.batch = 1, .memory_bytes = 0, .faults = faults});
  EXPECT_GT(faults->reads, 2'900u) << "it was brought back each time";
  EXPECT_LE(late.memory_bytes, early.memory_bytes + 3'000) << "stubs, deadlines, lists";
  EXPECT_LE(late.spilled.disk_bytes, early.spilled.disk_bytes + 8'000) << "its image, with more alerts";
}

// The store is full for a while: keys stay in memory, and are spilled once there is room.
TEST(BoundedLaw, AFullStoreLosesNothing) {
  const auto made = make_random_lines(Arrival::backlog, 5, 12, 60);
  const auto expected = run(made.lines, {.batch = 16});
  auto faults = std::make_shared<StoreFaults>();
  faults->full = true;
  const auto got = run(made.lines, {.batch = 16, .memory_bytes = 0, .faults = faults});
  expect_same(got, expected, "full throughout");
  EXPECT_EQ(got.spilled.keys, 0u);

  auto task = make_counting_task(1, usual_lateness, false, memory_stores(faults));
  task->keep_within(0);
  std::vector<InputRecord> records;
  std::vector<TimeMs> clocks;
  for (const auto& line : made.lines) {
    records.push_back({TopicIndex{line.topic}, PartitionId{3}, Offset{1}, line.broker_ms, line.key, line.value});
    clocks.push_back(line.broker_ms);
  }
  static_cast<void>(task->process(records, clocks, clocks.back()));
  EXPECT_EQ(task->spilled().keys, 0u);
  faults->full = false;
  task->keep_within(0);
  EXPECT_EQ(task->spilled().keys, 12u);
  EXPECT_EQ(task->key_count(), 12u);
}

// A store that can't be read, or gives other bytes than were written, stops the task; it never goes on with less.
TEST(BoundedLaw, AStoreThatCanNotBeReadIsAFault) {
  const auto made = make_random_lines(Arrival::backlog, 6, 12, 60);
  const auto half = static_cast<std::ptrdiff_t>(made.lines.size() / 2);
  for (const bool is_damaged : {false, true}) {
    auto faults = std::make_shared<StoreFaults>();
    auto task = make_counting_task(1, usual_lateness, false, memory_stores(faults));
    task->keep_within(0);
    const auto feed = [&](auto begin, auto end) {
      std::vector<InputRecord> records;
      std::vector<TimeMs> clocks;
      for (auto line = begin; line != end; ++line) {
        records.push_back(
            {TopicIndex{line->topic}, PartitionId{3}, Offset{1}, line->broker_ms, line->key, line->value});
        clocks.push_back(line->broker_ms);
      }
      static_cast<void>(task->process(records, clocks, clocks.back()));
    };
    feed(made.lines.begin(), made.lines.begin() + half);
    EXPECT_EQ(task->fault(), "");
    (is_damaged ? faults->damaged : faults->unreadable) = true;
    feed(made.lines.begin() + half, made.lines.end());
    EXPECT_NE(task->fault(), "");
    (is_damaged ? faults->damaged : faults->unreadable) = false;
    feed(made.lines.begin() + half, made.lines.end());
    EXPECT_NE(task->fault(), "") << "for good";
    std::string meta;
    std::size_t images = 0;
    task->begin_snapshot(true, meta);
    EXPECT_FALSE(task->continue_snapshot(SIZE_MAX, [&](KeyImage&&) { ++images; }));
    EXPECT_EQ(images, 0u);
  }
}

// Stretches of the store that hold little are emptied: what they hold is taken back and spilled again.
TEST(BoundedLaw, CleaningTheStoreChangesNothing) {
  auto faults = std::make_shared<StoreFaults>();
  faults->clean_above_bytes = 64;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto lines = long_histories(seed);
    const auto expected = run(lines, {.batch = 25});
    for (const auto budget : budgets_below(expected.peak_memory_bytes)) {
      expect_same(run(lines, {.batch = 25, .memory_bytes = budget, .faults = faults}), expected,
                  fmt::format("seed {}, budget {}", seed, budget));
    }
  }
  EXPECT_GT(faults->stretches, 30u);
}

}  // namespace
}  // namespace vigia::counting
