#include "connectors/record_store.h"

#include <gtest/gtest.h>

#include "full_disk.h"
#include "temp_directory.h"

namespace vigia::test {
namespace {

KeptEvent trip(const std::string& trip_id, const std::string& seal_id, TimeMs time_ms) {
  schema::TripEventT event;
  event.trip_id = trip_id;
  event.seal_id = seal_id;
  event.event_time_ms = time_ms;
  event.action = schema::TripAction::start;
  return {time_ms, time_ms + 5, {"trip.events", 3, time_ms}, -1, std::move(event)};
}

KeptEvent badge(const std::string& door_id, const std::string& holder_id, TimeMs time_ms) {
  schema::AccessEventT event;
  event.door_id = door_id;
  event.holder_id = holder_id;
  event.device_time_ms = time_ms;
  event.kind = schema::AccessKind::badge_granted;
  return {time_ms, time_ms + 5, {"access.events", 1, time_ms}, 2, std::move(event)};
}

using Found = std::vector<std::string>;

// "ID@TIME", the trip's id or the door's.
Found ask(const RecordStore& store, const RecordQuery& query) {
  Found found;
  const Status status = store.query(query, [&](const KeptEvent& event) {
    const auto id = event.trip() != nullptr ? event.trip()->trip_id : event.access()->door_id;
    found.push_back(id + "@" + std::to_string(event.time_ms));
    return true;
  });
  EXPECT_TRUE(status.ok()) << status.text;
  return found;
}

class RecordStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(store.open(dir / "records", &disk).ok()); }
  TempDirectory dir;
  FullDisk disk;
  RecordStore store;
};

TEST_F(RecordStoreTest, FindsByTimeAndByEveryIdThatAnEventNames) {
  ASSERT_TRUE(store
                  .write(std::vector{trip("T1", "s1", 30), trip("T2", "s11", 10), badge("gate", "h1", 20),
                                     badge("vault", "h2", 40), badge("gate", "h2", 50)})
                  .ok());
  EXPECT_EQ(ask(store, {}), (Found{"T2@10", "T1@30"}));
  EXPECT_EQ(ask(store, {StreamId::trip, 11, 31, {}}), (Found{"T1@30"}));
  EXPECT_EQ(ask(store, {StreamId::trip, 10, 30, {}}), (Found{"T2@10"})) << "up to the end, and without it";
  const auto named = [&](StreamId stream, std::vector<std::string> names) {
    return ask(store, {stream, no_time_ms, never_ms, std::move(names)});
  };
  EXPECT_EQ(named(StreamId::trip, {"s1"}), (Found{"T1@30"}));
  EXPECT_EQ(named(StreamId::trip, {"T2"}), (Found{"T2@10"}));
  EXPECT_EQ(named(StreamId::access, {"h2"}), (Found{"vault@40", "gate@50"}));
  EXPECT_EQ(named(StreamId::access, {"h2", "gate"}), (Found{"gate@20", "vault@40", "gate@50"})) << "each once";
  EXPECT_EQ(named(StreamId::access, {"s1"}), Found{});
  EXPECT_EQ(ask(store, {StreamId::access, 21, 50, {"gate", "vault"}}), (Found{"vault@40"}));
}

TEST_F(RecordStoreTest, GivesBackWhatWasWrittenAndWhereItWas) {
  KeptEvent event = badge("gate", "h1", 20);
  std::get<schema::AccessEventT>(event.event).attributes.push_back(std::make_unique<schema::AttributeT>());
  std::get<schema::AccessEventT>(event.event).attributes.back()->key = "lane";
  ASSERT_TRUE(store.write({&event, 1}).ok());
  store.close();
  ASSERT_TRUE(store.open_secondary(dir / "records", dir / "scratch").ok());
  int count = 0;
  ASSERT_TRUE(store
                  .query({StreamId::access},
                         [&](const KeptEvent& found) {
                           ++count;
                           EXPECT_EQ(*found.access(), *event.access());
                           EXPECT_EQ(found.place, event.place);
                           EXPECT_EQ(found.event_index, 2);
                           EXPECT_EQ(found.broker_ms, 25);
                           return true;
                         })
                  .ok());
  EXPECT_EQ(count, 1);
}

TEST_F(RecordStoreTest, AnEventThatCameTwiceIsThereOnce) {
  KeptEvent again = badge("gate", "h1", 20);
  again.place.offset = 99;
  std::get<schema::AccessEventT>(again.event).buffered = true;
  ASSERT_TRUE(store.write(std::vector{badge("gate", "h1", 20), again}).ok());
  ASSERT_TRUE(store.write(std::vector{badge("gate", "h1", 20)}).ok());
  EXPECT_EQ(ask(store, {StreamId::access}), (Found{"gate@20"}));
  EXPECT_EQ(ask(store, {StreamId::access, no_time_ms, never_ms, {"h1"}}), (Found{"gate@20"}));
}

TEST_F(RecordStoreTest, B8DropsWhatIsOlderWithItsNames) {
  ASSERT_TRUE(store
                  .write(std::vector{trip("T1", "s1", 10), trip("T1", "s1", 30), badge("gate", "h1", 29),
                                     badge("gate", "h1", 31)})
                  .ok());
  ASSERT_TRUE(store.prune(30).ok());
  EXPECT_EQ(ask(store, {}), (Found{"T1@30"}));
  EXPECT_EQ(ask(store, {StreamId::trip, no_time_ms, never_ms, {"s1"}}), (Found{"T1@30"}));
  EXPECT_EQ(ask(store, {StreamId::access, no_time_ms, never_ms, {"h1"}}), (Found{"gate@31"}));
}

TEST_F(RecordStoreTest, RemembersHowFarTheTopicsWereRead) {
  ASSERT_TRUE(store
                  .write({}, std::vector{PartitionOffset{"a", PartitionId{0}, Offset{7}},
                                         PartitionOffset{"a", PartitionId{2}, Offset{9}},
                                         PartitionOffset{"b", PartitionId{0}, Offset{1}}})
                  .ok());
  std::vector<PartitionOffset> positions;
  ASSERT_TRUE(store.positions("a", positions).ok());
  EXPECT_EQ(positions, (std::vector{PartitionOffset{"a", PartitionId{0}, Offset{7}},
                                    PartitionOffset{"a", PartitionId{2}, Offset{9}}}));
}

TEST_F(RecordStoreTest, AFullDiskRefusesAllOfABatchAndTakesItLater) {
  const std::vector events{badge("gate", "h1", 20), badge("gate", "h1", 21)};
  disk.set_full(true);
  EXPECT_EQ(store.write(events).fault, Fault::storage);
  disk.set_full(false);
  ASSERT_TRUE(store.write(events).ok());
  EXPECT_EQ(ask(store, {StreamId::access}).size(), 2u);
}

TEST_F(RecordStoreTest, SaysSoWhereNothingWasStored) {
  RecordStore other;
  const Status status = other.open_secondary(dir / "nowhere", dir / "scratch");
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_NE(status.text.find("nowhere"), std::string::npos);
}

}  // namespace
}  // namespace vigia::test
