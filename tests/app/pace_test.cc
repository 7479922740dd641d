#include "app/pace.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

constexpr TimeMs begin_ms = 1'700'000'000'000;

class PaceTest : public testing::Test {
 protected:
  PaceClock clock() {
    return {[this] { return now_ms; }, [this](TimeMs ms) { now_ms += ms; }, [this] { return now_ms >= stop_ms; }};
  }
  TimeMs now_ms = begin_ms;
  TimeMs stop_ms = never_ms;
};

TEST_F(PaceTest, WithoutALimitNothingWaits) {
  Pace pace(0, false, clock());
  EXPECT_TRUE(pace.wait(1'000'000, begin_ms + 3'600'000));
  EXPECT_EQ(now_ms, begin_ms);
}

TEST_F(PaceTest, SoManyASecond) {
  Pace pace(100, false, clock());
  EXPECT_TRUE(pace.wait(0, begin_ms + 3'600'000));
  EXPECT_EQ(now_ms, begin_ms);
  EXPECT_TRUE(pace.wait(250, begin_ms));
  EXPECT_EQ(now_ms, begin_ms + 2'500);
}

TEST_F(PaceTest, NoEventGoesBeforeItsTime) {
  Pace pace(0, true, clock());
  EXPECT_TRUE(pace.wait(0, begin_ms - 5'000));
  EXPECT_EQ(now_ms, begin_ms);
  EXPECT_TRUE(pace.wait(1, begin_ms + 90'000));
  EXPECT_EQ(now_ms, begin_ms + 90'000);
}

TEST_F(PaceTest, WithBothTheLaterOneCounts) {
  Pace pace(1, true, clock());
  EXPECT_TRUE(pace.wait(10, begin_ms + 3'000));
  EXPECT_EQ(now_ms, begin_ms + 10'000);
  EXPECT_TRUE(pace.wait(11, begin_ms + 30'000));
  EXPECT_EQ(now_ms, begin_ms + 30'000);
}

TEST_F(PaceTest, AStopEndsTheWaiting) {
  stop_ms = begin_ms + 1'000;
  Pace pace(0, true, clock());
  EXPECT_FALSE(pace.wait(0, begin_ms + 3'600'000));
  EXPECT_LT(now_ms, begin_ms + 2'000);
}

}  // namespace
}  // namespace vigia
