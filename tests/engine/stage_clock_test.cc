#include "engine/stage_clock.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

constexpr TimeMs wall_ms = 1'000'000;
constexpr TimeMs skew_ms = 300'000;

TEST(StageClock, StartsAtZeroAndBehind) {
  StageClock clock(StageClock::Mode::wall, skew_ms);
  clock.add_partition();
  EXPECT_EQ(clock.clock_ms(), 0);
  EXPECT_FALSE(clock.caught_up());
}

TEST(StageClock, RecordsMoveItForwardAndNeverBack) {
  StageClock clock(StageClock::Mode::wall, skew_ms);
  clock.read_up_to(clock.add_partition(), 500);
  EXPECT_EQ(clock.take(500, wall_ms).clock_ms, 500);
  const StageClock::Taken older = clock.take(400, wall_ms);
  EXPECT_EQ(older.clock_ms, 500);
  EXPECT_EQ(older.broker_ms, 400);
}

TEST(StageClock, DoesNotFollowTheWallWhileOnePartitionIsBehind) {
  StageClock clock(StageClock::Mode::wall, skew_ms);
  const std::size_t a = clock.add_partition();
  const std::size_t b = clock.add_partition();
  clock.read_up_to(b, 500);
  clock.found_end(a, wall_ms);
  (void)clock.take(500, wall_ms);
  EXPECT_EQ(clock.follow(wall_ms), 500);
  clock.found_end(b, wall_ms);
  EXPECT_EQ(clock.follow(wall_ms), wall_ms);
}

TEST(StageClock, SilenceOfABrokerStopsItAtTheLastFetchThatFoundTheEnd) {
  StageClock clock(StageClock::Mode::wall, skew_ms);
  const std::size_t a = clock.add_partition();
  const std::size_t b = clock.add_partition();
  clock.found_end(a, wall_ms);
  clock.found_end(b, wall_ms - 50);
  EXPECT_EQ(clock.follow(wall_ms + 600'000), wall_ms - 50);
  clock.found_end(b, wall_ms + 600'000);
  EXPECT_EQ(clock.follow(wall_ms + 600'000), wall_ms);
}

TEST(StageClock, MoreRecordsHoldItAgain) {
  StageClock clock(StageClock::Mode::wall, skew_ms);
  const std::size_t a = clock.add_partition();
  clock.found_end(a, wall_ms);
  clock.follow(wall_ms);
  clock.found_more(a);
  EXPECT_FALSE(clock.caught_up());
  EXPECT_EQ(clock.follow(wall_ms + 10'000), wall_ms);
  clock.found_end(a, wall_ms + 10'000);
  EXPECT_EQ(clock.follow(wall_ms + 10'000), wall_ms + 10'000);
}

TEST(StageClock, ARecordFromBeyondTheWallIsTakenAtTheWallAndMovesNothing) {
  StageClock clock(StageClock::Mode::wall, skew_ms);
  clock.found_end(clock.add_partition(), wall_ms);
  (void)clock.take(500, wall_ms);
  const StageClock::Taken far = clock.take(wall_ms + skew_ms + 1, wall_ms);
  EXPECT_EQ(far.broker_ms, wall_ms);
  EXPECT_EQ(far.clock_ms, 500);
  const StageClock::Taken near = clock.take(wall_ms + skew_ms, wall_ms);
  EXPECT_EQ(near.broker_ms, wall_ms + skew_ms);
  EXPECT_EQ(near.clock_ms, wall_ms + skew_ms);
}

TEST(StageClock, RecordsModeNeverReadsTheWall) {
  StageClock clock(StageClock::Mode::records, skew_ms);
  const std::size_t a = clock.add_partition();
  constexpr TimeMs year_2099_ms = 4'070'908'800'000;
  clock.read_up_to(a, year_2099_ms);
  EXPECT_EQ(clock.take(year_2099_ms, wall_ms).clock_ms, year_2099_ms);
  clock.found_end(a, year_2099_ms + 5);
  EXPECT_EQ(clock.follow(year_2099_ms + 5), year_2099_ms);
}

TEST(StageClock, WhileBehindItIsTheSmallestTimeReadOfThosePartitionsThatAreBehind) {
  StageClock clock(StageClock::Mode::wall, skew_ms);
  const std::size_t a = clock.add_partition();
  const std::size_t b = clock.add_partition();
  clock.read_up_to(a, 900);
  EXPECT_EQ(clock.take(900, wall_ms).clock_ms, 0);  // nothing was read of b
  clock.read_up_to(b, 300);
  EXPECT_EQ(clock.take(200, wall_ms).clock_ms, 200);
  EXPECT_EQ(clock.take(300, wall_ms).clock_ms, 300);
  EXPECT_EQ(clock.take(950, wall_ms).clock_ms, 300);
  clock.found_end(b, wall_ms);  // an old last record of a partition that is read to its end holds nobody up
  EXPECT_EQ(clock.take(950, wall_ms).clock_ms, 900);
}

TEST(StageClock, OfABatchTheNewestBelievableRecordCounts) {
  StageClock clock(StageClock::Mode::wall, skew_ms);
  const std::size_t a = clock.add_partition();
  const std::size_t b = clock.add_partition();
  clock.found_end(b, wall_ms);
  clock.read_up_to(a, 300);  // where the batch ends
  for (const TimeMs broker_ms : {TimeMs{900}, wall_ms + skew_ms + 1, TimeMs{300}})
    clock.has_read(a, broker_ms, wall_ms);
  EXPECT_EQ(clock.limit_ms(), 900);
  EXPECT_EQ(clock.take(950, wall_ms).clock_ms, 900);  // of b
}

TEST(StageClock, AJournalledClockIsTakenOver) {
  StageClock clock(StageClock::Mode::wall, skew_ms);
  clock.set(700);
  clock.set(600);
  EXPECT_EQ(clock.clock_ms(), 700);
}

}  // namespace
}  // namespace vigia
