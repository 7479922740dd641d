#include "operators/correlation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace vigia {
namespace {

using Events = std::vector<CorrelationEvent>;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimeMs much_later = 1'000'000;

std::vector<Incident> find(const CorrelationSpec& spec, Events events, TimeMs clock_ms = much_later) {
  std::ranges::stable_sort(events, {}, &CorrelationEvent::start_ms);
  IncidentSearch search;
  std::vector<Incident> out;
  (void)search.find(spec, events, clock_ms, out);
  return out;
}

CorrelationEvent at(TimeMs ms, std::uint32_t rules = 1, std::uint64_t value = 0) { return {ms, ms, value, rules}; }

// Whether a chain through the rules `rule`, ... ends in one of the last rule at `to`, each event another, times not falling.
bool has_chain(const CorrelationSpec& spec, const Events& window, std::size_t rule, TimeMs from, TimeMs to,
               std::set<std::size_t>& used) {
  if (rule == spec.rules) return true;
  for (std::size_t i = 0; i < window.size(); ++i) {
    if (used.contains(i) || (window[i].rules >> rule & 1) == 0 || window[i].start_ms < from) continue;
    if (rule + 1 == spec.rules && window[i].start_ms != to) continue;
    used.insert(i);
    if (has_chain(spec, window, rule + 1, window[i].start_ms, to, used)) return true;
    used.erase(i);
  }
  return false;
}

bool naive_holds(const CorrelationSpec& spec, const Events& window, TimeMs t) {
  std::set<std::uint64_t> values;
  std::uint32_t rules = 0;
  for (const auto& event : window) {
    values.insert(event.value);
    rules |= event.rules;
  }
  std::set<std::size_t> used;
  switch (spec.type) {
    case CorrelationType::event_count: return static_cast<std::int64_t>(window.size()) >= spec.at_least;
    case CorrelationType::value_count: return static_cast<std::int64_t>(values.size()) >= spec.at_least;
    case CorrelationType::temporal: return rules == (1u << spec.rules) - 1;
    default: return has_chain(spec, window, 0, no_time_ms, t, used);
  }
}

// From the sentences, event by event.
std::vector<Incident> naive(const CorrelationSpec& spec, const Events& events, TimeMs clock_ms) {
  const auto window_of = [&](TimeMs from, TimeMs to, std::uint32_t rules) {
    Events window;
    for (const auto& event : events)
      if (event.start_ms <= to && event.end_ms >= from && (event.rules & rules) != 0) window.push_back(event);
    return window;
  };
  std::vector<Incident> out;
  if (spec.type == CorrelationType::absence) {
    for (const auto& event : events) {
      if ((event.rules & 1) == 0) continue;
      const auto t = event.start_ms, timespan = spec.timespan_ms;
      if (spec.before) {
        if (window_of(t - timespan, t, 2).empty()) out.push_back({t, t, true});
      } else if (clock_ms > t + timespan && window_of(t, t + timespan, 2).empty()) {
        out.push_back({t, t + timespan, true});
      }
    }
    return out;
  }
  std::set<TimeMs> hits;
  for (const auto& event : events)
    if (naive_holds(spec, window_of(event.start_ms - spec.timespan_ms, event.start_ms, ~0u), event.start_ms))
      hits.insert(event.start_ms);
  for (const auto hit : hits) {
    if (out.empty() || hit - out.back().end_ms > spec.timespan_ms) {
      TimeMs start = never_ms;
      const auto first = spec.type == CorrelationType::temporal_ordered ? 1u : ~0u;
      for (const auto& event : window_of(hit - spec.timespan_ms, hit, first)) start = std::min(start, event.start_ms);
      out.push_back({start, hit, false});
    }
    out.back().end_ms = hit;
  }
  for (auto& incident : out) incident.is_over = clock_ms > incident.end_ms + spec.timespan_ms;
  return out;
}

TEST(Correlation, AsTheSentencesSayForSmallRandomSets) {
  constexpr std::uint64_t seed = 20260305;
  std::mt19937_64 random(seed);
  const auto pick = [&](std::uint64_t count) { return random() % count; };
  std::size_t found = 0;
  for (int round = 0; round < 60'000; ++round) {
    CorrelationSpec spec;
    spec.type = static_cast<CorrelationType>(pick(5));
    spec.rules = spec.type == CorrelationType::absence ? 2 : 1 + pick(4);
    spec.timespan_ms = static_cast<TimeMs>(1 + pick(8));
    spec.at_least = static_cast<std::int64_t>(1 + pick(4));
    spec.before = pick(2) == 0;
    const bool intervals = pick(3) == 0;
    Events events;
    for (auto count = pick(9); count > 0; --count) {
      const auto start = static_cast<TimeMs>(pick(24));
      const auto end = !intervals ? start : pick(6) == 0 ? never_ms : start + static_cast<TimeMs>(pick(12));
      events.push_back({start, end, pick(4), static_cast<std::uint32_t>(1 + pick((1u << spec.rules) - 1))});
    }
    const auto clock = static_cast<TimeMs>(pick(50));
    std::ranges::stable_sort(events, {}, &CorrelationEvent::start_ms);
    const auto expected = naive(spec, events, clock);
    found += expected.size();
    ASSERT_EQ(find(spec, events, clock), expected)
        << "seed " << seed << " round " << round << " type " << static_cast<int>(spec.type);
  }
  EXPECT_GT(found, 10'000u);
}

TEST(Correlation, WhatIsTakenBackCountsForNothing) {
  std::mt19937_64 random(9);
  std::size_t found = 0;
  for (int round = 0; round < 5'000; ++round) {
    CorrelationSpec spec;
    spec.type = static_cast<CorrelationType>(random() % 5);
    spec.rules = 2;
    spec.timespan_ms = static_cast<TimeMs>(1 + random() % 8);
    spec.at_least = static_cast<std::int64_t>(1 + random() % 3);
    Events events;
    for (auto count = random() % 9; count > 0; --count) {
      const auto start = static_cast<TimeMs>(random() % 24);
      const auto end = random() % 3 == 0 ? start + static_cast<TimeMs>(random() % 12) : start;
      events.push_back({start, end, random() % 3, static_cast<std::uint32_t>(random() % 4)});
    }
    const auto clock = static_cast<TimeMs>(random() % 50);
    auto left = events;
    std::erase_if(left, [](const CorrelationEvent& event) { return event.rules == 0; });
    std::ranges::stable_sort(left, {}, &CorrelationEvent::start_ms);
    const auto expected = naive(spec, left, clock);
    found += expected.size();
    ASSERT_EQ(find(spec, events, clock), expected) << "round " << round << " type " << static_cast<int>(spec.type);
  }
  EXPECT_GT(found, 1'000u);
}

// The clock alone changes nothing before the time that was answered, and something behind it.
TEST(Correlation, TheDueTimeIsWhenTheClockAloneChangesThem) {
  std::mt19937_64 random(7);
  IncidentSearch search;
  std::vector<Incident> now, then;
  for (int round = 0; round < 5'000; ++round) {
    CorrelationSpec spec;
    spec.type = static_cast<CorrelationType>(random() % 5);
    spec.rules = 2;
    spec.timespan_ms = static_cast<TimeMs>(1 + random() % 8);
    Events events;
    for (auto count = random() % 5; count > 0; --count)
      events.push_back(at(static_cast<TimeMs>(random() % 20), 1 + random() % 3, random() % 3));
    std::ranges::stable_sort(events, {}, &CorrelationEvent::start_ms);
    const auto clock = static_cast<TimeMs>(random() % 40);
    const auto due = search.find(spec, events, clock, now);
    if (due == never_ms) {
      (void)search.find(spec, events, much_later, then);
      EXPECT_EQ(now, then);
      continue;
    }
    EXPECT_GE(due, clock);
    (void)search.find(spec, events, due, then);
    EXPECT_EQ(now, then);
    (void)search.find(spec, events, due + 1, then);
    EXPECT_NE(now, then);
  }
}

TEST(Correlation, EndsOfWindowsAreInside) {
  const CorrelationSpec count{.type = CorrelationType::event_count, .timespan_ms = 10, .at_least = 2};
  EXPECT_THAT(find(count, {at(0), at(10)}), ElementsAre(Incident{0, 10, true}));
  EXPECT_THAT(find(count, {at(0), at(11)}), IsEmpty());
  // Hits at 5 and 15 are 10 apart, those at 5 and 16 with it are not.
  EXPECT_THAT(find(count, {at(0), at(5), at(15)}), ElementsAre(Incident{0, 15, true}));
  EXPECT_THAT(find(count, {at(0), at(5), at(16), at(17)}), ElementsAre(Incident{0, 5, true}, Incident{16, 17, true}));
}

TEST(Correlation, AnOrderedChainHasAnEventForEachRule) {
  const CorrelationSpec ordered{.type = CorrelationType::temporal_ordered, .rules = 2, .timespan_ms = 10};
  EXPECT_THAT(find(ordered, {at(0, 3)}), IsEmpty());
  EXPECT_THAT(find(ordered, {at(0, 3), at(0, 3)}), ElementsAre(Incident{0, 0, true}));
  EXPECT_THAT(find(ordered, {at(0, 2), at(1, 1)}), IsEmpty());
  EXPECT_THAT(find(ordered, {at(0, 1), at(0, 2)}), ElementsAre(Incident{0, 0, true}));
}

TEST(Correlation, AnIncidentLastsUntilTheTimespanHasPassed) {
  const CorrelationSpec count{.type = CorrelationType::event_count, .timespan_ms = 10, .at_least = 1};
  EXPECT_THAT(find(count, {at(0)}, 10), ElementsAre(Incident{0, 0, false}));
  EXPECT_THAT(find(count, {at(0)}, 11), ElementsAre(Incident{0, 0, true}));
}

TEST(Correlation, AnAlertCountsWhileItLasts) {
  const CorrelationSpec both{.type = CorrelationType::temporal, .rules = 2, .timespan_ms = 10};
  EXPECT_THAT(find(both, {{0, 100, 0, 1}, at(105, 2)}), ElementsAre(Incident{0, 105, true}));
  EXPECT_THAT(find(both, {{0, 100, 0, 1}, at(111, 2)}), IsEmpty());
  EXPECT_THAT(find(both, {{0, never_ms, 0, 1}, at(5'000, 2)}), ElementsAre(Incident{0, 5'000, true}));
}

}  // namespace
}  // namespace vigia
