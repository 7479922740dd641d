#include "connectors/journal.h"

#include <gtest/gtest.h>

#include "full_disk.h"
#include "temp_directory.h"

namespace vigia::test {
namespace {

JournalEntry entry(const std::string& task, std::uint64_t epoch) {
  const auto n = static_cast<std::int64_t>(epoch);
  return {.task = task,
          .epoch = epoch,
          .clock_ms = -5 + n,
          .wall_ms = epoch % 2 == 0 ? no_time_ms : n,
          .ranges = {{"seal.events", PartitionId{3}, Offset{n * 10}, Offset{n * 10 + 10}, true},
                     {"trip.events", PartitionId{3}, Offset{7}, Offset{7}, false}}};
}

std::vector<JournalEntry> read(Journal& journal, const std::string& task, std::uint64_t first, Status& status) {
  std::vector<JournalEntry> entries;
  status = journal.read(task, first, [&](const JournalEntry& e) { entries.push_back(e); });
  return entries;
}

TEST(JournalEntry, ReadsBackAndRefusesEveryFlippedByte) {
  const std::string bytes = encode(entry("seal-trip/3", 12));
  JournalEntry back;
  ASSERT_TRUE(decode(bytes, back));
  EXPECT_EQ(back, entry("seal-trip/3", 12));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string bad = bytes;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    EXPECT_FALSE(decode(bad, back)) << i;
    EXPECT_FALSE(decode(std::string_view(bytes).substr(0, i), back)) << i;
  }
}

class JournalContract : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      const Status opened = open_disk_journal(dir_ / "journal", "customs", journal);
      ASSERT_TRUE(opened.ok()) << opened.text;
    } else {
      journal = make_memory_journal();
    }
  }
  TempDirectory dir_;
  std::unique_ptr<Journal> journal;
};

TEST_P(JournalContract, ReadsFromAnEpochOnTaskByTask) {
  for (std::uint64_t epoch = 1; epoch <= 300; ++epoch) {
    ASSERT_TRUE(journal->append(std::vector{entry("t/1", epoch), entry("t/10", epoch)}).ok());
  }
  Status status;
  const auto entries = read(*journal, "t/1", 250, status);
  ASSERT_TRUE(status.ok()) << status.text;
  ASSERT_EQ(entries.size(), 51u);
  EXPECT_EQ(entries.front(), entry("t/1", 250));
  EXPECT_EQ(entries.back(), entry("t/1", 300));
  EXPECT_TRUE(read(*journal, "t/2", 1, status).empty());
  EXPECT_TRUE(status.ok());
}

TEST_P(JournalContract, TrimmedEpochsAreMissedNotSkipped) {
  for (std::uint64_t epoch = 1; epoch <= 10; ++epoch) ASSERT_TRUE(journal->append(std::vector{entry("t", epoch)}).ok());
  ASSERT_TRUE(journal->trim("t", 4).ok());
  Status status;
  EXPECT_EQ(read(*journal, "t", 5, status).size(), 6u);
  EXPECT_TRUE(status.ok());
  (void)read(*journal, "t", 4, status);
  EXPECT_EQ(status.fault, Fault::damaged);
  ASSERT_TRUE(journal->trim("t", 10).ok());
  EXPECT_TRUE(read(*journal, "t", 11, status).empty());
  EXPECT_TRUE(status.ok());
}

TEST_P(JournalContract, AGapIsDamage) {
  ASSERT_TRUE(journal->append(std::vector{entry("t", 1), entry("t", 3)}).ok());
  Status status;
  EXPECT_EQ(read(*journal, "t", 1, status).size(), 1u);
  EXPECT_EQ(status.fault, Fault::damaged);
}

TEST_P(JournalContract, RemembersWhatWasAcknowledged) {
  std::uint64_t epoch = 99;
  ASSERT_TRUE(journal->acknowledged("t", epoch).ok());
  EXPECT_EQ(epoch, 0u);
  ASSERT_TRUE(journal->acknowledge("t", 5).ok());
  ASSERT_TRUE(journal->acknowledged("t", epoch).ok());
  EXPECT_EQ(epoch, 5u);
}

INSTANTIATE_TEST_SUITE_P(, JournalContract, ::testing::Bool(),
                         [](const auto& which) { return which.param ? "Disk" : "Memory"; });

TEST(DiskJournal, SurvivesAndBelongsToOneApplication) {
  TempDirectory dir;
  std::unique_ptr<Journal> journal;
  ASSERT_TRUE(open_disk_journal(dir / "j", "customs", journal).ok());
  ASSERT_TRUE(journal->append(std::vector{entry("t", 1)}).ok());
  std::unique_ptr<Journal> second;
  const Status busy = open_disk_journal(dir / "j", "customs", second);
  EXPECT_EQ(busy.fault, Fault::refused);
  EXPECT_NE(busy.text.find("in use by another process"), std::string::npos) << busy.text;
  journal.reset();
  const Status other = open_disk_journal(dir / "j", "harbour", journal);
  EXPECT_EQ(other.fault, Fault::refused);
  EXPECT_NE(other.text.find("'customs'"), std::string::npos) << other.text;
  ASSERT_TRUE(open_disk_journal(dir / "j", "customs", journal).ok());
  Status status;
  EXPECT_EQ(read(*journal, "t", 1, status).size(), 1u);
}

TEST(DiskJournal, AFullDiskIsAStatusAndItGoesOnWhenThereIsRoom) {
  TempDirectory dir;
  FullDisk disk;
  std::unique_ptr<Journal> journal;
  ASSERT_TRUE(open_disk_journal(dir / "j", "customs", journal, &disk).ok());
  ASSERT_TRUE(journal->append(std::vector{entry("t", 1)}).ok());
  disk.set_full(true);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(journal->append(std::vector{entry("t", 2)}).fault, Fault::storage);
  disk.set_full(false);
  const Status again = journal->append(std::vector{entry("t", 2)});
  ASSERT_TRUE(again.ok()) << again.text;
  journal.reset();
  ASSERT_TRUE(open_disk_journal(dir / "j", "customs", journal, &disk).ok());
  Status status;
  EXPECT_EQ(read(*journal, "t", 1, status).size(), 2u);
  EXPECT_TRUE(status.ok()) << status.text;
}

}  // namespace
}  // namespace vigia::test
