#include "connectors/evidence_store.h"

#include <gtest/gtest.h>

#include "connectors/alert_store.h"
#include "full_disk.h"
#include "temp_directory.h"

namespace vigia::test {
namespace {

using Places = std::vector<EvidencePlace>;

Alert alert(const std::string& id, std::uint32_t revision, TimeMs at_ms, const Places& evidence) {
  Alert a;
  a.alert_id = id;
  a.revision = revision;
  a.start_ms = a.end_ms = a.detected_ms = at_ms;
  for (const EvidencePlace& place : evidence) {
    a.evidence.push_back(std::make_unique<schema::EvidenceT>());
    a.evidence.back()->topic = place.topic;
    a.evidence.back()->partition = place.partition;
    a.evidence.back()->offset = place.offset;
  }
  return a;
}

EvidenceRecord record(const std::string& value) {
  return {.timestamp_ms = 17, .key = "k", .value = value, .headers = {{"trace", std::string("\0x", 2)}, {"empty", ""}}};
}

const EvidencePlace first{"seals", 0, 7}, second{"seals", 12, std::int64_t{1} << 40}, third{"trips", 0, 0};

class EvidenceStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(store.open(dir / "alerts", &disk).ok()); }

  void write(const Alert& a) {
    const Status status = store.write(std::span(&a, 1));
    ASSERT_TRUE(status.ok()) << status.text;
  }
  void put(const EvidencePlace& place, const EvidenceRecord& evidence) {
    ASSERT_TRUE(store.evidence().put(std::vector{std::pair{place, evidence}}).ok());
  }
  std::optional<EvidenceRecord> find(const EvidencePlace& place) const {
    std::optional<EvidenceRecord> found;
    const Status status = store.evidence().find(place, found);
    EXPECT_TRUE(status.ok()) << status.text;
    return found;
  }
  Places wanted(const std::optional<EvidencePlace>& after = {}, std::size_t limit = 100) const {
    Places places;
    EXPECT_TRUE(store.evidence().wanted(after, limit, places).ok());
    return places;
  }

  TempDirectory dir;
  FullDisk disk;
  AlertStore store;
};

TEST_F(EvidenceStoreTest, WhatAlertsReferToIsWantedOnceUntilItIsThere) {
  write(alert("a", 1, 10, {first, first, third}));
  write(alert("b", 1, 10, {second, first}));
  EXPECT_EQ(wanted(), (Places{first, second, third}));
  EXPECT_EQ(wanted(first, 1), (Places{second}));
  EXPECT_FALSE(find(first).has_value());
  put(first, record("x"));
  EvidenceRecord tombstone = record("");
  tombstone.value.reset();
  put(second, tombstone);
  put(third, {.is_gone = true});
  EXPECT_EQ(find(first), record("x"));
  EXPECT_EQ(find(second), tombstone);
  EXPECT_TRUE(find(third)->is_gone);
  EXPECT_TRUE(wanted().empty());
  write(alert("a", 2, 20, {first, second}));
  EXPECT_TRUE(wanted().empty());
}

TEST_F(EvidenceStoreTest, ARecordGoesWithTheLastAlertThatRefersToIt) {
  write(alert("a", 1, 10, {first}));
  write(alert("a", 2, 11, {second}));  // what an earlier revision refers to counts, too
  write(alert("b", 1, 500, {second}));
  write(alert("c", 1, 12, {third}));
  write(alert("d", 1, 12, {third}));  // goes together with c
  for (const auto& place : {first, second, third}) put(place, record("x"));
  ASSERT_TRUE(store.prune(100).ok());
  EXPECT_FALSE(find(first).has_value());
  EXPECT_TRUE(find(second).has_value());
  EXPECT_FALSE(find(third).has_value());
  ASSERT_TRUE(store.prune(1000).ok());
  EXPECT_FALSE(find(second).has_value());
}

TEST_F(EvidenceStoreTest, WhatIsWantedByNobodyAnyMoreIsNotKept) {
  write(alert("a", 1, 10, {first}));
  ASSERT_TRUE(store.prune(100).ok());
  EXPECT_TRUE(wanted().empty());
  put(first, record("x"));  // it was being fetched
  EXPECT_FALSE(find(first).has_value());
}

TEST_F(EvidenceStoreTest, WhenItsTimeIsUpARecordGoesBeforeItsAlert) {
  write(alert("a", 1, 10, {first}));
  write(alert("b", 1, 300, {second}));
  put(first, record("x"));
  put(second, record("y"));
  ASSERT_TRUE(store.evidence().prune(200).ok());
  EXPECT_FALSE(find(first).has_value());
  EXPECT_TRUE(find(second).has_value());
  EXPECT_TRUE(store.last("a").has_value());
  EXPECT_TRUE(wanted().empty());
}

TEST_F(EvidenceStoreTest, AFullDiskLeavesItWanted) {
  write(alert("a", 1, 10, {first}));
  disk.set_full(true);
  EXPECT_EQ(store.evidence().put(std::vector{std::pair{first, record("x")}}).fault, Fault::storage);
  disk.set_full(false);
  put(first, record("x"));
  EXPECT_TRUE(find(first).has_value());
}

}  // namespace
}  // namespace vigia::test
