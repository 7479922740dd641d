// Maintenance windows of hours on the days on which the clocks change.
#include <gtest/gtest.h>

#include "connectors/timezone.h"
#include "operators/maintenance.h"

namespace vigia {
namespace {

constexpr TimeMs hour_ms = 3'600'000;

TEST(MaintenanceHours, EndByTheLocalClock) {
  Maintenance window;
  window.site = {"*"};
  window.hours = *parse_opening_hours("Sun 00:00-06:00");
  const LocalDays days = local_days("Europe/Madrid");
  const auto until = [&](TimeMs start_ms) { return silenced_until_ms({window}, "gye", "door_held", start_ms, days); };
  const TimeMs spring_ms = 1'774'738'800'000;  // Sunday 2026-03-29T00:00+01:00
  for (const TimeMs after_ms : {TimeMs{0}, hour_ms, 2 * hour_ms - 1, 2 * hour_ms, 5 * hour_ms - 1})
    EXPECT_EQ(until(spring_ms + after_ms), spring_ms + 5 * hour_ms) << after_ms;
  EXPECT_EQ(until(spring_ms + 5 * hour_ms), no_time_ms);
  const TimeMs autumn_ms = 1'792'879'200'000;  // Sunday 2026-10-25T00:00+02:00
  for (const TimeMs after_ms : {TimeMs{0}, 3 * hour_ms - 1, 3 * hour_ms, 7 * hour_ms - 1})
    EXPECT_EQ(until(autumn_ms + after_ms), autumn_ms + 7 * hour_ms) << after_ms;
  // 02:30 comes twice, and what begins behind the first is silenced until the second.
  window.hours = *parse_opening_hours("Sun 02:00-02:30");
  EXPECT_EQ(until(autumn_ms + 2 * hour_ms), autumn_ms + 2 * hour_ms + hour_ms / 2);
  EXPECT_EQ(until(autumn_ms + 3 * hour_ms), autumn_ms + 3 * hour_ms + hour_ms / 2);
}

}  // namespace
}  // namespace vigia
