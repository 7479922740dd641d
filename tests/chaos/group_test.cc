// Several processes of one application: they share the partitions, and take over from each other.
#include <algorithm>

#include "chaos_test.h"

namespace vigia::test {
namespace {

class GroupTest : public ChaosTest {
 protected:
  // Whether the engine has said, in this life and last of all, that it runs `count` partitions.
  [[nodiscard]] bool runs(Instance& engine, std::size_t count) {
    const std::string log = engine.log_of_this_life();
    const std::string words = "seal-trip: running partitions ";
    const auto said = log.rfind(words);
    if (said == std::string::npos) return false;
    const auto numbers = log.substr(said, log.find(':', said + words.size()) - said);
    return static_cast<std::size_t>(std::count(numbers.begin(), numbers.end(), ',')) + 1 == count;
  }

  void kill_in_rotation(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      Instance& victim = engine(static_cast<std::size_t>(i) % engines().size());
      ASSERT_TRUE(progress(1 + dice().roll(40))) << "round " << i;
      victim.kill();
      ASSERT_TRUE(progress(1 + dice().roll(40))) << "round " << i;
      victim.start();
    }
  }
};

TEST_F(GroupTest, ThreeShareFourPartitionsKilledInRotation) {
  begin({.partitions = 4, .instances = 3, .started = 3});
  kill_in_rotation(6);
  judge();
}

TEST_F(GroupTest, ThreeWithTwoPartitionsKilledInRotation) {
  begin({.partitions = 2, .instances = 3, .started = 3});
  kill_in_rotation(3);
  judge();
}

TEST_F(GroupTest, WithStandbyThreeShareFourPartitionsKilledInRotation) {
  begin({.partitions = 4, .instances = 3, .started = 3, .standby = 1});
  kill_in_rotation(6);
  judge();
}

TEST_F(GroupTest, TheyJoinAndLeave) {
  begin({.partitions = 4, .instances = 3, .started = 1});
  ASSERT_TRUE(progress(50));
  engine(1).start();
  ASSERT_TRUE(wait_until([&] { return runs(engine(1), 2); })) << engine(1).log();
  ASSERT_TRUE(progress(50));
  engine(2).start();
  ASSERT_TRUE(wait_until([&] { return runs(engine(2), 1) || runs(engine(2), 2); })) << engine(2).log();
  ASSERT_TRUE(progress(50));
  EXPECT_EQ(engine(0).stop(), 0) << engine(0).log();
  ASSERT_TRUE(progress(50));
  EXPECT_EQ(engine(1).stop(), 0) << engine(1).log();
  ASSERT_TRUE(wait_until([&] { return runs(engine(2), 4); })) << engine(2).log();
  ASSERT_TRUE(progress(50));
  judge();
}

// What it had under way when it froze must not come out when it wakes: others have its partitions by then.
TEST_F(GroupTest, OneFreezesBeyondItsSessionAndWakes) {
  begin({.partitions = 3, .instances = 2, .started = 2});
  for (std::size_t i = 0; i < 2; ++i) {
    Instance& sleeper = engine(i % 2);
    Instance& other = engine(1 - i % 2);
    ASSERT_TRUE(wait_until([&] { return runs(sleeper, 1) || runs(sleeper, 2); })) << sleeper.log();
    ASSERT_TRUE(progress(1 + dice().roll(60)));
    sleeper.freeze();
    ASSERT_TRUE(wait_until([&] { return runs(other, 3); })) << other.log();
    ASSERT_TRUE(progress());
    sleeper.thaw();
    ASSERT_TRUE(wait_until([&] { return runs(other, 1) || runs(other, 2) || !sleeper.running(); })) << sleeper.log();
    ASSERT_TRUE(sleeper.running()) << sleeper.log_of_this_life();
  }
  judge();
}

}  // namespace
}  // namespace vigia::test
