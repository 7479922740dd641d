#include "connectors/alert_store.h"

#include <gtest/gtest.h>

#include <random>

#include "full_disk.h"
#include "temp_directory.h"

namespace vigia::test {
namespace {

Alert alert(const std::string& id, std::uint32_t revision, TimeMs start_ms, TimeMs end_ms,
            const std::string& subject = "s1") {
  Alert a;
  a.alert_id = id;
  a.revision = revision;
  a.kind = "unauthorized_stop";
  a.rule_id = "stop";
  a.subject_id = subject;
  a.trip_id = "trip-" + subject;
  a.site_id = "port";
  a.start_ms = start_ms;
  a.end_ms = end_ms;
  a.detected_ms = start_ms + 1;
  return a;
}

std::vector<std::string> ask(const AlertStore& store, const AlertQuery& query) {
  std::vector<std::string> found;
  const Status status = store.query(query, [&](const Alert& a) {
    found.push_back(a.alert_id + "-" + std::to_string(a.revision));
    return true;
  });
  EXPECT_TRUE(status.ok()) << status.text;
  return found;
}

using Found = std::vector<std::string>;

class AlertStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status opened = store.open(dir / "alerts", &disk);
    ASSERT_TRUE(opened.ok()) << opened.text;
  }
  TempDirectory dir;
  FullDisk disk;
  AlertStore store;
};

TEST_F(AlertStoreTest, ExactlyOneOfEachRevisionHoweverOftenItIsWritten) {
  const std::vector<Alert> epoch{alert("a", 1, 10, 0), alert("a", 2, 12, 20)};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store.write(epoch).ok());
  AlertQuery all;
  all.all_revisions = true;
  EXPECT_EQ(ask(store, all), (Found{"a-1", "a-2"}));
  EXPECT_EQ(ask(store, {}), (Found{"a-2"}));
  ASSERT_TRUE(store.last("a").has_value());
  EXPECT_EQ(*store.last("a"), epoch[1]);
  EXPECT_FALSE(store.last("b").has_value());
}

TEST_F(AlertStoreTest, AnOlderRevisionThatComesAgainDoesNotReplaceTheLast) {
  ASSERT_TRUE(store.write(std::vector{alert("a", 1, 10, 0)}).ok());
  ASSERT_TRUE(store.write(std::vector{alert("a", 2, 30, 40)}).ok());
  ASSERT_TRUE(store.write(std::vector{alert("a", 1, 10, 0)}).ok());
  EXPECT_EQ(ask(store, {}), (Found{"a-2"}));
  AlertQuery early;
  early.to_ms = 20;  // where revision 1 began
  EXPECT_TRUE(ask(store, early).empty());
}

TEST_F(AlertStoreTest, FindsByEveryIndex) {
  ASSERT_TRUE(store
                  .write(std::vector{alert("c", 1, 30, 35, "s2"), alert("a", 1, 10, 15, "s1"),
                                     alert("b", 1, 20, 0, "s11"), alert("d", 1, 30, 31, "s1")})
                  .ok());
  EXPECT_EQ(ask(store, {}), (Found{"a-1", "b-1", "c-1", "d-1"}));
  AlertQuery newest;
  newest.newest_first = true;
  newest.limit = 2;
  EXPECT_EQ(ask(store, newest), (Found{"d-1", "c-1"}));
  AlertQuery subject;
  subject.subject = "s1";
  EXPECT_EQ(ask(store, subject), (Found{"a-1", "d-1"}));
  AlertQuery trip;
  trip.trip = "trip-s11";
  EXPECT_EQ(ask(store, trip), (Found{"b-1"}));
  AlertQuery site;
  site.site = "por";
  EXPECT_TRUE(ask(store, site).empty());
  site.site = "port";
  EXPECT_EQ(ask(store, site).size(), 4u);
  AlertQuery kinds;
  kinds.kinds = {"seal_opened"};
  EXPECT_TRUE(ask(store, kinds).empty());
  AlertQuery id;
  id.alert_id = "c";
  EXPECT_EQ(ask(store, id), (Found{"c-1"}));
}

TEST_F(AlertStoreTest, FindsIdsByTheirBeginning) {
  ASSERT_TRUE(store.write(std::vector{alert("ab1", 1, 1, 2), alert("ab2", 1, 1, 2), alert("b", 1, 1, 2)}).ok());
  Found found;
  ASSERT_TRUE(store.find_ids("ab", 10, found).ok());
  EXPECT_EQ(found, (Found{"ab1", "ab2"}));
  ASSERT_TRUE(store.find_ids("ab", 1, found).ok());
  EXPECT_EQ(found, (Found{"ab1"}));
  ASSERT_TRUE(store.find_ids("c", 10, found).ok());
  EXPECT_TRUE(found.empty());
}

TEST_F(AlertStoreTest, AnIntervalCountsWhereItTouches) {
  ASSERT_TRUE(store.write(std::vector{alert("a", 1, 10, 20), alert("b", 1, 15, 0)}).ok());
  const auto between = [&](TimeMs from_ms, TimeMs to_ms) {
    AlertQuery q;
    q.from_ms = from_ms;
    q.to_ms = to_ms;
    return ask(store, q);
  };
  EXPECT_EQ(between(20, 30), (Found{"a-1", "b-1"}));
  EXPECT_EQ(between(21, 30), (Found{"b-1"}));  // open: still lasts
  EXPECT_EQ(between(0, 10), (Found{"a-1"}));
  EXPECT_TRUE(between(0, 9).empty());
}

TEST_F(AlertStoreTest, WhatWasWithdrawnWhileItLastedLastsNoLonger) {
  Alert withdrawn = alert("a", 2, 10, 0);
  withdrawn.status = schema::AlertStatus::withdrawn;
  withdrawn.detected_ms = 30;
  ASSERT_TRUE(store.write(std::vector{alert("a", 1, 10, 0), withdrawn}).ok());
  AlertQuery since;
  since.from_ms = 30;
  EXPECT_EQ(ask(store, since), (Found{"a-2"}));
  since.from_ms = 31;
  EXPECT_TRUE(ask(store, since).empty());
}

TEST_F(AlertStoreTest, AgreesWithAPlainListOnRandomWrites) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::map<std::string, Alert> plain;
  for (int i = 0; i < 400; ++i) {
    const std::string id = "id" + std::to_string(random() % 40);
    const auto known = plain.find(id);
    const std::uint32_t revision = known == plain.end() ? 1 : known->second.revision + 1;
    Alert a =
        alert(id, revision, static_cast<TimeMs>(random() % 100),
              static_cast<TimeMs>(random() % 3 == 0 ? 0 : 100 + random() % 50), "s" + std::to_string(random() % 5));
    ASSERT_TRUE(store.write(std::vector{a}).ok());
    plain[id] = a;
  }
  for (int i = 0; i < 100; ++i) {
    AlertQuery q;
    q.subject = random() % 2 == 0 ? "" : "s" + std::to_string(random() % 5);
    q.from_ms = static_cast<TimeMs>(random() % 150);
    q.to_ms = q.from_ms + static_cast<TimeMs>(random() % 50);
    q.newest_first = random() % 2 == 0;
    std::vector<std::pair<TimeMs, std::string>> expected;
    for (const auto& [id, a] : plain) {
      if (!q.subject.empty() && a.subject_id != q.subject) continue;
      if (a.start_ms > q.to_ms || (a.end_ms != 0 && a.end_ms < q.from_ms)) continue;
      expected.emplace_back(a.start_ms, id + "-" + std::to_string(a.revision));
    }
    std::sort(expected.begin(), expected.end(), [](const auto& x, const auto& y) {
      return std::pair(x.first, x.second.substr(0, x.second.find('-'))) <
             std::pair(y.first, y.second.substr(0, y.second.find('-')));
    });
    if (q.newest_first) std::reverse(expected.begin(), expected.end());
    Found names;
    for (const auto& [start, name] : expected) names.push_back(name);
    EXPECT_EQ(ask(store, q), names);
  }
}

TEST_F(AlertStoreTest, BoundedByTheRetention) {
  ASSERT_TRUE(store
                  .write(std::vector{alert("old", 1, 10, 0), alert("old", 2, 10, 20), alert("long", 1, 10, 500),
                                     alert("new", 1, 300, 310)})
                  .ok());
  ASSERT_TRUE(store.prune(200).ok());
  AlertQuery all;
  all.all_revisions = true;
  EXPECT_EQ(ask(store, all), (Found{"long-1", "new-1"}));
  all.subject = "s1";
  EXPECT_EQ(ask(store, all), (Found{"long-1", "new-1"}));
}

TEST_F(AlertStoreTest, KeepsHowFarEachPartitionOfEachTopicWasRead) {
  const auto at = [](const std::string& topic, std::int32_t partition, std::int64_t next) {
    return PartitionOffset{topic, PartitionId{partition}, Offset{next}};
  };
  ASSERT_TRUE(store.write(std::vector{alert("a", 1, 10, 20)}, std::vector{at("t", 0, 5), at("t", 11, 7)}).ok());
  ASSERT_TRUE(store.write({}, std::vector{at("t", 0, 6), at("t2", 0, 1)}).ok());
  std::vector<PartitionOffset> found;
  ASSERT_TRUE(store.positions("t", found).ok());
  EXPECT_EQ(found, (std::vector{at("t", 0, 6), at("t", 11, 7)}));
  ASSERT_TRUE(store.positions("t2", found).ok());
  EXPECT_EQ(found, (std::vector{at("t2", 0, 1)}));
  ASSERT_TRUE(store.positions("other", found).ok());
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(ask(store, {}), (Found{"a-1"}));
}

TEST_F(AlertStoreTest, APositionIsNeverAheadOfItsAlerts) {
  disk.set_full(true);
  const PartitionOffset position{"t", PartitionId{0}, Offset{5}};
  EXPECT_EQ(store.write(std::vector{alert("a", 1, 10, 20)}, std::vector{position}).fault, Fault::storage);
  disk.set_full(false);
  ASSERT_TRUE(store.write(std::vector{alert("b", 1, 10, 20)}).ok());
  std::vector<PartitionOffset> found;
  ASSERT_TRUE(store.positions("t", found).ok());
  EXPECT_TRUE(found.empty());
}

TEST_F(AlertStoreTest, AnotherProcessReadsBesideAndCatchesUp) {
  ASSERT_TRUE(store.write(std::vector{alert("a", 1, 10, 20)}).ok());
  AlertStore reader;
  const Status opened = reader.open_secondary(dir / "alerts", dir / "scratch");
  ASSERT_TRUE(opened.ok()) << opened.text;
  EXPECT_EQ(ask(reader, {}), (Found{"a-1"}));
  ASSERT_TRUE(store.write(std::vector{alert("b", 1, 30, 40)}).ok());
  ASSERT_TRUE(store.flush().ok());
  ASSERT_TRUE(reader.catch_up().ok());
  EXPECT_EQ(ask(reader, {}), (Found{"a-1", "b-1"}));
}

TEST_F(AlertStoreTest, AFullDiskIsAStatusAndItGoesOnWhenThereIsRoom) {
  ASSERT_TRUE(store.write(std::vector{alert("a", 1, 10, 20)}).ok());
  ASSERT_TRUE(store.flush().ok());
  disk.set_full(true);
  const Status write = store.write(std::vector{alert("b", 1, 30, 40)});
  const Status flush = store.flush();
  EXPECT_TRUE(write.fault == Fault::storage || flush.fault == Fault::storage) << write.text << flush.text;
  disk.set_full(false);
  ASSERT_TRUE(store.write(std::vector{alert("b", 1, 30, 40)}).ok());
  const Status after = store.flush();
  ASSERT_TRUE(after.ok()) << after.text;
  EXPECT_EQ(ask(store, {}), (Found{"a-1", "b-1"}));
}

}  // namespace
}  // namespace vigia::test
