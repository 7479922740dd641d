// The bounded law on the engine itself: what is kept is accounted for, and no more is kept than late data may need.
#include <map>

#include <gtest/gtest.h>

#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

constexpr TimeMs second_ms = 1'000;

unsigned kept(const RunResult& result, const std::string& key) {
  unsigned owed = 0, events = 0;
  EXPECT_EQ(std::sscanf(result.described.at(key).c_str(), "owed %u kept %u", &owed, &events), 2);
  return events;
}

// A day of one message each 10 s.
std::vector<Line> a_day(const std::string& key, std::uint32_t missing = 0) {
  std::vector<Line> lines;
  for (std::uint32_t n = 1; n <= 8640; ++n)
    if (n != missing) lines.push_back(number_line(key, day_zero_ms + n * 10 * second_ms, n, 7));
  return lines;
}

TEST(BoundedLaw, WithoutGapsNoMoreThanTheAllowedLateness) {
  const auto lines = a_day("a");
  for (const std::size_t batch : {1u, 100u}) {
    const auto result = run(lines, {.batch = batch});
    // Ten minutes, a minute for disorder between brokers, and two blocks that are not full.
    EXPECT_LE(kept(result, "a"), 66u + 2 * HistoryBlock::full);
    EXPECT_GE(kept(result, "a"), 60u);
  }
}

TEST(BoundedLaw, AGapKeepsTheHistoryUntilItIsFilled) {
  auto lines = a_day("a", 5000);
  EXPECT_GE(kept(run(lines, {.batch = 100}), "a"), 8640u - 5000);
  lines.push_back(number_line("a", day_zero_ms + 50'000 * second_ms, 5000, 7, 40'000 * second_ms, true));
  for (std::uint32_t n = 8641; n < 8900; ++n)
    lines.push_back(number_line("a", day_zero_ms + n * 10 * second_ms + 40'000 * second_ms, n, 7));
  EXPECT_LE(kept(run(lines, {.batch = 100}), "a"), 66u + 2 * HistoryBlock::full);
}

TEST(BoundedLaw, AGapKeepsTheHistoryNoLongerThanTheHorizon) {
  const LatenessSettings two_hours{2 * hour_ms, 600'000, 300'000};
  const auto result = run(a_day("a", 1000), {.batch = 100, .lateness = two_hours});
  EXPECT_LE(kept(result, "a"), 66u + 2 * HistoryBlock::full);
  const auto recent = run(a_day("a", 8500), {.batch = 100, .lateness = two_hours});
  EXPECT_GE(kept(recent, "a"), 140u);
}

// What fills the most of a gap of two hours lies before its end; that a number is still missing keeps it no longer.
TEST(BoundedLaw, AGapThatWasFilledButForOneKeepsNoMore) {
  const LatenessSettings two_hours{2 * hour_ms, 600'000, 300'000};
  std::vector<Line> lines{number_line("a", day_zero_ms, 1, 7),
                          number_line("a", day_zero_ms + 7'220 * second_ms, 722, 7)};
  for (std::uint32_t n = 3; n < 722; ++n)
    lines.push_back(number_line("a", day_zero_ms + n * 10 * second_ms, n, 7, (7'221 - n * 10) * second_ms, true));
  for (std::uint32_t n = 723; n < 1'380; ++n) lines.push_back(number_line("a", day_zero_ms + n * 10 * second_ms, n, 7));
  const auto result = run(lines, {.batch = 100, .lateness = two_hours});
  EXPECT_EQ(result.account.applied, lines.size());
  EXPECT_LE(kept(result, "a"), 726u + 2 * HistoryBlock::full);
}

TEST(BoundedLaw, UnnumberedDevicesAndFaultyClocksCostNoMoreThanTheAllowedLateness) {
  std::vector<Line> unnumbered, faulty;
  for (std::uint32_t n = 1; n <= 8640; ++n) {
    unnumbered.push_back(number_line("a", day_zero_ms + n * 10 * second_ms, 0, 7));
    faulty.push_back(number_line("a", day_zero_ms + n * 10 * second_ms + 48 * hour_ms, n, 7, -48 * hour_ms));
  }
  for (const auto* lines : {&unnumbered, &faulty}) {
    const auto day = run(*lines, {.batch = 50});
    EXPECT_LE(kept(day, "a"), 66u + 3 * HistoryBlock::full);
    const auto tenth = run({lines->begin(), lines->begin() + 864}, {.batch = 50});
    EXPECT_LE(day.memory_bytes, tenth.memory_bytes + tenth.memory_bytes / 4) << "ten times the events, the same memory";
  }
}

TEST(BoundedLaw, MemoryIsThatOfTheKeysNotOfTheInput) {
  const auto with_keys = [](int keys, std::uint32_t events) {
    std::vector<Line> lines;
    for (std::uint32_t n = 1; n <= events; ++n)
      for (int key = 0; key < keys; ++key)
        lines.push_back(number_line("device-" + std::to_string(key), day_zero_ms + n * 30 * second_ms, n, 7));
    return run(lines, {.batch = 4096}).memory_bytes;
  };
  const auto few = with_keys(500, 60), long_run = with_keys(500, 240), many = with_keys(4'000, 60);
  EXPECT_LT(long_run, few + few / 2) << "four times the input of the same keys";
  EXPECT_GT(many, 2 * few) << "memory_bytes follows what is kept";
  EXPECT_LT(many, 16 * few);
}

TEST(BoundedLaw, HistoryAlertsAndLimitsAreAccountedFor) {
  const auto empty_bytes = run({number_line("a", day_zero_ms, 1, 7)}).memory_bytes;
  std::vector<Line> gap{number_line("a", day_zero_ms, 1, 7)};
  for (std::uint32_t n = 3; n < 3'003; ++n) gap.push_back(number_line("a", day_zero_ms + n * second_ms, n, 7));
  EXPECT_GT(run(gap, {.batch = 1}).memory_bytes, empty_bytes + 3'000 * sizeof(HistoryEntry));
  std::vector<Line> alarms;
  for (std::uint32_t n = 1; n < 1'001; ++n)
    alarms.push_back(number_line("a", day_zero_ms + n * second_ms, n, spike_value));
  EXPECT_GT(run(alarms, {.batch = 1}).memory_bytes, empty_bytes + 1'000 * (sizeof(Candidate) + sizeof(ToldAlert)));
}

TEST(BoundedLaw, OneTimerAKey) {
  std::vector<Line> lines;
  for (std::uint32_t n = 1; n <= 5'000; ++n) lines.push_back(number_line("a", day_zero_ms + n * 11, n, 7));
  const auto base_bytes = run({lines.begin(), lines.begin() + 1}, {.batch = 100}).memory_bytes;
  const auto bytes = run(lines, {.batch = 100}).memory_bytes - base_bytes;
  EXPECT_LT(bytes, lines.size() * sizeof(HistoryEntry) * 3 / 2 + 100 * sizeof(Row<Number>))
      << "the history and no more";
}

TEST(BoundedLaw, NamesOfKeysAreAccountedFor) {
  const auto with_name = [](std::size_t name_bytes) {
    std::vector<Line> lines;
    for (int key = 0; key < 1'000; ++key) {
      auto name = std::to_string(key);
      name.resize(name_bytes, '-');
      lines.push_back(number_line(name, day_zero_ms, 1, 7));
    }
    return run(lines).memory_bytes;
  };
  EXPECT_GE(with_name(400), with_name(10) + 2 * 1'000 * 390) << "in the table, and with what is kept of the key";
}

TEST(BoundedLaw, WhatIsOwedIsAccountedFor) {
  const auto each_other = [](std::uint32_t first_missing) {  // number left out
    std::vector<Line> lines;
    for (std::uint32_t n = 1; n <= 4'000; ++n)
      lines.push_back(number_line("a", day_zero_ms + n * 10, n < first_missing ? n : 2 * n - first_missing,
                                  largest_plain_value + 1));
    lines.push_back(
        number_line("a", day_zero_ms + 4'001 * 10, 100'000, 200));  // within a minute: nothing is judged meanwhile
    return run(lines, {.batch = 1}).memory_bytes;
  };
  EXPECT_GE(each_other(1), each_other(4'001) + 3'900 * sizeof(SequenceGap));
}

// A trip is known before its seal speaks: that must not cost its history.
TEST(BoundedLaw, AnEventTakesItsTwentyBytesWhateverCameFirst) {
  const auto memory_with_limit_at = [](std::uint32_t place) {
    std::vector<Line> lines;
    for (std::uint32_t n = 1; n <= 40; ++n) {
      if (n == place) {
        lines.push_back(number_line("a", day_zero_ms + n * 1'000 - 500, 0, default_limit));
        lines.back().topic = 1;
      }
      lines.push_back(number_line("a", day_zero_ms + n * 1'000, n, 7));
    }
    return static_cast<double>(run(lines, {.batch = 1}).memory_bytes);
  };
  EXPECT_NEAR(memory_with_limit_at(1), memory_with_limit_at(2), 500);
}

TEST(BoundedLaw, WhatIsOlderThanTheHorizonIsForgotten) {
  const LatenessSettings two_hours{2 * hour_ms, 600'000, 300'000};
  const auto spikes_for = [&](int hours) {
    std::vector<Line> lines;
    for (std::uint32_t n = 1; n <= static_cast<std::uint32_t>(hours) * 360; ++n)
      lines.push_back(number_line("a", day_zero_ms + n * 10 * second_ms, n, n % 6 == 0 ? spike_value : 7));
    return run(lines, {.batch = 64, .lateness = two_hours}).memory_bytes;
  };
  EXPECT_LT(spikes_for(24), spikes_for(6) * 3 / 2);
}

// Random devices, some with clocks at fault; then each behaves for longer than the horizon, and is judged once more.
std::vector<Line> a_round(std::uint64_t seed, TimeMs since_ms, std::size_t& tail_lines) {
  auto lines = make_random_lines(seed % 2 ? Arrival::backlog : Arrival::unnumbered, seed, 6, 150).lines;
  std::erase_if(lines, [](const Line& line) { return line.topic == 1; });  // the counting stage keeps limits for good
  std::mt19937_64 random(seed);
  std::map<std::string, bool> names;
  for (auto& line : lines) {
    const auto comma = line.value.find(',');
    const auto ill_ms = random() % 20 == 0 ? (random() % 2 ? 40 : -40) * hour_ms : 0;
    line.value = std::to_string(std::stoll(line.value.substr(0, comma)) + since_ms + ill_ms) + line.value.substr(comma);
    line.broker_ms += since_ms;
    names[line.key] = true;
  }
  const auto count = lines.size();
  const auto tail_ms = day_zero_ms + since_ms + 60 * hour_ms;
  for (std::uint32_t n = 1; n <= 480; ++n)  // counters begin anew: what was owed of the last run is not waited for
    for (const auto& [name, known] : names) lines.push_back(number_line(name, tail_ms + n * 30 * second_ms, n, 7));
  for (const auto& [name, known] : names) {
    lines.push_back(number_line(name, tail_ms + 4 * hour_ms, 0, default_limit, second_ms));
    lines.back().topic = 1;
  }
  tail_lines = lines.size() - count;
  return lines;
}

// Whatever came, once all of it has left, the memory is that of a device that sent nothing but the last hours. Five times
// over: a byte too many or too few for each event would add up, and below zero is the largest number there is. Where the
// last block of each of the six begins may differ: by about a kilobyte each.
TEST(BoundedLaw, MemoryReturnsToItsBase) {
  const RunOptions how{.batch = 60, .lateness = {3 * hour_ms, 600'000, 300'000}};
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    std::vector<Line> lines;
    double base_bytes = 0;
    for (int round = 0; round < 5; ++round) {
      std::size_t tail_lines = 0;
      const auto more = a_round(seed * 100 + static_cast<std::uint64_t>(round), round * 100 * hour_ms, tail_lines);
      if (round == 0)
        base_bytes = static_cast<double>(
            run({more.end() - static_cast<std::ptrdiff_t>(tail_lines), more.end()}, how).memory_bytes);
      lines.insert(lines.end(), more.begin(), more.end());
      const auto result = run(lines, how);
      EXPECT_LT(result.peak_memory_bytes, 10'000'000u) << "seed " << seed << ", round " << round;
      EXPECT_NEAR(static_cast<double>(result.memory_bytes), base_bytes, 6'000)
          << "seed " << seed << ", round " << round;
    }
  }
}

// What was accounted for is what there is: after a restart it is counted anew.
TEST(BoundedLaw, TheAccountOfMemoryDoesNotDrift) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto made = make_random_lines(Arrival::backlog, seed, 6, 200);
    const auto on = run(made.lines, {.batch = 20}).memory_bytes;
    const auto restarted = run(made.lines, {.batch = 20, .restart_each_epoch = true}).memory_bytes;
    EXPECT_NEAR(static_cast<double>(on), static_cast<double>(restarted), static_cast<double>(on) * 0.2)
        << "seed " << seed;
  }
}

}  // namespace
}  // namespace vigia::counting
