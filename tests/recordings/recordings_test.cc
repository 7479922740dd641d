// Real recordings. The counts of points are those of the recording's SOURCE.md; the episodes were derived from them by
// hand, fix by fix:
//
//   corridor 100 m        points outside   episodes, confirmations 1          confirmations 2
//   3T                    1                1 (15:06:10 to 15:06:45)           0
//   5A                    3                1 (10:51:52 to 10:53:26)           the same
//   S2                    5                1 (from 08:57:48, still outside)   the same
//   500 m, all three      0                0                                  0
//   3T on 5A's shapes     36               2 (the first from the first fix)   the same
#include <gtest/gtest.h>

#include <algorithm>

#include "connectors/pipeline_config.h"
#include "tests/recordings/recording.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/geometry.h"
#include "tests/reference/replay_process.h"

namespace vigia::recordings {
namespace {

using reference::ReferenceAlert;

const std::vector<Bus> own_routes = {{"3T", "3T"}, {"5A", "5A"}, {"S2", "S2"}};

ReferenceAlert deviation(const std::string& bus, const std::string& from, const std::string& to) {
  return {"route_deviation",
          "corridor",
          bus,
          bus + "-trip",
          parse_utc(from),
          to.empty() ? 0 : parse_utc(to),
          to.empty() ? "confirmed" : "cleared",
          ""};
}

const std::vector<ReferenceAlert> expected_of_two = {deviation("5A", "2016-05-05 10:51:52", "2016-05-05 10:53:26"),
                                                     deviation("S2", "2016-04-29 08:57:48", "")};

std::vector<ReferenceAlert> expected_of_one() {
  auto expected = expected_of_two;
  expected.push_back(deviation("3T", "2016-04-28 15:06:10", "2016-04-28 15:06:45"));
  return expected;
}

harness::LoadedStage load(const Recording& recording) {
  auto loaded = load_pipeline(recording.pipeline);
  for (const auto& error : loaded.errors) ADD_FAILURE() << "found " << error.found << ", expected " << error.expected;
  return harness::stage_of(std::move(loaded));
}

std::string differs(const std::vector<ReferenceAlert>& expected, const std::vector<Alert>& revisions) {
  return reference::difference(expected, harness::comparable(harness::final_alerts(revisions)),
                               {.with_status = true, .with_trip = true});
}

class Wmata : public testing::Test {
 protected:
  void SetUp() override {
    const auto found = find_recording("wmata_avl_gtfs");
    if (!found) GTEST_SKIP() << "the recording is not beside the project (../shared/data/wmata_avl_gtfs)";
    folder_ = *found;
  }
  Recording read(const std::vector<Bus>& buses, double half_width_m, int confirmations) const {
    return read_wmata(folder_, buses, half_width_m, confirmations, directory_);
  }
  std::vector<Alert> engine(const Recording& recording) const {
    return harness::run_engine(load(recording), recording.lines, {}).revisions;
  }

  std::string folder_;
  harness::TempDir directory_;
};

TEST_F(Wmata, DistancesOfPointsAreThoseOfTheSource) {
  const auto recording = read(own_routes, 100, 1);
  const auto stage = load(recording);
  const auto site = reference::read_site(recording.zones_geojson, recording.routes_geojson);
  std::map<std::string, int> points, beyond_100_m, beyond_500_m;
  for (const auto& event : reference::events_of(recording.lines)) {
    if (event.is_trip) continue;
    ++points[event.seal_id];
    const double plain_m = reference::distance_to_route_m(*site.route(event.seal_id), *event.position);
    const auto& corridor = stage.config.site->routes[stage.config.site->find_route(event.seal_id)].corridor;
    const double engine_m = corridor.distance_m({event.position->lat_deg, event.position->lon_deg});
    EXPECT_NEAR(plain_m, engine_m, 1e-3);
    beyond_100_m[event.seal_id] += engine_m > 100;
    beyond_500_m[event.seal_id] += engine_m > 500;
  }
  EXPECT_EQ(points, (std::map<std::string, int>{{"3T", 38}, {"5A", 145}, {"S2", 72}}));
  EXPECT_EQ(beyond_100_m, (std::map<std::string, int>{{"3T", 1}, {"5A", 3}, {"S2", 5}}));
  EXPECT_EQ(beyond_500_m, (std::map<std::string, int>{{"3T", 0}, {"5A", 0}, {"S2", 0}}));
}

TEST_F(Wmata, EpisodesWithOneAndTwoConfirmations) {
  EXPECT_EQ(differs(expected_of_one(), engine(read(own_routes, 100, 1))), "");
  EXPECT_EQ(differs(expected_of_two, engine(read(own_routes, 100, 2))), "");
}

TEST_F(Wmata, NothingBeyond500Metres) {
  EXPECT_EQ(differs({}, engine(read(own_routes, 500, 1))), "");
  EXPECT_EQ(differs({}, engine(read(own_routes, 500, 2))), "");
}

TEST_F(Wmata, AnotherRoutesShapesAreAPositiveControl) {
  for (const int confirmations : {1, 2})
    EXPECT_EQ(differs({deviation("3T", "2016-04-28 14:50:32", "2016-04-28 14:52:08"),
                       deviation("3T", "2016-04-28 14:52:51", "")},
                      engine(read({{"3T", "5A"}}, 100, confirmations))),
              "");
  EXPECT_EQ(differs({deviation("S2", "2016-04-29 08:23:52", "")}, engine(read({{"S2", "3T"}}, 500, 2))), "");
}

TEST_F(Wmata, ReplayLaw_ThreadsRestartsAndBatches) {
  const auto recording = read(own_routes, 100, 1);
  const auto stage = load(recording);
  const auto plain = harness::run_engine(stage, recording.lines, {.batch = 64});
  for (const unsigned threads : {2, 8})
    EXPECT_EQ(harness::run_engine(stage, recording.lines, {.batch = 64, .threads = threads}).bytes, plain.bytes);
  EXPECT_EQ(harness::run_engine(stage, recording.lines, {.batch = 64, .restart_at_epoch = 2}).bytes, plain.bytes);
  for (const std::size_t batch : {1, 1024})
    EXPECT_EQ(differs(expected_of_one(), harness::run_engine(stage, recording.lines, {.batch = batch}).revisions), "");
}

#ifdef VIGIA_BINARY
TEST_F(Wmata, ThroughReplay) {
  const auto recording = read(own_routes, 100, 1);
  std::string bytes;
  for (const auto* threads :
       {"--batch 64 --threads 1", "--batch 64 --threads 2", "--batch 64 --threads 8", "--batch 64 --restart-every 2"}) {
    const auto run = harness::run_replay(VIGIA_BINARY, recording.pipeline, recording.lines, {}, threads, directory_);
    ASSERT_EQ(run.exit_code, 0) << threads;
    EXPECT_EQ(differs(expected_of_one(), run.revisions), "") << threads;
    if (bytes.empty()) bytes = run.bytes;
    EXPECT_EQ(run.bytes, bytes) << threads;
  }
  for (const auto* batch : {"--batch 1", "--batch 1024"})
    EXPECT_EQ(
        differs(
            expected_of_one(),
            harness::run_replay(VIGIA_BINARY, recording.pipeline, recording.lines, {}, batch, directory_).revisions),
        "")
        << batch;
  const auto two = read(own_routes, 100, 2);
  EXPECT_EQ(differs(expected_of_two,
                    harness::run_replay(VIGIA_BINARY, two.pipeline, two.lines, {}, "", directory_).revisions),
            "");
}
#endif

class Hsl : public testing::Test {
 protected:
  void SetUp() override {
    const auto found = find_recording("hsl_hfp_doors");
    if (!found) GTEST_SKIP() << "the recording is not beside the project (../shared/data/hsl_hfp_doors)";
    recording_ = read_hsl(*found, directory_);
  }
  harness::TempDir directory_;
  Recording recording_;
};

// Up to 61 s late, with inversions: as received, sorted by the device times, and every five minutes turned around.
TEST_F(Hsl, OrderLaw_AsReceivedSortedAndTurnedAround) {
  const auto stage = load(recording_);
  const auto as_received = recording_.lines;
  const auto events = reference::events_of(as_received);
  TimeMs latest_ms = 0;
  std::size_t inversions = 0;
  std::vector<std::pair<TimeMs, std::size_t>> by_time;
  std::map<std::string, TimeMs> newest_ms;
  for (std::size_t i = 0; i < events.size(); ++i) {
    latest_ms = std::max(latest_ms, events[i].broker_ms - events[i].time_ms);
    inversions += events[i].time_ms < newest_ms[events[i].seal_id];
    newest_ms[events[i].seal_id] = std::max(newest_ms[events[i].seal_id], events[i].time_ms);
    by_time.emplace_back(events[i].time_ms, i);
  }
  EXPECT_GT(latest_ms, 55'000) << "the recording's lateness";
  EXPECT_GT(inversions, 0U);

  std::sort(by_time.begin(), by_time.end());
  std::vector<reference::Line> sorted, turned = as_received;
  for (const auto& [time_ms, i] : by_time) sorted.push_back(as_received[i]);
  for (auto begin = turned.begin(); begin != turned.end();) {
    const auto end = std::find_if(begin, turned.end(),
                                  [&](const auto& line) { return line.timestamp_ms > begin->timestamp_ms + 300'000; });
    std::reverse(begin, end);
    begin = end;
  }

  const auto expected = reference::recompute(events, stage.config.rules,
                                             reference::read_site(recording_.zones_geojson, recording_.routes_geojson),
                                             stage.settings, as_received.back().timestamp_ms);
  EXPECT_GT(expected.size(), 50U);
  for (const auto& [name, lines] :
       {std::pair{"as received", as_received}, {"sorted", sorted}, {"turned around", turned}})
    for (const std::size_t batch : {1, 1024}) {
      const auto run = harness::run_engine(stage, lines, {.batch = batch});
      EXPECT_EQ(reference::difference(expected, harness::comparable(harness::final_alerts(run.revisions)),
                                      {.zone_tolerance_ms = 2, .with_status = true}),
                "")
          << name << ", batch " << batch;
      EXPECT_EQ(harness::broken_life_cycle(run.revisions), "") << name;
      EXPECT_EQ(run.account.too_late, 0U) << name;
      EXPECT_TRUE(run.account.adds_up());
    }
}

}  // namespace
}  // namespace vigia::recordings
