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
    SealStageConfig config;
    config.application = "test";
    config.sources = {{"seal.events", StreamId::seal, PayloadFormat::json}};
    RuleSpec stop;
    stop.id = "stop";
    stop.kind = "unauthorized_stop";
    stop.scope = Scope::always;
    stop.params = {{"limit", std::int64_t{15 * minute_ms}}, {"radius_m", 100.0}, {"max_speed_kmh", 200.0}};
    config.rules = {stop};
    config.site = std::make_shared<const SiteModel>(SiteModelBuilder().build());
    task_ = make_seal_task(config);
  }

  // One epoch with one ping at `minute`, `east_m` metres east.
  std::vector<Alert> ping(TimeMs minute, double east_m, int sequence) {
    const auto at_ms = start_ms + minute * minute_ms;
    const auto json = fmt::format(R"({{"seal_id":"s","device_time_ms":{},"sequence":{},"position":{{"lat_deg":0,"lon_deg":{}}}}})",
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
  const auto withdrawn = ping(20, 5'000, 2);
  ASSERT_EQ(withdrawn.size(), 1u);
  EXPECT_EQ(withdrawn[0].status, schema::AlertStatus::withdrawn);
  EXPECT_EQ(withdrawn[0].alert_id, raised[0].alert_id);
  EXPECT_EQ(withdrawn[0].detected_ms, start_ms + 20 * minute_ms);
  EXPECT_TRUE(ping(21, 6'000, 3).empty());
}

TEST_F(ProvisionalStop, IsConfirmedByAPositionInside) {
  static_cast<void>(ping(0, 0, 1));
  ASSERT_EQ(clock(16).size(), 1u);
  const auto confirmed = ping(20, 50, 2);
  ASSERT_EQ(confirmed.size(), 1u);
  EXPECT_EQ(confirmed[0].status, schema::AlertStatus::confirmed);
  EXPECT_EQ(confirmed[0].revision, 2u);
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
