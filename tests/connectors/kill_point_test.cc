#include "connectors/kill_point.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

namespace vigia {
namespace {

TEST(KillPointTest, WithoutAWishNothingDies) {
  KillPoint point("");
  point.pass("produced");
  point.pass("");
  kill_point("produced");
}

TEST(KillPointTest, OnlyItsOwnNameCounts) {
  KillPoint point("produced");
  point.pass("produce");
  point.pass("produced_");
  EXPECT_EXIT(point.pass("produced"), testing::KilledBySignal(SIGKILL), "kill point produced");
}

TEST(KillPointTest, TheNthPassingDies) {
  KillPoint point("committed:3");
  point.pass("committed");
  point.pass("produced");
  point.pass("committed");
  EXPECT_EXIT(point.pass("committed"), testing::KilledBySignal(SIGKILL), "kill point committed");
}

TEST(KillPointTest, ASlipEndsTheProcess) {
  for (const char* text : {":", ":1", "produced:", "produced:0", "produced:x", "produced:-1", "produced:1x"}) {
    EXPECT_EXIT(KillPoint{text}, testing::ExitedWithCode(2), "expected NAME or NAME:N") << text;
  }
}

TEST(KillPointTest, TheEnvironmentNamesIt) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";  // a process of its own, which reads its environment
  ::setenv("VIGIA_KILL_POINT", "produced:2", 1);
  const auto passings = [] {
    kill_point("produced");
    kill_point("committed");
    kill_point("produced");
    ::_exit(0);
  };
  EXPECT_EXIT(passings(), testing::KilledBySignal(SIGKILL), "kill point produced");
  ::unsetenv("VIGIA_KILL_POINT");
}

}  // namespace
}  // namespace vigia
