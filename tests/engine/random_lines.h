// Random devices for the counting stage: steady, silent, high and spiking, with duplicates, and limits that change. The
// same seed gives the same lines.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/engine/counting_run.h"

namespace vigia::counting {

inline constexpr TimeMs day_zero_ms = 1'772'409'600'000;
inline constexpr TimeMs hour_ms = 3'600'000;

enum class Arrival {
  in_order,
  backlog,     // numbered; what is made in a coverage hole comes after it, in any order, up to hours late
  unnumbered,  // no numbers; everything comes within the allowed lateness
};

struct RandomLines {
  std::vector<Line> lines;  // in the order of arrival
  TimeMs until_ms = 0;
};

[[nodiscard]] inline RandomLines make_random_lines(Arrival arrival, std::uint64_t seed, int keys = 4, int steps = 120) {
  std::mt19937_64 random(seed);
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  const auto chance = [&](int percent) { return between(1, 100) <= percent; };
  RandomLines made;
  for (int k = 0; k < keys; ++k) {
    const auto key = "device-" + std::to_string(k) + (k % 2 ? "-with-a-name-longer-than-a-bucket" : "");
    TimeMs now_ms = day_zero_ms + between(0, 60'000);
    auto sequence = static_cast<std::uint32_t>(between(1, 50'000));
    std::vector<Line> backlog;
    int hole = 0;
    for (int step = 0; step < steps; ++step) {
      now_ms += chance(85) ? between(1'000, 40'000) : between(60'000, 400'000);
      const std::int64_t value = chance(3) ? spike_value : chance(15) ? between(101, 5'000'000) : between(-20, 100);
      const auto number = arrival == Arrival::unnumbered ? 0 : sequence++;
      if (arrival == Arrival::backlog && hole == 0 && step > 0 && chance(5)) hole = static_cast<int>(between(1, 40));
      if (hole > 0) {
        if (!chance(10)) backlog.push_back(number_line(key, now_ms, number, value, 0, true));  // else lost for good
        if (--hole > 0) continue;
        std::shuffle(backlog.begin(), backlog.end(), random);
        const TimeMs back_ms = now_ms + between(10'000, 3 * hour_ms);
        for (auto& late : backlog)
          made.lines.push_back(late), made.lines.back().broker_ms = back_ms + between(0, 5'000);
        backlog.clear();
        continue;
      }
      const TimeMs delay_ms = arrival == Arrival::unnumbered ? between(0, 400'000) : between(0, 800);
      made.lines.push_back(number_line(key, now_ms, number, value, delay_ms));
      if (chance(6)) {
        auto twice = made.lines.back();
        twice.broker_ms += between(0, 100'000);
        made.lines.push_back(std::move(twice));
      }
      if (chance(2)) {
        auto limit = number_line(key, now_ms - between(0, 300'000), 0, between(50, 150), between(0, 300'000));
        limit.topic = 1;
        made.lines.push_back(std::move(limit));
      }
    }
  }
  std::stable_sort(made.lines.begin(), made.lines.end(),
                   [](const Line& a, const Line& b) { return a.broker_ms < b.broker_ms; });
  const TimeMs ends_ms[] = {0, 30'000, 300'000, 11 * 60'000, 30 * hour_ms};
  made.until_ms = made.lines.back().broker_ms + ends_ms[random() % 5];
  return made;
}

}  // namespace vigia::counting
