#include "connectors/simulator.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace vigia {
namespace {

constexpr TimeMs hour_ms = 3'600'000;

std::vector<SimulatedRoute> one_road() {
  std::vector<SimulatedRoute> routes;
  routes.emplace_back("road", std::vector<LatLon>{{-2.28, -79.9}, {-2.0, -79.6}, {-1.2, -79.4}, {-0.3, -78.5}}, 200,
                      "port", "capital");
  return routes;
}

struct Day {
  std::vector<SimulatedEvent> events;
  std::vector<GroundTruth> truth;
};

Day simulate(std::uint64_t seed, std::uint32_t trucks) {
  SimulatorOptions options;
  options.seed = seed;
  options.trucks = trucks;
  Simulator simulator(options, one_road());
  Day day;
  SimulatedEvent event;
  while (simulator.next(event)) day.events.push_back(std::move(event));
  day.truth = simulator.ground_truth();
  return day;
}

TEST(Simulator, ASiteHasItsDayAndABadNight) {
  SiteEquipment lists;
  lists.doors = {{"gate", "north", "yard", "", "", false, std::nullopt},
                 {"shed", "south", "yard", "", "", false, std::nullopt}};
  lists.cameras = {{"cam-street", "north", "street", std::nullopt}, {"cam", "north", "yard", std::nullopt}};
  const Equipment equipment(std::move(lists));
  SimulatorOptions options;
  options.trucks = 3;
  Simulator simulator(options, one_road(), equipment);
  std::map<StreamId, std::size_t> events;
  std::size_t late_grants = 0;
  TimeMs before_ms = 0;
  for (SimulatedEvent event; simulator.next(event); before_ms = event.broker_ms) {
    EXPECT_LE(before_ms, event.broker_ms);
    ++events[event.stream()];
    if (const auto* access = std::get_if<schema::AccessEventT>(&event.event)) late_grants += access->buffered;
  }
  EXPECT_GT(events[StreamId::access], 100U);
  EXPECT_GT(late_grants, 0U);
  EXPECT_EQ(events[StreamId::camera], 2U);  // dark, and light again
  std::map<std::string, std::string> happened;
  for (const GroundTruth& truth : simulator.ground_truth()) happened[truth.kind] = truth.subject_id;
  EXPECT_EQ(happened["incident"], "north|yard");
  EXPECT_EQ(happened["door_forced"], "gate");
  EXPECT_EQ(happened["camera_offline"], "cam");
}

TEST(Simulator, TheSameSeedGivesTheSameDay) {
  const Day a = simulate(7, 5);
  const Day b = simulate(7, 5);
  const Day c = simulate(8, 5);
  ASSERT_EQ(a.events.size(), b.events.size());
  for (std::size_t i = 0; i < a.events.size(); ++i) {
    ASSERT_EQ(a.events[i].broker_ms, b.events[i].broker_ms);
    ASSERT_EQ(a.events[i].key(), b.events[i].key());
  }
  EXPECT_NE(a.events.size(), c.events.size());
}

TEST(Simulator, EventsComeInTheOrderOfTheBrokersClock) {
  const Day day = simulate(1, 20);
  ASSERT_GT(day.events.size(), 5000U);
  for (std::size_t i = 1; i < day.events.size(); ++i) {
    ASSERT_LE(day.events[i - 1].broker_ms, day.events[i].broker_ms);
  }
}

TEST(Simulator, AfterAHoleTheLiveFixComesFirstAndThenTheMemoryNewestFirst) {
  const Day day = simulate(1, 20);
  std::map<std::string, const schema::SealEventT*> previous;
  std::size_t descending = 0;
  std::size_t ascending = 0;
  for (const SimulatedEvent& made : day.events) {
    if (made.stream() == StreamId::trip) continue;
    const auto& event = std::get<schema::SealEventT>(made.event);
    const schema::SealEventT*& last = previous[event.seal_id];
    if (event.buffered && last != nullptr && last->buffered)
      ++(event.sequence < last->sequence ? descending : ascending);
    last = &event;
  }
  EXPECT_GT(descending, 100U);
  EXPECT_LT(ascending * 10, descending);  // only repetitions, and live pings in between, break the order
}

TEST(Simulator, EverySequenceNumberComesAtLeastOnce) {
  const Day day = simulate(3, 20);
  std::map<std::string, std::set<std::uint32_t>> seen;
  for (const SimulatedEvent& made : day.events) {
    if (made.stream() == StreamId::trip) continue;
    const auto& event = std::get<schema::SealEventT>(made.event);
    if (event.sequence != 0) seen[event.seal_id].insert(event.sequence);  // 0: rubbish
  }
  for (const auto& [seal, numbers] : seen) EXPECT_EQ(numbers.size(), *numbers.rbegin()) << seal;
}

TEST(Simulator, EveryTripThatStartsIsFinishedAndEachKindOfTrouble) {
  const Day day = simulate(5, 400);
  std::map<schema::TripAction, std::size_t> actions;
  for (const SimulatedEvent& made : day.events) {
    if (made.stream() == StreamId::trip) ++actions[std::get<schema::TripEventT>(made.event).action];
  }
  EXPECT_EQ(actions[schema::TripAction::start], actions[schema::TripAction::finish]);
  std::set<std::string> kinds;
  for (const GroundTruth& truth : day.truth) {
    kinds.insert(truth.kind);
    EXPECT_LE(truth.start_ms, truth.end_ms) << truth.kind;
  }
  EXPECT_EQ(kinds, (std::set<std::string>{"unauthorized_stop", "route_deviation", "seal_opened", "seal_tampered",
                                          "seal_removed", "seal_wrong_unlock", "second_placement", "trip_delayed",
                                          "signal_lost", "panic", "weight_difference", "clock_fault"}));
  for (const GroundTruth& truth : day.truth) {
    if (truth.kind == "unauthorized_stop") {
      EXPECT_GT(truth.end_ms - truth.start_ms, hour_ms / 4);
    }
  }
}

}  // namespace
}  // namespace vigia
