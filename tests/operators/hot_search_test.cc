// A search that remembers how far it has come says what one says that begins anew, whatever comes, and does not do the work of
// all events for each.
#include "operators/hot_search.h"

#include <gtest/gtest.h>

#include <random>

namespace vigia {
namespace {

using Events = std::vector<CorrelationEvent>;

CorrelationEvent at(TimeMs ms, std::uint32_t rules = 1, std::uint64_t value = 0) { return {ms, ms, value, rules}; }

void insert(Events& events, HotSearch& search, const CorrelationEvent& event) {
  search.change(event.start_ms);
  events.insert(std::ranges::upper_bound(events, event.start_ms, {}, &CorrelationEvent::start_ms), event);
}

TEST(HotSearch, OrderLawItSaysWhatTheWholeSearchSays) {
  constexpr std::uint64_t seed = 20260306;
  std::mt19937_64 random(seed);
  const auto pick = [&](std::uint64_t count) { return static_cast<TimeMs>(random() % count); };
  IncidentSearch whole;
  std::vector<Incident> expected, got;
  std::size_t found = 0;
  for (int round = 0; round < 40; ++round) {
    CorrelationSpec spec;
    spec.type = static_cast<CorrelationType>(round % 4);
    spec.rules = static_cast<std::size_t>(1 + pick(3));
    spec.timespan_ms = 1 + pick(120);
    spec.at_least = 2 + pick(30);
    const TimeMs late_ms = round % 3 == 0 ? 400 : 20;  // how late events may come
    Events events;
    HotSearch search;
    for (TimeMs now_ms = 1'000; events.size() < 900; now_ms += pick(3)) {
      const auto rules = static_cast<std::uint32_t>(1 + pick(1u << spec.rules) % ((1u << spec.rules) - 1));
      const auto late = pick(4) == 0 ? pick(static_cast<std::uint64_t>(late_ms)) : 0;
      insert(events, search, at(now_ms - late, rules, random() % 20));
      if (pick(10) == 0) {  // one is taken back
        auto& event = events[events.size() - 1 - random() % std::min<std::size_t>(events.size(), 100)];
        search.change(event.start_ms);
        event.rules = 0;
      }
      if (pick(300) == 0 && events.size() > 300) {  // old ones go
        events.erase(events.begin(), events.begin() + 40);
        search.forget();
      }
      if (pick(50) == 0) now_ms += pick(200);
      const auto clock_ms = now_ms + pick(50);
      const auto due_ms = whole.find(spec, events, clock_ms, expected);
      ASSERT_EQ(search.find(spec, events, clock_ms, got), due_ms) << "seed " << seed << " round " << round;
      ASSERT_EQ(got, expected) << "seed " << seed << " round " << round << " events " << events.size();
      found += expected.size();
    }
  }
  EXPECT_GT(found, 10'000u);
}

std::uint64_t steps_of_a_flood(CorrelationType type, std::size_t count, std::size_t late_by_max) {
  CorrelationSpec spec;
  spec.type = type;
  spec.rules = 2;
  spec.timespan_ms = 3'600'000;
  spec.at_least = 5;
  std::mt19937_64 random(1);
  Events events;
  HotSearch search;
  std::vector<Incident> out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto late = late_by_max == 0 ? 0 : random() % late_by_max;
    insert(events, search, at(static_cast<TimeMs>(10 * (i + late_by_max - late)), 1 + i % 2, random()));
    (void)search.find(spec, events, static_cast<TimeMs>(10 * i), out);
  }
  EXPECT_EQ(out.size(), 1u);
  return search.steps();
}

// Searched from the beginning, a hundred thousand events are five thousand million steps, and ten times as many a hundred
// times that.
TEST(HotSearch, BoundedLawAFloodIsNotTheSquareOfItsEvents) {
  for (const auto type : {CorrelationType::event_count, CorrelationType::value_count, CorrelationType::temporal,
                          CorrelationType::temporal_ordered})
    EXPECT_LT(steps_of_a_flood(type, 100'000, 0), 100'000u * 300);
}

TEST(HotSearch, BoundedLawNorIsOneWhoseEventsComeOutOfOrder) {
  for (const auto type : {CorrelationType::event_count, CorrelationType::value_count})
    EXPECT_LT(steps_of_a_flood(type, 20'000, 300), 20'000u * 3'000);
}

}  // namespace
}  // namespace vigia
