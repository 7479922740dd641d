// Rules, zones and routes that change while trucks are on their way: what a control room expects of its open alerts.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "connectors/pipeline_config.h"
#include "tests/operators/kit/operator_kit.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/temp_dir.h"

namespace vigia::kit {
namespace {

std::string lon_lat(double east_m, double north_m) {
  constexpr double metres_per_degree = 6'371'008.8 * 3.14159265358979323846 / 180;
  return fmt::format("[{:.17g},{:.17g}]", east_m / metres_per_degree, north_m / metres_per_degree);
}

struct Round {
  std::string id, kind;
  double east_m = 0;
  double radius_m = 300;
};

// Along the east axis, 200 m to each side.
struct Straight {
  std::string id;
  double north_m = 0;
};

struct Configuration {
  std::vector<std::string> rules;
  std::vector<Round> zones = {{"home", "depot", 0}};
  std::vector<Straight> routes = {{"r"}};
};

std::string collection(const Configuration& configuration) {
  std::string features;
  const auto add = [&](const std::string& properties, const std::string& geometry) {
    features += fmt::format(R"({}{{"type":"Feature","properties":{{{}}},"geometry":{{{}}}}})",
                            features.empty() ? "" : ",", properties, geometry);
  };
  for (const Round& zone : configuration.zones)
    add(fmt::format(R"("id":"{}","kind":"{}","radius_m":{})", zone.id, zone.kind, zone.radius_m),
        fmt::format(R"("type":"Point","coordinates":{})", lon_lat(zone.east_m, 0)));
  for (const Straight& route : configuration.routes)
    add(fmt::format(R"("id":"{}","corridor_half_width_m":200)", route.id),
        fmt::format(R"("type":"LineString","coordinates":[{},{}])", lon_lat(0, route.north_m),
                    lon_lat(20'000, route.north_m)));
  return fmt::format(R"({{"type":"FeatureCollection","features":[{}]}})", features);
}

harness::LoadedStage stage_of(const Configuration& configuration) {
  const harness::TempDir directory;
  directory.write("site.geojson", collection(configuration));
  std::string text =
      "application: kit\ntimezone: UTC\ntime: {clock: records}\nsite: [site.geojson]\n"
      "sources: [{topic: seal.events, stream: seal}, {topic: trip.events, stream: trip}]\nrules:\n";
  for (const auto& rule : configuration.rules) text += "  - " + rule + "\n";
  if (configuration.rules.empty()) text += "  []\n";
  auto loaded = load_pipeline(directory.write("pipeline.yaml", text));
  for (const auto& error : loaded.errors)
    ADD_FAILURE() << "line " << error.line << ": found " << error.found << ", expected " << error.expected;
  return harness::stage_of(std::move(loaded));
}

using Words = std::vector<std::string>;

// All revisions of a rule's alerts: status, from and to in minutes, and why it ended when its rule is gone.
Words told(const harness::RunResult& run, const std::string& rule) {
  Words words;
  for (const Alert& alert : run.revisions) {
    if (alert.rule_id != rule) continue;
    const auto minute = [](TimeMs time_ms) { return time_ms == 0 ? -1 : (time_ms - zero_ms) / minute_ms; };
    words.push_back(fmt::format("{} {}..{}", schema::EnumNameAlertStatus(alert.status), minute(alert.start_ms),
                                minute(alert.end_ms)));
    for (const auto& attribute : alert.attributes)
      if (attribute->key == "ended_by") words.back() += " by " + attribute->value;
  }
  return words;
}

// The second configuration holds from line `at` on. One epoch a line; the same bytes spilled, restarted, on threads.
harness::RunResult run(const std::vector<Line>& lines, const Configuration& before, const Configuration& after,
                       std::size_t at) {
  const auto first = stage_of(before), second = stage_of(after);
  harness::RunOptions options{.batch = 1, .reload = {{at, &second}}};
  const auto result = harness::run_engine(first, lines, options);
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(harness::broken_life_cycle(result.revisions), "");
  for (const unsigned threads : {1u, 2u})
    for (const bool restarts : {false, true})
      for (const bool spills : {false, true}) {
        options.threads = threads;
        options.restart_each_epoch = restarts;
        options.spill_each_epoch = spills;
        EXPECT_EQ(harness::run_engine(first, lines, options).bytes, result.bytes)
            << threads << " threads, restarts " << restarts << ", spilled " << spills;
      }
  return result;
}

// A truck that stands at `place` from one minute to another, a message a minute.
void stand(std::vector<Line>& lines, int from, int to, Place place) {
  for (int minute = from; minute <= to; ++minute)
    lines.push_back(ping(at(minute), place, {.sequence = static_cast<std::uint32_t>(minute + 1)}));
}

const std::string stop = "{id: stop, kind: unauthorized_stop}";
const std::string patient_stop = "{id: stop, kind: unauthorized_stop, limit: 30m}";

TEST(Reload, ALongerLimitTakesAnOpenStopBackUntilItIsThatLong) {
  std::vector<Line> lines{start(at(0))};
  stand(lines, 1, 35, {5'000, 0});
  const auto result = run(lines, {{stop}}, {{patient_stop}}, 21);
  EXPECT_EQ(told(result, "stop"), (Words{"confirmed 1..-1", "withdrawn 1..-1", "confirmed 1..-1"}));
  EXPECT_EQ(result.revisions[1].detected_ms, at(20)) << "at the clock of the change";
  EXPECT_EQ(result.revisions[0].alert_id, result.revisions[2].alert_id);
  EXPECT_NE(result.revisions[0].rule_hash, result.revisions[1].rule_hash);
}

TEST(Reload, AShorterLimitRaisesWhatIsThatLongAlready) {
  std::vector<Line> lines{start(at(0))};
  stand(lines, 1, 25, {5'000, 0});
  EXPECT_EQ(told(run(lines, {{patient_stop}}, {{stop}}, 21), "stop"), (Words{"confirmed 1..-1"}));
}

TEST(Reload, AStopFromBeforeTheHistoryKeepsItsBeginning) {
  std::vector<Line> lines{start(at(0))};
  for (int n = 1; n <= 60 * 4; ++n)
    lines.push_back(ping(at(n / 4, n % 4 * 15), {5'000, 0}, {.sequence = static_cast<std::uint32_t>(n)}));
  lines.push_back(ping(at(61), {7'000, 0}, {.sequence = 241}));
  const std::string longer = "{id: stop, kind: unauthorized_stop, limit: 20m, radius_m: 90}";
  EXPECT_EQ(told(run(lines, {{stop}}, {{longer}}, 200), "stop"), (Words{"confirmed 0..-1", "cleared 0..60"}));
}

TEST(Reload, AStopThatWasDecidedStands) {
  std::vector<Line> lines{start(at(0))};
  stand(lines, 1, 20, {5'000, 0});
  for (int minute = 21; minute <= 150; ++minute)
    lines.push_back(
        ping(at(minute), {5'000 + minute * 400.0, 0}, {.sequence = static_cast<std::uint32_t>(minute + 1)}));
  EXPECT_EQ(told(run(lines, {{stop}}, {{patient_stop}}, 140), "stop"), (Words{"confirmed 1..-1", "cleared 1..20"}));
}

TEST(Reload, AnUnchangedRuleGoesOnAsIfNothingHadHappened) {
  const std::string corridor = "{id: corridor, kind: route_deviation, confirmations: 3}";
  std::vector<Line> lines{start(at(0))};
  stand(lines, 1, 5, {5'000, 0});
  stand(lines, 6, 7, {5'000, 900});  // outside twice, and the third time is after the change
  stand(lines, 8, 9, {5'400, 900});
  const auto result = run(lines, {{corridor}}, {{stop, corridor}, {{"new", "area", 9'000}, {"home", "depot", 0}}}, 8);
  EXPECT_EQ(told(result, "corridor"), (Words{"confirmed 6..-1"}));
}

TEST(Reload, WhatLastsUnderARuleThatIsGoneEndsWithIt) {
  std::vector<Line> lines{start(at(0))};
  stand(lines, 1, 20, {5'000, 0});
  lines.push_back(clock_at(at(40)));
  lines.push_back(clock_at(at(41)));
  const std::string silent = "{id: silent, kind: signal_lost, interval: 10m}";
  const auto result = run(lines, {{stop, silent}}, {{"{id: other, kind: seal_tampered}"}}, 22);
  EXPECT_EQ(told(result, "stop"), (Words{"confirmed 1..-1", "cleared 1..40 by configuration"}));
  EXPECT_EQ(told(result, "silent"), (Words{"confirmed 20..-1", "cleared 20..40 by configuration"}));
}

TEST(Reload, WhatIsOnlyProvisionalIsWithdrawnWithItsRule) {
  std::vector<Line> lines{start(at(0)), ping(at(1), {5'000, 0}, {.sequence = 1}), clock_at(at(20)), clock_at(at(21))};
  EXPECT_EQ(told(run(lines, {{stop}}, {{}}, 3), "stop"),
            (Words{"provisional 1..-1", "withdrawn 1..-1 by configuration"}));
}

TEST(Reload, ARuleThatIsLimitedToOthersNowEndsItsAlert) {
  std::vector<Line> lines{start(at(0))};
  stand(lines, 1, 20, {5'000, 0});
  const std::string of_others = "{id: stop, kind: unauthorized_stop, only: {id: [x*]}}";
  EXPECT_EQ(told(run(lines, {{stop}}, {{of_others}}, 19), "stop"),
            (Words{"confirmed 1..-1", "cleared 1..18 by configuration"}));
}

TEST(Reload, ANewRuleJudgesTripsThatAreOnTheirWay) {
  std::vector<Line> lines{start(at(0))};
  stand(lines, 1, 100, {5'000, 0});
  const std::string anywhere = "{id: tampered, kind: seal_tampered, scope: always}";
  const auto words = told(run(lines, {{anywhere}}, {{anywhere, stop}}, 80), "stop");
  ASSERT_EQ(words.size(), 1u);
  EXPECT_TRUE(words[0].starts_with("confirmed ")) << words[0];
}

TEST(Reload, ANewZoneAroundATruckThatStands) {
  const std::string overstay = "{id: over, kind: zone_overstay, limit: 10m}", entered = "{id: in, kind: zone_entered}";
  std::vector<Line> lines{start(at(0))};
  stand(lines, 1, 120, {5'000, 0});  // for longer than what is kept
  stand(lines, 121, 122, {9'000, 0});
  const auto result = run(lines, {{overstay, entered}},
                          {{overstay, entered}, {{"home", "depot", 0}, {"here", "restricted", 5'000}}}, 100);
  const auto over = told(result, "over");
  ASSERT_EQ(over.size(), 2u);
  EXPECT_TRUE(over[0].starts_with("confirmed ")) << over[0];
  EXPECT_TRUE(over[1].starts_with("cleared ") && over[1].ends_with("..120")) << over[1];
  EXPECT_EQ(told(result, "in"), Words{}) << "nobody saw it come";
}

TEST(Reload, AZoneThatIsGoneAndOneThatIsSmallerNow) {
  const std::string overstay = "{id: over, kind: zone_overstay, limit: 10m}";
  std::vector<Line> lines{start(at(0)), ping(at(0, 30), {4'000, 0}, {.sequence = 1})};
  stand(lines, 1, 30, {5'200, 0});
  const Configuration before{{overstay}, {{"here", "restricted", 5'000}}};
  EXPECT_EQ(told(run(lines, before, {{overstay}, {}}, 22), "over"),
            (Words{"confirmed 0..-1", "cleared 0..20 by configuration"}));
  const auto smaller = told(run(lines, before, {{overstay}, {{"here", "restricted", 5'000, 100}}}, 22), "over");
  EXPECT_EQ(smaller.back().substr(0, 9), "withdrawn") << "all is kept, so it was never inside";
  // The same when it came before what is kept: then it has left with its last position inside.
  std::vector<Line> longer(lines.begin(), lines.begin() + 2);
  stand(longer, 1, 130, {5'200, 0});
  const auto left = told(run(longer, before, {{overstay}, {{"here", "restricted", 5'000, 100}}}, 125), "over");
  EXPECT_EQ(left.back().substr(0, 10), "cleared 0.") << left.back();
}

TEST(Reload, AZoneThatExemptsTrucksThatStand) {
  std::vector<Line> lines{start(at(0))};
  stand(lines, 1, 140, {5'000, 0});  // from far before what is kept
  const Configuration exempt{{stop}, {{"home", "depot", 0}, {"cafe", "exempt", 5'000}}};
  EXPECT_EQ(told(run(lines, {{stop}}, exempt, 130), "stop"), (Words{"confirmed 1..-1", "withdrawn 1..-1"}));
  EXPECT_EQ(told(run(lines, exempt, {{stop}}, 130), "stop"), (Words{"confirmed 1..-1"}));
}

TEST(Reload, ASealThatIsNotJudgedAnyMore) {
  std::vector<Line> lines;
  stand(lines, 1, 40, {5'000, 0});  // on no trip
  const std::string always = "{id: stop, kind: unauthorized_stop, scope: always}";
  const std::string over = "{id: over, kind: zone_overstay, limit: 10m, scope: always}";
  const std::string over_on_trips = "{id: over, kind: zone_overstay, limit: 10m}";
  const std::vector<Round> zones = {{"here", "restricted", 5'000}};
  const auto result = run(lines, {{always, over}, zones}, {{stop, over_on_trips}, zones}, 30);
  EXPECT_EQ(told(result, "stop"), (Words{"confirmed 1..-1", "withdrawn 1..-1"}));
  EXPECT_EQ(told(result, "over"), (Words{"confirmed 1..-1", "withdrawn 1..-1"}));
}

TEST(Reload, ARouteThatMoves) {
  const std::string corridor = "{id: corridor, kind: route_deviation}";
  std::vector<Line> lines{start(at(0))};
  stand(lines, 1, 5, {5'000, 900});
  const Configuration before{{corridor}};
  EXPECT_EQ(told(run(lines, before, {{corridor}, before.zones, {{"r", 900}}}, 4), "corridor"),
            (Words{"confirmed 1..-1", "withdrawn 1..-1"}));
  EXPECT_EQ(told(run(lines, before, {{corridor}, before.zones, {{"another"}}}, 4), "corridor"),
            (Words{"confirmed 1..-1", "cleared 1..3 by configuration"}));
}

TEST(Reload, ANewRuleOfSilenceKnowsWhoHasBeenSilent) {
  std::vector<Line> lines{start(at(0))};
  stand(lines, 1, 5, {5'000, 0});
  lines.push_back(clock_at(at(60)));
  lines.push_back(clock_at(at(61)));
  lines.push_back(ping(at(62), {5'000, 0}, {.sequence = 7}));
  const std::string silent = "{id: silent, kind: signal_lost, interval: 10m}";
  EXPECT_EQ(told(run(lines, {{stop}}, {{stop, silent}}, 7), "silent"), (Words{"confirmed 5..-1", "cleared 5..62"}));
}

TEST(Reload, AnotherBoundOfSpeedAndAnotherScopeKeepTheTrip) {
  std::vector<Line> lines{start(at(0))};
  stand(lines, 1, 100, {5'000, 0});
  for (const std::string changed : {"{id: stop, kind: unauthorized_stop, limit: 30m, max_speed_kmh: 150}",
                                    "{id: stop, kind: unauthorized_stop, limit: 30m, scope: always}"}) {
    const auto words = told(run(lines, {{stop}}, {{changed}}, 90), "stop");
    EXPECT_EQ(words, (Words{"confirmed 1..-1"})) << changed;
  }
}

}  // namespace
}  // namespace vigia::kit
