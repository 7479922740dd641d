// `vigia state`: what the last snapshot knows of a key, and what people have done about its alerts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "app/stage_loading.h"
#include "app/stage_service.h"
#include "app/store_followers.h"
#include "connectors/alert_store.h"
#include "connectors/snapshot_store.h"
#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

using testing::HasSubstr;

constexpr TimeMs at_ms = 1'772'600'000'000;

class StateCommand : public testing::Test {
 protected:
  // What became of events of one key, in the snapshot. Topics in the order of the configuration's sources.
  struct Event {
    std::uint16_t topic;
    TimeMs at_ms;
    std::string json;
  };
  void keep(const std::string& config, const std::string& task_name, const std::string& key,
            const std::vector<Event>& events) {
    config_ = dir_.write("p.yaml", config);
    const auto loaded = load_stage(config_);
    ASSERT_TRUE(loaded);
    const auto part = parts_of(*loaded).front();
    const auto task = part.stage->make_task(config_of(*part.stage, loaded->stage));
    std::vector<InputRecord> records;
    std::vector<TimeMs> clocks;
    for (const auto& event : events) {
      const auto offset = static_cast<std::int64_t>(records.size());
      records.push_back({TopicIndex{event.topic}, PartitionId{0}, Offset{offset}, event.at_ms, key, event.json});
      clocks.push_back(event.at_ms);
    }
    alerts_ = task->process(records, clocks, clocks.back()).alerts;
    SnapshotStore store;
    std::filesystem::create_directories(part.directory);
    ASSERT_TRUE(store.open(snapshot_directory(part.directory), "test").ok());
    TaskSnapshot snapshot{.head = {.task = task_name, .epoch = 1, .clock_ms = clocks.back()}, .all = true, .keys = {}};
    task->snapshot(
        true, [&](KeyImage&& image) { snapshot.keys.push_back(std::move(image)); }, snapshot.head.meta);
    ASSERT_TRUE(store.write(snapshot).ok());
    ASSERT_TRUE(alert_store_.open(alert_directory(loaded->pipeline.state_directory)).ok());
  }

  std::string state_of(const std::string& key) {
    EXPECT_EQ(std::system(fmt::format("'{}' state --config '{}' {} > '{}' 2>&1", VIGIA_BINARY, config_, key,
                                      dir_ / "state.json")
                              .c_str()),
              0);
    std::stringstream text;
    text << std::ifstream(dir_ / "state.json").rdbuf();
    return text.str();
  }

  test::TempDirectory dir_;
  std::string config_;
  std::vector<Alert> alerts_;
  AlertStore alert_store_;  // open, as beside a running engine
};

TEST_F(StateCommand, G13AUnitWithItsPlaceItsSpeedItsRouteAndItsWay) {
  const auto route =
      dir_.write("routes.geojson", R"({"type":"FeatureCollection","features":[{"type":"Feature",)"
                                   R"("properties":{"id":"coast","corridor_half_width_m":1000},"geometry":)"
                                   R"({"type":"LineString","coordinates":[[0,0],[0,1]]}}]})");
  const auto seal = [](std::uint32_t sequence, TimeMs ms, double lat_deg) {
    return fmt::format(R"({{"seal_id":"s1","device_time_ms":{},"sequence":{},"lock":"closed",)"
                       R"("position":{{"lat_deg":{},"lon_deg":0}}}})",
                       ms, sequence, lat_deg);
  };
  const auto trip = fmt::format(
      R"({{"seal_id":"s1","trip_id":"T-1","action":"start","event_time_ms":{},"route_id":"coast","due_ms":{}}})", at_ms,
      at_ms + 3'600'000);
  keep("application: test\nsite: [" + route +
           "]\nsources: [{topic: seals, stream: seal}, {topic: trips, stream: trip}]\n"
           "rules: [{id: corridor, kind: route_deviation}]\n",
       "seal-trip/0", "s1",
       {{1, at_ms, trip},
        {0, at_ms + 60'000, seal(1, at_ms + 60'000, 0.01)},
        {0, at_ms + 120'000, seal(2, at_ms + 120'000, 0.02)}});
  const auto place = [](double lat_deg, TimeMs ms) {
    return fmt::format(R"({{"lat_deg":{},"lon_deg":0,"at_ms":{}}})", lat_deg, ms);
  };
  const auto state = state_of("s1");
  EXPECT_THAT(state, HasSubstr(R"("seal_id":"s1")"));
  EXPECT_THAT(state, HasSubstr(R"("trip_id":"T-1","route_id":"coast","due_ms":)"));
  EXPECT_THAT(state, HasSubstr(R"("position":)" + place(0.02, at_ms + 120'000)));
  EXPECT_THAT(state, HasSubstr(R"("speed_kmh":66.)")) << "1,106 m of a meridian in a minute";
  EXPECT_THAT(state, HasSubstr(R"("path":[)" + place(0.01, at_ms + 60'000) + "," + place(0.02, at_ms + 120'000) + "]"));
  EXPECT_THAT(state, HasSubstr(R"("lock":"closed")"));
}

TEST_F(StateCommand, G13WithoutAnIdAllUnitsAreShownALineEach) {
  const auto seal = [](const char* id) {
    return fmt::format(R"({{"seal_id":"{}","device_time_ms":{},"sequence":1,"lock":"closed"}})", id, at_ms);
  };
  keep(
      "application: test\nsources: [{topic: seals, stream: seal}]\nrules: [{id: opened, kind: seal_opened, scope: "
      "always}]\n",
      "seal-trip/0", "s1", {{0, at_ms, seal("s1")}, {0, at_ms, seal("s2")}, {0, at_ms, seal("s3")}});
  const auto all = state_of("");
  for (const char* id : {"s1", "s2", "s3"}) {
    const auto one = state_of(id);
    EXPECT_THAT(all, HasSubstr(one.substr(one.find("\n{")))) << "after the line about the task";
  }
  EXPECT_EQ(std::ranges::count(all, '\n'), 4) << all;
}

TEST_F(StateCommand, WhatPeopleHaveDoneIsBesideTheAlert) {
  keep("application: test\nsources: [{topic: doors, stream: access}]\nrules: [{id: forced, kind: door_forced}]\n",
       "access/0", "d1",
       {{0, at_ms, fmt::format(R"({{"door_id":"d1","device_time_ms":{},"kind":"door_opened"}})", at_ms)}});
  ASSERT_EQ(alerts_.size(), 1u);
  const auto id = fmt::format(R"("alert_id":"{}")", alerts_.front().alert_id);
  EXPECT_THAT(state_of("d1"), HasSubstr(id + R"(,"revision":1)")) << "the store has heard of no alert yet";
  ASSERT_TRUE(alert_store_.write(alerts_).ok());
  ASSERT_TRUE(alert_store_.flush().ok());
  EXPECT_THAT(state_of("d1"), HasSubstr(id + R"(,"triage":{"status":"new"},"revision":1)"));

  Alert state = alerts_.front();
  state.triage_status = schema::TriageStatus::attended;
  state.triage_revision = 2;
  state.triage_by = "garcia";
  state.triage_ms = at_ms + 1;
  state.triage_note = "a \"cat\"";
  auto silenced = std::make_unique<schema::AttributeT>();
  silenced->key = "silenced";
  silenced->value = "maintenance";
  state.attributes.push_back(std::move(silenced));
  ASSERT_TRUE(alert_store_.write({}, {}, {&state, 1}).ok());
  ASSERT_TRUE(alert_store_.flush().ok());
  EXPECT_THAT(state_of("d1"),
              HasSubstr(id + fmt::format(R"(,"triage":{{"status":"attended","by":"garcia","at_ms":{},)"
                                         R"("note":"a \"cat\"","silenced":"maintenance"}},"revision":1)",
                                         at_ms + 1)));
}

}  // namespace
}  // namespace vigia
