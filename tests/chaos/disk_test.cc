// The disk of the state directory spoils, fills up, fails, and forgets what was not synced.
#include "disk_faults.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "chaos_test.h"

namespace vigia::test {
namespace {

class DiskTest : public ChaosTest {
 protected:
  // After damage the engine goes on from something older, or refuses with a word about its state; then it gets an empty
  // directory. It never goes on as if there had been nothing.
  void go_on_or_begin_anew() {
    engine().start();
    ASSERT_TRUE(wait_until([&] {
      return engine().log_of_this_life().find("seal-trip: running partitions") != std::string::npos ||
             !engine().running();
    })) << engine().log_of_this_life();
    const std::size_t before = watcher().count();
    ASSERT_TRUE(wait_until([&] { return watcher().count() > before + 10 || !engine().running(); }))
        << engine().log_of_this_life();
    if (engine().running()) return;
    EXPECT_EQ(engine().wait(), 1) << engine().log_of_this_life();
    EXPECT_NE(engine().log_of_this_life().find(engine().state_directory()), std::string::npos)
        << engine().log_of_this_life();
    std::filesystem::remove_all(engine().state_directory());
    engine().start();
    ASSERT_TRUE(progress()) << engine().log_of_this_life();
    EXPECT_NE(engine().log_of_this_life().find(" snapshot "), std::string::npos)  // where from, or that there is none
        << engine().log_of_this_life();
  }

  // Kills it with such a file on its disk. A new life writes what the last one logged into tables.
  void kill_with(DiskFile kind) {
    for (int lives = 0; lives < 5; ++lives) {
      ASSERT_TRUE(progress(20 + dice().roll(40))) << engine().log_of_this_life();
      engine().kill();
      if (!files_of(engine().state_directory(), kind).empty()) return;
      engine().start();
    }
    FAIL() << "it writes no such file";
  }

  void spoil(DiskFile kind, bool (*how)(const std::string&, DiskFile, Dice&)) {
    begin();
    for (int i = 0; i < 2; ++i) {
      ASSERT_NO_FATAL_FAILURE(kill_with(kind));
      ASSERT_TRUE(how(engine().state_directory(), kind, dice()));
      ASSERT_NO_FATAL_FAILURE(go_on_or_begin_anew());
    }
    judge();
  }

  void begin_on(FaultyDisk& disk) {
    begin({.started = 0});
    engine().start(disk.environment());
    ASSERT_TRUE(progress()) << engine().log();
  }
};

TEST_F(DiskTest, FlippedBytesInATable) { spoil(DiskFile::table, flip_bytes); }
TEST_F(DiskTest, FlippedBytesInAWriteAheadLog) { spoil(DiskFile::wal, flip_bytes); }
TEST_F(DiskTest, FlippedBytesInAManifest) { spoil(DiskFile::manifest, flip_bytes); }
TEST_F(DiskTest, ATornTable) { spoil(DiskFile::table, tear); }
TEST_F(DiskTest, ATornWriteAheadLog) { spoil(DiskFile::wal, tear); }
TEST_F(DiskTest, ATornManifest) { spoil(DiskFile::manifest, tear); }

TEST_F(DiskTest, PowerIsLost) {
  if (!FaultyDisk::works()) GTEST_SKIP() << "nothing can be preloaded under sanitizers";
  FaultyDisk disk(directory_ / "state-engine-0");
  ASSERT_NO_FATAL_FAILURE(begin_on(disk));
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(progress(1 + dice().roll(60))) << engine().log_of_this_life();
    engine().kill();
    disk.lose_power();
    engine().start(disk.environment());
    ASSERT_TRUE(progress()) << engine().log_of_this_life();
  }
  judge();
}

TEST_F(DiskTest, FullForAWhile) {
  if (!FaultyDisk::works()) GTEST_SKIP() << "nothing can be preloaded under sanitizers";
  FaultyDisk disk(directory_ / "state-engine-0");
  ASSERT_NO_FATAL_FAILURE(begin_on(disk));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(progress(1 + dice().roll(60))) << engine().log_of_this_life();
    disk.set_full(true);
    ASSERT_TRUE(wait_until([&] { return engine().log().find("No space left on device") != std::string::npos; }))
        << engine().log();
    disk.set_full(false);
    ASSERT_TRUE(progress(50)) << engine().log();
    EXPECT_TRUE(engine().running());
  }
  judge();
}

// What a broken disk has is not to be believed, so the engine may end; but only with a word about it.
TEST_F(DiskTest, BrokenForAWhile) {
  if (!FaultyDisk::works()) GTEST_SKIP() << "nothing can be preloaded under sanitizers";
  FaultyDisk disk(directory_ / "state-engine-0");
  ASSERT_NO_FATAL_FAILURE(begin_on(disk));
  ASSERT_TRUE(progress(50)) << engine().log_of_this_life();
  disk.set_broken(true);
  ASSERT_TRUE(wait_until([&] { return engine().log().find("Input/output error") != std::string::npos; }))
      << engine().log();
  disk.set_broken(false);
  ASSERT_TRUE(wait_until([&] { return !engine().running() || progress(10, std::chrono::seconds(1)); }))
      << engine().log();
  if (!engine().running()) {
    EXPECT_EQ(engine().wait(), 1);
    engine().start(disk.environment());
  }
  ASSERT_TRUE(progress(50)) << engine().log_of_this_life();
  judge();
}

}  // namespace
}  // namespace vigia::test
