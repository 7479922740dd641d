// Several processes of one application: they share the partitions, and take over from each other.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "chaos_test.h"

namespace vigia::test {
namespace {

constexpr const char* copy_is_made = "a standby copy is kept here";
constexpr const char* copy_takes_over = "keys from the copy that is here";

class GroupTest : public ChaosTest {
 protected:
  // How many partitions the engine runs, by what it has said in this life last of all.
  [[nodiscard]] static std::size_t running(const Instance& engine) {
    const std::string log = engine.log_of_this_life();
    const std::string words = "seal-trip: running partitions ";
    const auto said = log.rfind(words);
    if (said == std::string::npos) return 0;
    const auto numbers = log.substr(said, log.find(':', said + words.size()) - said);
    return static_cast<std::size_t>(std::count(numbers.begin(), numbers.end(), ',')) + 1;
  }
  [[nodiscard]] static bool runs(const Instance& engine, std::size_t count) { return running(engine) == count; }

  // How often it has said of a task of the first stage, in this life, what it did.
  [[nodiscard]] static std::size_t told(const Instance& engine, const std::string& what) {
    std::istringstream log(engine.log_of_this_life());
    std::size_t count = 0;
    for (std::string line; std::getline(log, line);)
      count += line.find("seal-trip/") != std::string::npos && line.find(what) != std::string::npos ? 1 : 0;
    return count;
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

// Who dies stays away until the group has noticed.
TEST_F(GroupTest, WithStandbyTheCopiesOfWhoDiesTakeOver) {
  begin({.partitions = 4, .instances = 2, .started = 1, .standby = 1});
  ASSERT_TRUE(wait_until([&] { return runs(engine(0), 4); })) << engine(0).log();
  engine(1).start();
  std::size_t taken = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    Instance& victim = engine(i % 2);
    Instance& other = engine(1 - i % 2);
    ASSERT_TRUE(wait_until([&] { return runs(victim, 2) && runs(other, 2); })) << victim.log() << other.log();
    ASSERT_TRUE(wait_until([&] { return told(other, copy_is_made) >= 2; })) << other.log();
    let_pass(std::chrono::seconds(5));  // a copy is brought up to date once a second
    ASSERT_TRUE(progress(1 + dice().roll(60))) << "round " << i;
    const std::size_t before = told(other, copy_takes_over);
    victim.kill();
    ASSERT_TRUE(wait_until([&] { return runs(other, 4); })) << other.log();
    taken += told(other, copy_takes_over) - before;
    ASSERT_TRUE(progress()) << "round " << i;
    victim.start();
  }
  EXPECT_GT(taken, 0u) << engine(0).log() << engine(1).log();  // one that has nothing yet is left
  judge();
}

// Nobody dies, so nobody waits: a copy takes over that lacks the epochs since it was last brought up to date.
TEST_F(GroupTest, WithStandbyACopyThatIsBehindCatchesUp) {
  begin({.partitions = 5, .instances = 3, .started = 0, .standby = 1});
  Instance &a = engine(0), &b = engine(1), &c = engine(2);  // partitions go by the order of the names
  for (std::size_t i = 0; i < engines().size(); ++i) {
    std::filesystem::create_directories(engine(i).state_directory());
    std::ofstream(engine(i).state_directory() + "/instance") << fmt::format("{:016x}\n", i);
  }
  a.start();
  ASSERT_TRUE(wait_until([&] { return runs(a, 5); })) << a.log();
  b.start();
  for (int tries = 0; tries < 5 && told(b, copy_takes_over) == 0; ++tries) {
    c.kill();
    ASSERT_TRUE(wait_until([&] { return runs(a, 3) && runs(b, 2); })) << a.log() << b.log();
    ASSERT_TRUE(wait_until([&] { return told(b, copy_is_made) >= 3; })) << b.log();
    let_pass(std::chrono::seconds(2));  // a copy is brought up to date once a second
    ASSERT_TRUE(progress(1 + dice().roll(60)));
    c.start();  // the last number of `a` goes to `b`, and the last one of `b` to `c`
    ASSERT_TRUE(wait_until([&] { return runs(a, 2) && runs(b, 2) && runs(c, 1); })) << a.log() << b.log() << c.log();
  }
  EXPECT_GT(told(b, copy_takes_over), 0u) << b.log();
  ASSERT_TRUE(progress(50));
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
