// The engine dies at any moment, again and again.
#include "chaos_test.h"

namespace vigia::test {
namespace {

using KillTest = ChaosTest;

TEST_F(KillTest, NothingHappens) {
  begin();
  EXPECT_TRUE(progress(100));
  judge();
}

TEST_F(KillTest, TwentyTimesEachAfterProgress) {
  constexpr int kills = 20;
  begin();
  for (int i = 0; i < kills; ++i) {
    ASSERT_TRUE(progress(1 + dice().roll(30))) << "life " << i << "\n" << engine().log_of_this_life();
    engine().kill();
    engine().start();
  }
  judge();
}

}  // namespace
}  // namespace vigia::test
