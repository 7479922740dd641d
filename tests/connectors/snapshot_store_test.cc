#include "connectors/snapshot_store.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <map>

#include "full_disk.h"
#include "temp_directory.h"

namespace vigia::test {
namespace {

using Keys = std::map<std::string, std::string>;

TaskSnapshot snapshot(const std::string& task, std::uint64_t epoch, Keys keys, bool all = false) {
  TaskSnapshot s;
  s.head = {.task = task,
            .epoch = epoch,
            .clock_ms = -3,
            .offsets = {{"seal.events", PartitionId{1}, Offset{static_cast<std::int64_t>(epoch)}}},
            .meta = "meta" + std::to_string(epoch)};
  s.all = all;
  for (auto& [key, bytes] : keys) s.keys.push_back({key, bytes});
  return s;
}

Keys keys_of(const SnapshotStore& store, const std::string& task, Status* status = nullptr) {
  Keys keys;
  const Status read = store.keys(task, [&](std::string_view key, std::string_view bytes) {
    keys.emplace(key, bytes);
    return std::string();
  });
  if (status != nullptr)
    *status = read;
  else
    EXPECT_TRUE(read.ok()) << read.text;
  return keys;
}

std::uint64_t written_epoch(const SnapshotStore& store) {
  std::optional<SnapshotHead> head;
  EXPECT_TRUE(store.head("t", head).ok());
  return head ? head->epoch : 0;
}

TEST(SnapshotStore, HoldsTheLastImageOfEveryKeyWithItsHead) {
  TempDirectory dir;
  const std::string odd("\0\xff", 2);
  {
    SnapshotStore store;
    ASSERT_TRUE(store.open(dir / "s", "customs").ok());
    std::optional<SnapshotHead> head;
    ASSERT_TRUE(store.head("t/1", head).ok());
    EXPECT_FALSE(head.has_value());
    ASSERT_TRUE(store.write(snapshot("t/1", 5, {{"a", "1"}, {"b", "2"}, {odd, odd}})).ok());
    ASSERT_TRUE(store.write(snapshot("t/10", 5, {{"a", "other"}})).ok());
    ASSERT_TRUE(store.write(snapshot("t/1", 6, {{"a", "3"}, {"b", ""}, {"c", "4"}})).ok());
  }
  SnapshotStore store;
  ASSERT_TRUE(store.open(dir / "s", "customs").ok());
  EXPECT_EQ(keys_of(store, "t/1"), (Keys{{"a", "3"}, {"c", "4"}, {odd, odd}}));
  EXPECT_EQ(keys_of(store, "t/10"), (Keys{{"a", "other"}}));
  std::optional<SnapshotHead> head;
  ASSERT_TRUE(store.head("t/1", head).ok());
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->epoch, 6u);
  EXPECT_EQ(head->clock_ms, -3);
  EXPECT_EQ(head->meta, "meta6");
  EXPECT_EQ(head->offsets, snapshot("t/1", 6, {}).head.offsets);
  std::vector<std::string> tasks;
  ASSERT_TRUE(store.tasks(tasks).ok());
  EXPECT_EQ(tasks, (std::vector<std::string>{"t/1", "t/10"}));
}

TEST(SnapshotStore, AFullSnapshotReplacesWhatWasThere) {
  TempDirectory dir;
  SnapshotStore store;
  ASSERT_TRUE(store.open(dir / "s", "customs").ok());
  ASSERT_TRUE(store.write(snapshot("t/1", 1, {{"a", "1"}, {"b", "2"}})).ok());
  ASSERT_TRUE(store.write(snapshot("t/10", 1, {{"a", "1"}})).ok());
  ASSERT_TRUE(store.write(snapshot("t/1", 2, {{"c", "3"}}, true)).ok());
  EXPECT_EQ(keys_of(store, "t/1"), (Keys{{"c", "3"}}));
  EXPECT_EQ(keys_of(store, "t/10"), (Keys{{"a", "1"}}));
}

// More than goes through the log.
Keys many_keys(const std::string& value, int count = 2'000) {
  Keys keys;
  for (int i = 0; i < count; ++i) keys.emplace("key-" + std::to_string(i), std::string(5'000, 'x') + value);
  return keys;
}

std::uint64_t log_bytes(const std::string& directory) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.path().extension() == ".log") bytes += entry.file_size();
  return bytes;
}

TEST(SnapshotStore, ALargeSnapshotIsAsASmallOneAndLeavesNothingInTheLog) {
  TempDirectory dir;
  Keys expected = many_keys("1");
  {
    SnapshotStore store;
    ASSERT_TRUE(store.open(dir / "s", "customs").ok());
    ASSERT_TRUE(store.write(snapshot("t", 1, many_keys("0"))).ok());
    ASSERT_TRUE(store.write(snapshot("t", 2, {{"key-1", "small"}, {"key-2", "small"}})).ok());
    Keys changed = many_keys("1");
    changed["key-1"] = "";
    changed.erase("key-2");
    ASSERT_TRUE(store.write(snapshot("t", 3, changed)).ok());
    ASSERT_TRUE(store.write(snapshot("t/1", 9, many_keys("other"))).ok());
  }
  expected.erase("key-1");
  expected["key-2"] = "small";
  SnapshotStore store;
  ASSERT_TRUE(store.open(dir / "s", "customs").ok());
  EXPECT_EQ(written_epoch(store), 3u);
  EXPECT_EQ(keys_of(store, "t"), expected);
  EXPECT_EQ(keys_of(store, "t/1"), many_keys("other"));
  EXPECT_LT(log_bytes(dir / "s"), 100'000u);
  SnapshotHead head;
  std::size_t since = 0;
  const Status status = store.changed("t", 2, head, [&](std::string_view, std::string_view) {
    ++since;
    return Status::good();
  });
  EXPECT_TRUE(status.ok()) << status.text;
  EXPECT_EQ(since, expected.size() - 1);  // all but key-2
}

TEST(SnapshotStore, WhatACrashLeftBesideItIsNotWrittenInto) {
  TempDirectory dir;
  SnapshotStore store;
  ASSERT_TRUE(store.open(dir / "s", "customs").ok());
  ASSERT_TRUE(store.write(snapshot("old", 1, many_keys("old"))).ok());
  for (const auto& entry : std::filesystem::directory_iterator(dir / "s")) {
    if (entry.path().extension() == ".sst") std::filesystem::create_hard_link(entry.path(), dir / "s-new.sst");
  }
  ASSERT_TRUE(std::filesystem::exists(dir / "s-new.sst"));
  ASSERT_TRUE(store.write(snapshot("new", 1, many_keys("new"))).ok());
  EXPECT_FALSE(std::filesystem::exists(dir / "s-new.sst"));
  store.close();
  ASSERT_TRUE(store.open(dir / "s", "customs").ok());
  EXPECT_EQ(keys_of(store, "old"), many_keys("old"));
  EXPECT_EQ(keys_of(store, "new"), many_keys("new"));
}

TEST(SnapshotStore, DamagedItGoesBackToOlderGenerationsAndThenToNone) {
  TempDirectory dir;
  SnapshotStore store;
  ASSERT_TRUE(store.open(dir / "s", "customs").ok());
  for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) {
    ASSERT_TRUE(store.write(snapshot("t", epoch, {{"a", std::to_string(epoch)}})).ok());
    ASSERT_TRUE(store.keep_generation(2).ok());
  }
  ASSERT_TRUE(store.write(snapshot("t", 5, {{"a", "5"}})).ok());
  std::string told;
  ASSERT_TRUE(store.fall_back(told).ok());
  EXPECT_EQ(keys_of(store, "t"), (Keys{{"a", "4"}}));
  EXPECT_NE(told.find("generation 000004"), std::string::npos) << told;
  ASSERT_TRUE(store.fall_back(told).ok());
  EXPECT_EQ(keys_of(store, "t"), (Keys{{"a", "3"}}));
  ASSERT_TRUE(store.fall_back(told).ok());  // two were to be kept
  EXPECT_EQ(keys_of(store, "t"), Keys{});
  EXPECT_NE(told.find("no older snapshots"), std::string::npos) << told;
  ASSERT_TRUE(store.write(snapshot("t", 6, {{"a", "6"}})).ok());
}

TEST(SnapshotStore, OneOfEachDayIsKeptForSoLong) {
  constexpr TimeMs day_ms = 86'400'000, noon_ms = 1'709'208'000'000;  // 2024-02-29
  TempDirectory dir;
  SnapshotStore store;
  ASSERT_TRUE(store.open(dir / "s", "customs").ok());
  const auto days = [&] {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir / "s-daily"))
      names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  };
  for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) {
    ASSERT_TRUE(store.write(snapshot("t", epoch, {{"a", std::to_string(epoch)}})).ok());
    ASSERT_TRUE(store.keep_day(noon_ms + static_cast<TimeMs>(epoch - 1) * day_ms / 2, 2 * day_ms).ok());
  }
  EXPECT_EQ(days(), (std::vector<std::string>{"2024-02-29", "2024-03-01", "2024-03-02"}));
  SnapshotStore first;
  ASSERT_TRUE(first.open_secondary(dir / "s-daily/2024-02-29", dir / "scratch").ok());
  EXPECT_EQ(keys_of(first, "t"), (Keys{{"a", "1"}})) << "the first of the day stays";
  first.close();
  ASSERT_TRUE(store.keep_day(noon_ms + 3 * day_ms, 2 * day_ms).ok());
  EXPECT_EQ(days(), (std::vector<std::string>{"2024-03-01", "2024-03-02", "2024-03-03"}));
}

class GoneKeys : public testing::TestWithParam<bool> {};

TEST_P(GoneKeys, AreToldWithWhatHasChangedUntilTheyAreForgotten) {
  const std::string filling(GetParam() ? std::size_t{9} << 20 : 1, 'x');  // a file of its own, or a batch
  TempDirectory dir;
  SnapshotStore store;
  ASSERT_TRUE(store.open(dir / "s", "customs").ok());
  const auto changed = [&](std::uint64_t after_epoch) {
    SnapshotHead head;
    std::map<std::string, bool> keys;  // whether they have gone
    EXPECT_TRUE(store
                    .changed("t", after_epoch, head,
                             [&](std::string_view key, std::string_view bytes) {
                               EXPECT_TRUE(keys.emplace(key, bytes.empty()).second) << key;
                               return Status::good();
                             })
                    .ok());
    return keys;
  };
  using Changed = std::map<std::string, bool>;
  ASSERT_TRUE(store.write(snapshot("t", 1, {{"a", "1"}, {"b", "1"}, {"c", "1"}})).ok());
  ASSERT_TRUE(store.write(snapshot("t", 2, {{"c", ""}})).ok());
  EXPECT_EQ(changed(1), Changed()) << "nobody wants to know";
  store.remember_gone();
  ASSERT_TRUE(store.write(snapshot("t2", 3, {{"a", ""}})).ok());
  ASSERT_TRUE(store.write(snapshot("t", 3, {{"a", ""}, {"b", ""}, {"d", filling}})).ok());
  EXPECT_EQ(changed(2), (Changed{{"a", true}, {"b", true}, {"d", false}}));
  ASSERT_TRUE(store.write(snapshot("t", 4, {{"b", "4"}})).ok());
  EXPECT_EQ(changed(2), (Changed{{"a", true}, {"b", false}, {"d", false}})) << "b is back";
  EXPECT_EQ(changed(3), (Changed{{"b", false}}));
  EXPECT_EQ(keys_of(store, "t"), (Keys{{"b", "4"}, {"d", filling}}));
  ASSERT_TRUE(store.forget_gone("t", 3).ok());
  EXPECT_EQ(changed(2), (Changed{{"b", false}, {"d", false}}));
}

INSTANTIATE_TEST_SUITE_P(SnapshotStore, GoneKeys, testing::Bool());

TEST(SnapshotStore, AWholeSnapshotInPiecesIsSeenWithItsLastOne) {
  TempDirectory dir;
  SnapshotStore store;
  ASSERT_TRUE(store.open(dir / "s", "customs").ok());
  ASSERT_TRUE(store.write(snapshot("t", 1, {{"a", "1"}, {"b", "1"}})).ok());
  ASSERT_TRUE(store.write(snapshot("t2", 1, {{"other", "1"}})).ok());
  const auto piece = [](std::uint64_t epoch, SnapshotPiece which, Keys keys) {
    TaskSnapshot made = snapshot("t", epoch, std::move(keys), true);
    made.head.key_set = epoch;
    made.piece = which;
    return made;
  };
  // One that never came to its end, as before a crash.
  ASSERT_TRUE(store.write(piece(2, SnapshotPiece::first, {{"a", "2"}})).ok());
  EXPECT_EQ(keys_of(store, "t"), (Keys{{"a", "1"}, {"b", "1"}}));
  ASSERT_TRUE(store.write(piece(3, SnapshotPiece::first, {{"a", "3"}})).ok());
  ASSERT_TRUE(store.write(piece(3, SnapshotPiece::middle, {{"c", "3"}})).ok());
  EXPECT_EQ(keys_of(store, "t"), (Keys{{"a", "1"}, {"b", "1"}}));
  ASSERT_TRUE(store.write(piece(3, SnapshotPiece::last, {{"d", "3"}})).ok());
  EXPECT_EQ(keys_of(store, "t"), (Keys{{"a", "3"}, {"c", "3"}, {"d", "3"}}));
  // It goes on there, key by key.
  TaskSnapshot next = snapshot("t", 4, {{"a", "4"}});
  next.head.key_set = 3;
  ASSERT_TRUE(store.write(next).ok());
  EXPECT_EQ(keys_of(store, "t"), (Keys{{"a", "4"}, {"c", "3"}, {"d", "3"}}));
  // Brought from elsewhere, whole.
  TaskSnapshot brought = snapshot("t", 5, {{"z", "5"}}, true);
  ASSERT_TRUE(store.write(brought).ok());
  EXPECT_EQ(keys_of(store, "t"), (Keys{{"z", "5"}}));
  EXPECT_EQ(keys_of(store, "t2"), (Keys{{"other", "1"}}));
  store.close();
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, dir / "s", &raw).ok());
  int count = 0;
  {
    const std::unique_ptr<rocksdb::Iterator> it(raw->NewIterator({}));
    for (it->Seek("k"); it->Valid() && it->key().starts_with("k"); it->Next()) ++count;
  }
  delete raw;
  EXPECT_EQ(count, 2) << "nothing is left behind";
}

TEST(SnapshotStore, RefusesAnotherApplicationAndANewerFormat) {
  TempDirectory dir;
  {
    SnapshotStore store;
    ASSERT_TRUE(store.open(dir / "s", "customs").ok());
  }
  SnapshotStore store;
  const Status other = store.open(dir / "s", "harbour");
  EXPECT_EQ(other.fault, Fault::refused);
  EXPECT_NE(other.text.find("belongs to application 'customs'"), std::string::npos) << other.text;
  store.close();
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, dir / "s", &raw).ok());
  ASSERT_TRUE(raw->Put({}, "format", "vigia-snapshot 9").ok());
  delete raw;
  const Status newer = store.open(dir / "s", "customs");
  EXPECT_EQ(newer.fault, Fault::refused);
  EXPECT_NE(newer.text.find("vigia-snapshot 9"), std::string::npos) << newer.text;
}

TEST(SnapshotStore, BytesThatAreNotWhatWasWrittenAreDamage) {
  TempDirectory dir;
  {
    SnapshotStore store;
    ASSERT_TRUE(store.open(dir / "s", "customs").ok());
    ASSERT_TRUE(store.write(snapshot("t", 1, {{"a", "1"}, {"b", "2"}})).ok());
  }
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, dir / "s", &raw).ok());
  std::string value;
  ASSERT_TRUE(raw->Get({}, std::string("kt\0a", 4), &value).ok());
  ASSERT_TRUE(raw->Put({}, std::string("kt\0b", 4), value).ok());  // a right value under another's key
  delete raw;
  SnapshotStore store;
  ASSERT_TRUE(store.open(dir / "s", "customs").ok());
  Status status;
  (void)keys_of(store, "t", &status);
  EXPECT_EQ(status.fault, Fault::damaged);
  EXPECT_NE(status.text.find("the snapshot of t is damaged"), std::string::npos) << status.text;
}

TEST(SnapshotStore, AnotherProcessReadsBeside) {
  TempDirectory dir;
  SnapshotStore store;
  ASSERT_TRUE(store.open(dir / "s", "customs").ok());
  ASSERT_TRUE(store.write(snapshot("t", 1, {{"a", "1"}})).ok());
  SnapshotStore reader;
  const Status opened = reader.open_secondary(dir / "s", dir / "scratch");
  ASSERT_TRUE(opened.ok()) << opened.text;
  EXPECT_EQ(keys_of(reader, "t"), (Keys{{"a", "1"}}));
  SnapshotStore none;
  EXPECT_EQ(none.open_secondary(dir / "nothing", dir / "scratch2").fault, Fault::refused);
}

TEST(SnapshotWriter, WritesInTheBackgroundInOrder) {
  TempDirectory dir;
  SnapshotStore store;
  ASSERT_TRUE(store.open(dir / "s", "customs").ok());
  SnapshotWriter writer(store);
  EXPECT_EQ(written_epoch(store), 0u);
  for (std::uint64_t epoch = 1; epoch <= 20; ++epoch)
    writer.enqueue(snapshot("t", epoch, {{"a", std::to_string(epoch)}}));
  ASSERT_TRUE(writer.drain().ok());
  EXPECT_EQ(written_epoch(store), 20u);
  EXPECT_EQ(writer.pending(), 0u);
  EXPECT_EQ(writer.pending_bytes(), 0u);
  EXPECT_EQ(keys_of(store, "t"), (Keys{{"a", "20"}}));
}

TEST(SnapshotWriter, AFullDiskKeepsALargeSnapshotToo) {
  TempDirectory dir;
  FullDisk disk;
  SnapshotStore store;
  ASSERT_TRUE(store.open(dir / "s", "customs", &disk).ok());
  ASSERT_TRUE(store.write(snapshot("t", 1, many_keys("1"))).ok());
  SnapshotWriter writer(store);
  disk.set_full(true);
  writer.enqueue(snapshot("t", 2, many_keys("2")));
  EXPECT_EQ(writer.drain().fault, Fault::storage);
  EXPECT_EQ(keys_of(store, "t"), many_keys("1"));
  writer.retry();
  EXPECT_EQ(writer.drain().fault, Fault::storage);
  disk.set_full(false);
  writer.retry();
  const Status status = writer.drain();
  ASSERT_TRUE(status.ok()) << status.text;
  EXPECT_EQ(written_epoch(store), 2u);
  EXPECT_EQ(keys_of(store, "t"), many_keys("2"));
}

TEST(SnapshotWriter, AFullDiskKeepsEverythingUntilThereIsRoom) {
  TempDirectory dir;
  FullDisk disk;
  SnapshotStore store;
  ASSERT_TRUE(store.open(dir / "s", "customs", &disk).ok());
  SnapshotWriter writer(store);
  writer.enqueue(snapshot("t", 1, {{"a", "1"}}));
  ASSERT_TRUE(writer.drain().ok());
  disk.set_full(true);
  writer.enqueue(snapshot("t", 2, {{"b", "2"}}));
  writer.enqueue(snapshot("t", 3, {{"c", "3"}}));
  EXPECT_EQ(writer.drain().fault, Fault::storage);
  EXPECT_EQ(written_epoch(store), 1u);
  EXPECT_EQ(writer.pending(), 2u);
  writer.retry();
  EXPECT_EQ(writer.drain().fault, Fault::storage);
  disk.set_full(false);
  writer.retry();
  const Status status = writer.drain();
  ASSERT_TRUE(status.ok()) << status.text;
  EXPECT_EQ(written_epoch(store), 3u);
  EXPECT_EQ(keys_of(store, "t"), (Keys{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
}

}  // namespace
}  // namespace vigia::test
