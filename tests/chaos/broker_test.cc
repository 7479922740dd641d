// The broker dies, freezes and stays away, with transactions under way.
#include "chaos_test.h"

namespace vigia::test {
namespace {

using BrokerTest = ChaosTest;

TEST_F(BrokerTest, KilledAndStartedAgain) {
  begin();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(progress(1 + dice().roll(60))) << engine().log_of_this_life();
    outside().kill();
    outside().restart();
    ASSERT_TRUE(progress()) << engine().log_of_this_life();
  }
  judge();
}

TEST_F(BrokerTest, FrozenForMomentsAndForLongerThanATransactionMayTake) {
  begin();
  for (const int frozen_s : {1, 8}) {
    ASSERT_TRUE(progress(1 + dice().roll(60))) << engine().log_of_this_life();
    outside().freeze();
    let_pass(std::chrono::seconds(frozen_s));
    outside().thaw();
    ASSERT_TRUE(progress()) << engine().log_of_this_life();
  }
  judge();
}

TEST_F(BrokerTest, AwayForLongerThanTheMessageTimeOut) {
  begin();
  ASSERT_TRUE(progress(50));
  outside().kill();
  let_pass(std::chrono::seconds(8));
  outside().restart();
  ASSERT_TRUE(progress()) << engine().log_of_this_life();
  judge();
}

TEST_F(BrokerTest, BothDie) {
  begin();
  ASSERT_TRUE(progress(1 + dice().roll(60))) << engine().log_of_this_life();
  outside().kill();
  engine().kill();
  engine().start();
  outside().restart();
  ASSERT_TRUE(progress()) << engine().log_of_this_life();
  judge();
}

}  // namespace
}  // namespace vigia::test
