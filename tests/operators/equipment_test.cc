#include "operators/equipment.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "operators/heard_names.h"

namespace vigia {
namespace {

Door door(std::string id, std::string area = {}) {
  Door one;
  one.id = std::move(id);
  one.area = std::move(area);
  return one;
}

Holder holder(std::string id, HolderClass holder_class = HolderClass::unknown, std::vector<std::string> areas = {}) {
  Holder one;
  one.id = std::move(id);
  one.holder_class = holder_class;
  one.areas = std::move(areas);
  return one;
}

Camera camera(std::string id, double lat_deg, double lon_deg) {
  Camera one;
  one.id = std::move(id);
  one.place = LatLon{lat_deg, lon_deg};
  return one;
}

TEST(Equipment, FindsByTheHashOfTheId) {
  SiteEquipment lists;
  for (int i = 0; i < 1000; ++i) lists.doors.push_back(door(fmt::format("door-{}", i)));
  lists.holders.push_back(holder("ann", HolderClass::guard));
  const Equipment equipment(std::move(lists));
  for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(equipment.find_door(id_hash(fmt::format("door-{}", i))), i);
  EXPECT_EQ(equipment.find_door(id_hash("door-1000")), Equipment::npos);
  EXPECT_EQ(equipment.find_camera(id_hash("door-1")), Equipment::npos);
  ASSERT_NE(equipment.find_holder(id_hash("ann")), nullptr);
  EXPECT_EQ(equipment.find_holder(id_hash("ann"))->holder_class, HolderClass::guard);
  EXPECT_EQ(equipment.find_holder(0), nullptr) << "nobody";
  EXPECT_EQ(Equipment().find_door(id_hash("door-1")), Equipment::npos);
}

TEST(Equipment, TheNearestCamera) {
  SiteEquipment lists;
  lists.cameras = {camera("b", 0, 1), camera("a", 0, -1), camera("far", 5, 5)};
  lists.cameras.push_back(camera("nowhere", 0, 0));
  lists.cameras.back().place.reset();
  const Equipment equipment(std::move(lists));
  EXPECT_EQ(equipment.nearest_camera({4, 4})->id, "far");
  EXPECT_EQ(equipment.nearest_camera({0, 0.5})->id, "b");
  EXPECT_EQ(equipment.nearest_camera({0, 0})->id, "a") << "of equals the smaller id";
  EXPECT_EQ(Equipment().nearest_camera({0, 0}), nullptr);
}

TEST(Equipment, ContentTellsEveryDifference) {
  const auto hash = [](auto edit) {
    SiteEquipment lists;
    lists.doors.push_back(door("d", "a"));
    lists.cameras.push_back(camera("c", 1, 2));
    lists.holders.push_back(holder("h", HolderClass::unknown, {"a"}));
    edit(lists);
    return Equipment(std::move(lists)).content_hash();
  };
  const auto same = hash([](auto&) {});
  EXPECT_EQ(hash([](auto&) {}), same);
  EXPECT_NE(hash([](auto& l) { l.doors[0].area = "b"; }), same);
  EXPECT_NE(hash([](auto& l) { l.doors[0].closed_permanently = true; }), same);
  EXPECT_NE(hash([](auto& l) { l.doors[0].hours = "Mon 06:00-07:00"; }), same);
  EXPECT_NE(hash([](auto& l) { l.cameras[0].heartbeat_every_ms = 1; }), same);
  EXPECT_NE(hash([](auto& l) { l.cameras[0].place.reset(); }), same);
  EXPECT_NE(hash([](auto& l) { l.holders[0].areas.push_back("b"); }), same);
  EXPECT_NE(hash([](auto& l) { l.holders.push_back(holder("i")); }), same);
}

TEST(OpeningHours, RunOverTheEndOfTheWeek) {
  constexpr TimeMs minute_ms = 60'000, day_ms = 24 * 60 * minute_ms;
  constexpr TimeMs sunday_ms = 3 * day_ms;  // 1970-01-04
  const auto spans = *parse_opening_hours("Sun 22:00-02:00");
  EXPECT_FALSE(is_open_at(spans, sunday_ms + 22 * 60 * minute_ms - 1));
  EXPECT_TRUE(is_open_at(spans, sunday_ms + 22 * 60 * minute_ms));
  EXPECT_TRUE(is_open_at(spans, sunday_ms + 26 * 60 * minute_ms - 1));
  EXPECT_FALSE(is_open_at(spans, sunday_ms + 26 * 60 * minute_ms));
  EXPECT_TRUE(is_open_at(spans, sunday_ms - 7 * day_ms + 23 * 60 * minute_ms)) << "before 1970";
  EXPECT_TRUE(is_open_at({}, 0)) << "without hours always";
}

TEST(HeardNames, AreKeptWhileTheyAreHeard) {
  HeardNames names;
  EXPECT_TRUE(names.hear(7, "seven", 100, 1000));
  EXPECT_FALSE(names.hear(7, "seven", 300, 1000));
  EXPECT_TRUE(names.hear(3, "three", 200, 1000));
  std::string bytes;
  ByteWriter out(bytes);
  names.write(out);
  HeardNames again;
  ByteReader in(bytes);
  again.read(in);
  EXPECT_FALSE(in.failed);
  again.trim(201);
  EXPECT_EQ(again.name_of(7), "seven");
  EXPECT_EQ(again.name_of(3), "");
}

// A camera may see a new track each second, and never raise an alert.
TEST(HeardNames, OfMoreAndMoreTheOldOnesGo) {
  HeardNames names;
  for (TimeMs at_ms = 1; at_ms <= 100'000; ++at_ms) names.hear(static_cast<std::uint64_t>(at_ms), "t", at_ms, 1000);
  EXPECT_EQ(names.name_of(99'001), "t");
  EXPECT_EQ(names.name_of(90'000), "");
  EXPECT_LT(names.memory_bytes(), 400'000u);
}

}  // namespace
}  // namespace vigia
