#include "connectors/journal.h"

#include <gtest/gtest.h>

#include "connectors/rocks.h"

namespace vigia::test {
namespace {

JournalEntry entry(const std::string& task, std::uint64_t epoch, std::uint64_t term = 1) {
  const auto n = static_cast<std::int64_t>(epoch);
  return {.task = task,
          .partition = PartitionId{3},
          .epoch = epoch,
          .term = term,
          .clock_ms = -5 + n,
          .wall_ms = epoch % 2 == 0 ? no_time_ms : n,
          .ranges = {{"seal.events", PartitionId{3}, Offset{n * 10}, Offset{n * 10 + 10}, true},
                     {"trip.events", PartitionId{3}, Offset{7}, Offset{7}, false}},
          .silences = {{"trip.events", -7, n, epoch % 2 == 0}},
          .configuration = {epoch + 1}};
}

std::vector<JournalEntry> read(Journal& journal, const std::string& task, std::uint64_t first, Status& status,
                               std::uint64_t committed = 0, JournalPosition position = 0) {
  std::vector<JournalEntry> entries;
  status = journal.read(task, PartitionId{3}, position, first, committed,
                        [&](const JournalEntry& e) { entries.push_back(e); });
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

TEST(JournalEntry, OneOfVersion2HasNoConfiguration) {
  JournalEntry expected = entry("seal-trip/3", 12);
  std::string bytes = encode(expected);
  bytes.resize(bytes.size() - 8);        // the checksum
  bytes.erase(8 + (8 + 11) + 5 * 8, 8);  // behind version, task and five numbers
  bytes[7] = 2;
  rocks::append_checksum({}, bytes);
  JournalEntry back;
  ASSERT_TRUE(decode(bytes, back));
  expected.configuration = {};
  EXPECT_EQ(back, expected);
}

TEST(JournalEntry, WhatWasLostReadsBackToo) {
  JournalEntry lossy = entry("seal-trip/3", 12);
  lossy.losses = {{"seal.events", Offset{20}, Offset{60}, 1'700'000'000'000}, {"trip.events", Offset{0}, Offset{1}, 5}};
  const std::string bytes = encode(lossy);
  JournalEntry back = lossy;
  ASSERT_TRUE(decode(bytes, back));
  EXPECT_EQ(back, lossy);
  ASSERT_TRUE(decode(encode(entry("seal-trip/3", 12)), back));
  EXPECT_TRUE(back.losses.empty());
  for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_FALSE(decode(std::string_view(bytes).substr(0, i), back)) << i;
}

TEST(JournalEntry, TheMarkOfARepartitionReadsBackToo) {
  JournalEntry mark;
  mark.task = "seal-trip/3";
  mark.partition = PartitionId{3};
  mark.epoch = 13;
  mark.partitions_before = 3;
  const std::string bytes = encode(mark);
  JournalEntry back = entry("seal-trip/3", 12);
  ASSERT_TRUE(decode(bytes, back));
  EXPECT_EQ(back, mark);
  ASSERT_TRUE(decode(encode(entry("seal-trip/3", 12)), back));
  EXPECT_EQ(back.partitions_before, 0);
  for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_FALSE(decode(std::string_view(bytes).substr(0, i), back)) << i;
}

class JournalTest : public ::testing::Test {
 protected:
  void append(std::initializer_list<JournalEntry> entries) {
    ASSERT_TRUE(journal->append(std::vector<JournalEntry>(entries)).ok());
  }
  std::unique_ptr<Journal> journal = make_memory_journal();
  Status status;
};

TEST_F(JournalTest, ReadsFromAnEpochOnTaskByTask) {
  for (std::uint64_t epoch = 1; epoch <= 300; ++epoch) append({entry("t/1", epoch), entry("t/10", epoch)});
  const auto entries = read(*journal, "t/1", 250, status);
  ASSERT_TRUE(status.ok()) << status.text;
  ASSERT_EQ(entries.size(), 51u);
  EXPECT_EQ(entries.front(), entry("t/1", 250));
  EXPECT_EQ(entries.back(), entry("t/1", 300));
  EXPECT_TRUE(read(*journal, "t/2", 1, status).empty());
  EXPECT_TRUE(status.ok());
}

TEST_F(JournalTest, WhatASnapshotRemembersIsEnoughToFindTheEntriesBehindIt) {
  append({entry("t", 1), entry("t", 2)});
  const JournalPosition position = journal->position(PartitionId{3});
  append({entry("t", 3)});
  EXPECT_EQ(read(*journal, "t", 3, status, 3, position).size(), 1u);
  EXPECT_TRUE(status.ok()) << status.text;
}

TEST_F(JournalTest, AGapIsDamage) {
  append({entry("t", 1), entry("t", 3)});
  (void)read(*journal, "t", 1, status);
  EXPECT_EQ(status.fault, Fault::damaged);
  EXPECT_NE(status.text.find("epoch 2 is missing"), std::string::npos) << status.text;
}

TEST_F(JournalTest, ABeginningThatIsGoneIsRefusedNotSkipped) {
  append({entry("t", 5), entry("t", 6)});
  (void)read(*journal, "t", 2, status);
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_NE(status.text.find("begins at epoch 5"), std::string::npos) << status.text;
}

TEST_F(JournalTest, CommittedEpochsMustBeThere) {
  append({entry("t", 1)});
  EXPECT_EQ(read(*journal, "t", 1, status, 1).size(), 1u);
  (void)read(*journal, "t", 1, status, 2);
  EXPECT_EQ(status.fault, Fault::damaged);
}

TEST_F(JournalTest, AnEpochWrittenAgainCountsOnce) {
  append({entry("t", 1), entry("t", 2), entry("t", 1), entry("t", 2), entry("t", 3)});
  EXPECT_EQ(read(*journal, "t", 1, status).size(), 3u);
  EXPECT_TRUE(status.ok()) << status.text;
}

// One that had lost the task and did not know it wrote epochs 2 and 3; the new owner had read the journal up to 1.
TEST_F(JournalTest, TheLaterTermOverrulesWhateverTheOrder) {
  append({entry("t", 1, 1), entry("t", 2, 1), entry("t", 3, 1), entry("t", 2, 2)});
  auto entries = read(*journal, "t", 1, status);
  ASSERT_TRUE(status.ok()) << status.text;
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].term, 2u);

  append({entry("t", 3, 1), entry("t", 4, 1), entry("t", 3, 2)});
  entries = read(*journal, "t", 1, status);
  ASSERT_TRUE(status.ok()) << status.text;
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[2].term, 2u);
}

}  // namespace
}  // namespace vigia::test
