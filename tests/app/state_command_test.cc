// `vigia state`: what the last snapshot knows of a key, and what people have done about its alerts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  // A door that was forced, in the snapshot.
  void SetUp() override {
    config_ = dir_.write("p.yaml",
                         "application: test\nsources: [{topic: doors, stream: access}]\n"
                         "rules: [{id: forced, kind: door_forced}]\n");
    const auto loaded = load_stage(config_);
    ASSERT_TRUE(loaded);
    const auto part = parts_of(*loaded).front();
    const auto task = part.stage->make_task(config_of(*part.stage, loaded->stage));
    const auto event = fmt::format(R"({{"door_id":"d1","device_time_ms":{},"kind":"door_opened"}})", at_ms);
    const InputRecord record{TopicIndex{0}, PartitionId{0}, Offset{0}, at_ms, "d1", event};
    alerts_ = task->process({&record, 1}, {&at_ms, 1}, at_ms).alerts;
    ASSERT_EQ(alerts_.size(), 1u);
    SnapshotStore store;
    std::filesystem::create_directories(part.directory);
    ASSERT_TRUE(store.open(snapshot_directory(part.directory), "test").ok());
    TaskSnapshot snapshot{.head = {.task = "access/0", .epoch = 1, .clock_ms = at_ms}, .all = true, .keys = {}};
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

TEST_F(StateCommand, WhatPeopleHaveDoneIsBesideTheAlert) {
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
