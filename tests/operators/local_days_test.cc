// Days of a time zone, also where its clocks change.
#include <gtest/gtest.h>

#include "connectors/timezone.h"
#include "operators/local_days.h"

namespace vigia {
namespace {

constexpr TimeMs hour_ms = 3'600'000, day_ms = 24 * hour_ms;
constexpr TimeMs march_2_ms = 1'772'409'600'000;  // 2026-03-02T00:00:00Z

TEST(LocalDays, OfUtc) {
  const LocalDays days;
  EXPECT_EQ(days.day_of(march_2_ms), (LocalDays::Day{march_2_ms, march_2_ms + day_ms}));
  EXPECT_EQ(days.day_of(march_2_ms - 1), (LocalDays::Day{march_2_ms - day_ms, march_2_ms}));
  EXPECT_EQ(days.date_of(march_2_ms - 1), "2026-03-01");
  EXPECT_EQ(days.date_of(-1), "1969-12-31");
}

TEST(LocalDays, OfAZoneWithoutChanges) {
  const LocalDays days = local_days("America/Guayaquil");
  EXPECT_EQ(days.day_of(march_2_ms), (LocalDays::Day{march_2_ms - 19 * hour_ms, march_2_ms + 5 * hour_ms}));
  EXPECT_EQ(days.date_of(march_2_ms), "2026-03-01");
}

TEST(LocalDays, Of23And25Hours) {
  const LocalDays days = local_days("Europe/Madrid");
  const TimeMs spring_ms = 1'774'738'800'000;  // 2026-03-29T00:00+01:00
  EXPECT_EQ(days.day_of(spring_ms + 12 * hour_ms), (LocalDays::Day{spring_ms, spring_ms + 23 * hour_ms}));
  const TimeMs autumn_ms = 1'792'879'200'000;  // 2026-10-25T00:00+02:00
  EXPECT_EQ(days.day_of(autumn_ms), (LocalDays::Day{autumn_ms, autumn_ms + 25 * hour_ms}));
  EXPECT_EQ(days.day_of(autumn_ms + 25 * hour_ms - 1).start_ms, autumn_ms);
  EXPECT_EQ(days.date_of(autumn_ms + 25 * hour_ms - 1), "2026-10-25");
}

// At midnight itself, a made-up zone: to summer time on the day of number 10, back on that of number 20.
TEST(LocalDays, WhereMidnightChanges) {
  const LocalDays days("made up", {{0, 0}, {10 * day_ms, hour_ms}, {20 * day_ms - hour_ms, 0}});
  EXPECT_EQ(days.day_of(10 * day_ms), (LocalDays::Day{10 * day_ms, 11 * day_ms - hour_ms}))
      << "01:00 is its first hour";
  EXPECT_EQ(days.day_of(10 * day_ms - 1).end_ms, 10 * day_ms);
  // 20 * day - 1 h is the midnight of day 20, and becomes 23:00 of day 19 again.
  EXPECT_EQ(days.day_of(20 * day_ms - hour_ms - 1).start_ms, 19 * day_ms - hour_ms);
  EXPECT_EQ(days.day_of(20 * day_ms - 1), (LocalDays::Day{19 * day_ms - hour_ms, 20 * day_ms}));
  EXPECT_EQ(days.date_of(20 * day_ms - 1), "1970-01-20");
  EXPECT_EQ(days.day_of(20 * day_ms).start_ms, 20 * day_ms);
}

// Every moment lies in its day, and days follow each other without a hole.
TEST(LocalDays, FollowEachOther) {
  for (const auto* zone : {"America/Guayaquil", "Europe/Madrid", "America/Santiago", "Asia/Beirut", "Pacific/Apia",
                           "America/St_Johns", "America/Sao_Paulo", "Africa/Cairo", "UTC"}) {
    const LocalDays days = local_days(zone);
    auto day = days.day_of(0);
    for (int i = 0; i < 30'000; ++i) {
      ASSERT_LT(day.start_ms, day.end_ms) << zone;
      ASSERT_LE(day.end_ms - day.start_ms, 26 * hour_ms) << zone << " " << day.start_ms;
      for (const TimeMs at_ms : {day.start_ms, day.start_ms + 1, (day.start_ms + day.end_ms) / 2, day.end_ms - 1})
        ASSERT_EQ(days.day_of(at_ms), day) << zone << " " << at_ms;
      const auto next = days.day_of(day.end_ms);
      ASSERT_EQ(next.start_ms, day.end_ms) << zone;
      ASSERT_LT(days.date_of(day.start_ms), days.date_of(next.start_ms)) << zone;
      day = next;
    }
  }
}

}  // namespace
}  // namespace vigia
