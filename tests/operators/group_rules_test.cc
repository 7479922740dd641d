// Rules of the second stage as the pure functions that they are: from a group's events to episodes. What they take of events,
// and that the order of arrival does not matter, is in tests/scenarios/4.* and 6.09-*.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <fmt/format.h>

#include "operators/group_rules.h"

namespace vigia {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::shared_ptr<const SiteModel> site() {
  SiteEquipment lists;
  for (const auto& [id, place] : {std::pair("a", LatLon{0, 0}), std::pair("b", LatLon{0, 1})}) {
    auto& door = lists.doors.emplace_back();
    door.id = id;
    door.area = "yard";
    door.place = place;
  }
  auto model = std::make_shared<SiteModel>();
  model->equipment = Equipment(std::move(lists));
  return model;
}

std::shared_ptr<const GroupRule> rule(const std::string& kind, std::map<std::string, ParamValue, std::less<>> params,
                                      Only only = {}) {
  RuleSpec spec;
  spec.id = "r";
  spec.kind = kind;
  spec.params = std::move(params);
  spec.only = std::move(only);
  auto rules = make_group_rules({spec}, site());
  return rules.empty() ? nullptr : rules.front();
}

struct Event : GroupEvent {
  Event(TimeMs at, std::uint32_t bits, std::uint64_t what, std::uint32_t number, std::string_view device,
        std::string_view form = {}, EvidenceRef record = {})
      : GroupEvent{at, bits, what, number, device, form, record} {}
};

// "START-END STATUS", in order.
std::vector<std::string> judged(const GroupRule& rule, const std::vector<Event>& set, TimeMs clock_ms = 1'000'000,
                                TimeMs* due_ms = nullptr) {
  std::vector<GroupEvent> events(set.begin(), set.end());
  std::ranges::sort(events, std::less<>());
  Judgement out;
  rule.judge(events, clock_ms, out);
  if (due_ms != nullptr) *due_ms = out.due_ms;
  std::vector<std::string> texts;
  for (const auto& episode : out.episodes)
    texts.push_back(
        fmt::format("{}-{} {}", episode.start_ms, episode.end_ms, schema::EnumNameAlertStatus(episode.status)));
  return texts;
}

constexpr std::uint32_t in = 1, out = 2;

TEST(GroupRules, TheTableTakesRepeatedDenialsByHolderAndLeavesThoseByDoor) {
  using Params = std::map<std::string, ParamValue, std::less<>>;
  const auto params = [](const char* by) {
    return Params{{"window", std::int64_t{1000}}, {"count", std::int64_t{2}}, {"by", std::string(by)}};
  };
  EXPECT_NE(rule("repeated_denials", params("holder")), nullptr);
  EXPECT_EQ(rule("repeated_denials", params("door")), nullptr);
  EXPECT_EQ(rule("door_forced", {}), nullptr);
}

// Semantics 1.1: time, sequence, device, canonical form.
TEST(GroupRules, AtOneTimeTheOrderIsBySequenceThenDeviceThenContent) {
  const auto passback = rule("anti_passback", {});
  EXPECT_THAT(judged(*passback, {{5, in, 0, 2, "a"}, {5, out, 0, 1, "b"}, {6, out, 0, 0, "a"}}), IsEmpty());
  EXPECT_THAT(judged(*passback, {{5, in, 0, 1, "a"}, {5, out, 0, 2, "b"}, {6, out, 0, 0, "a"}}),
              ElementsAre("6-6 confirmed"));
  EXPECT_THAT(judged(*passback, {{5, in, 0, 0, "b"}, {5, out, 0, 0, "a"}, {6, out, 0, 0, "a"}}), IsEmpty());
  EXPECT_THAT(judged(*passback, {{5, in, 0, 0, "a", "y"}, {5, out, 0, 0, "a", "x"}, {6, out, 0, 0, "a"}}), IsEmpty());
  EXPECT_THAT(judged(*passback, {{5, in, 0, 0, "a", "x"}, {5, out, 0, 0, "a", "y"}, {6, out, 0, 0, "a"}}),
              ElementsAre("6-6 confirmed"));
}

TEST(GroupRules, OnlyLimitsWhatIsToldAndNotWhatIsKnown) {
  const auto passback = rule("anti_passback", {}, {{}, {}, {"a"}});
  EXPECT_THAT(judged(*passback, {{1, in, 0, 0, "a"}, {2, out, 0, 0, "b"}, {3, in, 0, 0, "a"}}), IsEmpty());
  EXPECT_THAT(judged(*passback, {{1, in, 0, 0, "b"}, {2, in, 0, 0, "b"}, {3, in, 0, 0, "a"}}),
              ElementsAre("3-3 confirmed"));
}

TEST(GroupRules, AnAlertNamesBothRecords) {
  const auto passback = rule("anti_passback", {});
  const EvidenceRef first{TopicIndex{0}, PartitionId{1}, Offset{7}}, second{TopicIndex{0}, PartitionId{2}, Offset{9}};
  const std::vector<GroupEvent> events = {Event{1, in, 0, 0, "a", {}, first}, Event{2, in, 0, 0, "b", {}, second}};
  Judgement judgement;
  passback->judge(events, 10, judgement);
  ASSERT_EQ(judgement.episodes.size(), 1u);
  EXPECT_EQ(judgement.episodes[0].evidence[0], first);
  EXPECT_EQ(judgement.episodes[0].evidence[1], second);
  EXPECT_EQ(device_of(judgement.episodes[0].context, std::vector<std::string_view>{"a", "b"}), "b");
  EXPECT_EQ(other_device_of(judgement.episodes[0].context, std::vector<std::string_view>{"a", "b"}), "a");
}

// Semantics 4.5. Windows are inclusive at both ends.
TEST(GroupRules, DenialsGoOnWhileTheNextComesWithinTheWindow) {
  const auto denials = rule(
      "repeated_denials", {{"window", std::int64_t{1000}}, {"count", std::int64_t{3}}, {"by", std::string("holder")}});
  const auto at = [](std::initializer_list<TimeMs> times) {
    std::vector<Event> events;
    for (const auto time_ms : times) events.push_back({time_ms, 1, 0, 0, "a"});
    return events;
  };
  EXPECT_THAT(judged(*denials, at({0, 500, 1001})), IsEmpty());
  EXPECT_THAT(judged(*denials, at({0, 500, 1000})), ElementsAre("0-1000 cleared"));
  EXPECT_THAT(judged(*denials, at({0, 0, 0, 1000, 2000, 3001, 3002, 3003})),
              ElementsAre("0-2000 cleared", "3001-3003 cleared"));
  TimeMs due_ms = 0;
  EXPECT_THAT(judged(*denials, at({0, 500, 1000}), 2000, &due_ms), ElementsAre("0-0 confirmed"));
  EXPECT_EQ(due_ms, 2000);
  EXPECT_THAT(judged(*denials, at({0, 500, 1000}), 2001, &due_ms), ElementsAre("0-1000 cleared"));
  EXPECT_EQ(due_ms, never_ms);
}

// From a to b are 111.195 km. Exactly the speed is no alert, and at equal times it is that over a second.
TEST(GroupRules, TravelIsImpossibleBeyondTheSpeed) {
  const auto badges = [](TimeMs apart_ms) { return std::vector<Event>{{0, 1, 0, 0, "a"}, {apart_ms, 1, 0, 0, "b"}}; };
  const auto distance_km = distance_m({0, 0}, {0, 1}) / 1000;
  const auto travel = rule("impossible_travel", {{"max_speed_kmh", distance_km}});
  EXPECT_THAT(judged(*travel, badges(3'600'000)), IsEmpty());
  EXPECT_THAT(judged(*travel, badges(3'599'999)), ElementsAre("3599999-3599999 confirmed"));
  EXPECT_THAT(judged(*rule("impossible_travel", {{"max_speed_kmh", distance_km * 3600}}), badges(0)), IsEmpty());
  EXPECT_THAT(judged(*rule("impossible_travel", {{"max_speed_kmh", distance_km * 3599}}), badges(0)),
              ElementsAre("0-0 confirmed"));
}

TEST(GroupRules, ABadgeBetweenTwoLogonsDecides) {
  constexpr std::uint32_t away = 1, inside = 2, logon = 4;
  const auto logons = rule("logon_badged_out", {});
  EXPECT_THAT(judged(*logons, {{1, logon, 0, 0, "pc"},
                               {2, away, 0, 0, "a"},
                               {3, logon, 0, 0, "pc"},
                               {4, inside, 0, 0, "a"},
                               {5, logon, 0, 0, "pc"}}),
              ElementsAre("3-3 confirmed"));
}

TEST(GroupRules, TailgatingIsToldWhenThePassageIsOver) {
  constexpr std::uint32_t grant = 1, beside = 2, person = 4 | 1 << 3;
  const auto tailgating = rule("tailgating", {{"window", std::int64_t{10}}});
  const std::vector<Event> two = {{0, grant, 0, 0, "a"}, {1, person, 11, 0, "c"}, {10, person, 12, 0, "c"}};
  TimeMs due_ms = 0;
  EXPECT_THAT(judged(*tailgating, two, 10, &due_ms), IsEmpty());
  EXPECT_EQ(due_ms, 10);
  EXPECT_THAT(judged(*tailgating, two, 11), ElementsAre("0-10 cleared"));
  auto granted = two;
  granted.push_back({10, beside, 0, 0, "b"});
  EXPECT_THAT(judged(*tailgating, granted, 100), IsEmpty());
  granted.push_back({15, person, 13, 0, "c"});
  EXPECT_THAT(judged(*tailgating, granted, 100), ElementsAre("0-20 cleared"));
  // At the time of the grant, whichever stands before the other.
  EXPECT_THAT(judged(*tailgating, {{0, grant, 0, 0, "a"}, {0, person, 1, 0, "0"}, {0, person, 2, 0, "z"}}, 100),
              ElementsAre("0-10 cleared"));
  // Another door's grant is no passage of this one.
  EXPECT_THAT(judged(*tailgating, {{0, beside, 0, 0, "b"}, {1, person, 1, 0, "c"}, {1, person, 2, 0, "c"}}, 100),
              IsEmpty());
}

}  // namespace
}  // namespace vigia
