// A provisional alert is taken back with the record that disproves it, not when some timer comes by.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "operators/seal_stage.h"

namespace vigia {
namespace {

constexpr TimeMs minute_ms = 60'000;
constexpr TimeMs start_ms = 1'772'665'200'000;

class ProvisionalStop : public testing::Test {
 protected:
  ProvisionalStop() {
    StageConfig config;
    config.application = "test";
    config.sources = {{"seal.events", StreamId::seal, PayloadFormat::json}};
    RuleSpec stop;
    stop.id = "stop";
    stop.kind = "unauthorized_stop";
    stop.scope = Scope::always;
    stop.params = {{"limit", std::int64_t{15 * minute_ms}}, {"radius_m", 100.0}, {"max_speed_kmh", 200.0}};
    RuleSpec tampered;
    tampered.id = tampered.kind = "seal_tampered";
    tampered.scope = Scope::always;
    config.rules = {stop, tampered};
    config.site = std::make_shared<const SiteModel>(SiteModelBuilder().build());
    task_ = make_seal_task(config);
  }

  // One epoch with one ping at `minute`, `east_m` metres east.
  std::vector<Alert> ping(TimeMs minute, double east_m, int sequence) {
    const auto at_ms = start_ms + minute * minute_ms;
    const auto json =
        fmt::format(R"({{"seal_id":"s","device_time_ms":{},"sequence":{},"position":{{"lat_deg":0,"lon_deg":{}}}}})",
                    at_ms, sequence, east_m / 111'195.0);
    InputRecord record;
    record.broker_ms = at_ms;
    record.offset = Offset{sequence};
    record.key = "s";
    record.value = json;
    return task_->process({&record, 1}, {&at_ms, 1}, at_ms).alerts;
  }
  std::vector<Alert> clock(TimeMs minute) { return task_->process({}, {}, start_ms + minute * minute_ms).alerts; }

  std::unique_ptr<Task> task_;
};

TEST_F(ProvisionalStop, IsWithdrawnByTheNextPosition) {
  EXPECT_TRUE(ping(0, 0, 1).empty());
  EXPECT_TRUE(clock(15).empty());
  const auto raised = clock(16);
  ASSERT_EQ(raised.size(), 1u);
  EXPECT_EQ(raised[0].status, schema::AlertStatus::provisional);
  EXPECT_EQ(raised[0].detected_ms, start_ms + 15 * minute_ms);
  ASSERT_EQ(raised[0].evidence.size(), 1u);
  EXPECT_EQ(raised[0].evidence[0]->offset, 1) << "told on the strength of what was last heard";
  const auto withdrawn = ping(20, 5'000, 2);
  ASSERT_EQ(withdrawn.size(), 1u);
  EXPECT_EQ(withdrawn[0].status, schema::AlertStatus::withdrawn);
  EXPECT_EQ(withdrawn[0].alert_id, raised[0].alert_id);
  EXPECT_EQ(withdrawn[0].detected_ms, start_ms + 20 * minute_ms);
  ASSERT_EQ(withdrawn[0].evidence.size(), 1u);
  EXPECT_EQ(withdrawn[0].evidence[0]->offset, 2);
  EXPECT_TRUE(ping(21, 6'000, 3).empty());
}

// A clock that goes ahead a little is no fault, and what it says is not early either.
TEST_F(ProvisionalStop, WhatADeviceAheadSaysIsNotLateByLessThanNothing) {
  static_cast<void>(ping(0, 0, 1));
  ASSERT_EQ(clock(16).size(), 1u);
  const auto value =
      fmt::format(R"({{"seal_id":"s","device_time_ms":{},"sequence":2,"position":{{"lat_deg":0,"lon_deg":1}}}})",
                  start_ms + 61 * minute_ms);
  InputRecord record;
  const TimeMs now_ms = record.broker_ms = start_ms + 60 * minute_ms;
  record.offset = Offset{2};
  record.key = "s";
  record.value = value;
  const auto withdrawn = task_->process({&record, 1}, {&now_ms, 1}, now_ms).alerts;
  ASSERT_EQ(withdrawn.size(), 1u);
  EXPECT_EQ(withdrawn[0].status, schema::AlertStatus::withdrawn);
  EXPECT_EQ(withdrawn[0].late_by_ms, 0);
}

TEST_F(ProvisionalStop, IsConfirmedByAPositionInside) {
  static_cast<void>(ping(0, 0, 1));
  ASSERT_EQ(clock(16).size(), 1u);
  const auto confirmed = ping(20, 50, 2);
  ASSERT_EQ(confirmed.size(), 1u);
  EXPECT_EQ(confirmed[0].status, schema::AlertStatus::confirmed);
  EXPECT_EQ(confirmed[0].revision, 2u);
}

// Each alert of a backlog names the record that it came with, not the last of the backlog.
TEST_F(ProvisionalStop, ALateAlarmWasDetectedWithItsOwnRecord) {
  static_cast<void>(ping(0, 0, 1));
  static_cast<void>(ping(30, 9'000, 4));
  std::string values[2];
  InputRecord records[2];
  TimeMs clocks[2];
  for (int i = 0; i < 2; ++i) {
    values[i] = fmt::format(R"({{"seal_id":"s","device_time_ms":{},"sequence":{},"buffered":true,"lock":"{}"}})",
                            start_ms + (10 + 10 * i) * minute_ms, 2 + i, i == 0 ? "tampered" : "closed");
    clocks[i] = records[i].broker_ms = start_ms + (31 + i) * minute_ms;
    records[i].offset = Offset{10 + i};
    records[i].key = "s";
    records[i].value = values[i];
  }
  const auto alerts = task_->process(records, clocks, clocks[1]).alerts;
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].detected_ms, start_ms + 31 * minute_ms);
  EXPECT_EQ(alerts[0].late_by_ms, 21 * minute_ms);
}

// Deadlines that moved with the positions cost no alert and lose none.
TEST_F(ProvisionalStop, ADeadlineThatMovedStillFires) {
  for (int minute = 0; minute <= 40; minute += 5) EXPECT_TRUE(ping(minute, minute * 1'000.0, minute + 1).empty());
  EXPECT_TRUE(clock(55).empty());
  const auto raised = clock(56);
  ASSERT_EQ(raised.size(), 1u);
  EXPECT_EQ(raised[0].start_ms, start_ms + 40 * minute_ms);
  EXPECT_EQ(raised[0].detected_ms, start_ms + 55 * minute_ms);
}

}  // namespace
}  // namespace vigia
