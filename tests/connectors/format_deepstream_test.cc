// Minimal: recorded output of DeepStream 5 in a tutorial of running it as an IoT Edge module. Full: recorded output in the
// README of the project IPIVA, and NVIDIA's own 3,028 messages of a garage (github.com/NVIDIA-AI-IOT/
// deepstream_360_d_smart_parking_application, stream/data/demo-1.json).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "connectors/foreign_json.h"
#include "connectors/formats.h"
#include "tests/connectors/adapted.h"

namespace vigia {
namespace {

using test::adapted;

constexpr std::string_view minimal = R"({
  "version" : "4.0",
  "id" : 418,
  "@timestamp" : "2020-06-13T06:59:42.757Z",
  "sensorId" : "HWY_20_AND_LOCUST__EBA__4_11_2018_4_59_59_508_AM_UTC-07_00",
  "objects" : [
    "345|441.6|510|470.4|562.5|Bicycle",
    "352|480|510|521.6|577.5|Bicycle",
    "195|403.2|476.25|428.8|543.75|Person"
   ]
})";

constexpr std::string_view full =
    R"({"messageid":"2a5539de-fdf9-4e03-804e-168d49b05852","mdsversion":"1.0","@timestamp":"2022-09-04T17:28:54.996Z",)"
    R"("place":{"id":"0","name":"HWY_20_AND_LOCUST__EBA","type":"intersection/road",)"
    R"("location":{"lat":30.32,"lon":-40.55,"alt":100},"entrance":{"name":"C_127_158","lane":"Lane 1","level":"P1",)"
    R"("coordinate":{"x":1,"y":2,"z":3}}},)"
    R"("sensor":{"id":"HWY_20_AND_LOCUST__EBA__4_11_2018_4_59_59_508_AM_UTC-07_00","type":"Camera",)"
    R"("description":"Aisle Camera","location":{"lat":45.293701447,"lon":-75.8303914499,"alt":48.1557479338},)"
    R"("coordinate":{"x":5.2,"y":10.1,"z":11.2}},"analyticsModule":{"id":"XYZ_1",)"
    R"("description":"Vehicle Detection and License Plate Recognition","source":"OpenALR","version":"1.0"},)"
    R"("object":{"id":"975","speed":0,"direction":0,"orientation":0,"Person":{},"bbox":{"topleftx":428,)"
    R"("toplefty":479,"bottomrightx":456,"bottomrighty":545},"location":{"lat":0,"lon":0,"alt":0},)"
    R"("coordinate":{"x":0,"y":0,"z":0}},"event":{"id":"58d43a8e-c0ed-4db3-965e-68285d906c73","type":"entry"},)"
    R"("videoPath":""})";

TEST(FormatDeepstream, EachObjectOfAMinimalMessageIsAnEvent) {
  const std::string head =
      R"({"camera_id":"HWY_20_AND_LOCUST__EBA__4_11_2018_4_59_59_508_AM_UTC-07_00","device_time_ms":1592031582757,)"
      R"("kind":"object","object_class":)";
  EXPECT_EQ(adapted(adapt_deepstream, minimal),
            R"({"events":[)" + head +
                R"("bicycle","track_id":"345","attributes":{"object":"345|441.6|510|470.4|562.5|Bicycle"}},)" + head +
                R"("bicycle","track_id":"352","attributes":{"object":"352|480|510|521.6|577.5|Bicycle"}},)" + head +
                R"("person","track_id":"195","attributes":{"object":"195|403.2|476.25|428.8|543.75|Person"}}]})");
}

TEST(FormatDeepstream, AFullMessageIsOneEvent) {
  EXPECT_EQ(adapted(adapt_deepstream, full),
            R"({"camera_id":"HWY_20_AND_LOCUST__EBA__4_11_2018_4_59_59_508_AM_UTC-07_00",)"
            R"("device_time_ms":1662312534996,"kind":"object","object_class":"person","track_id":"975",)"
            R"("zone_id":"C_127_158","attributes":{"event_type":"entry",)"
            R"("event_id":"58d43a8e-c0ed-4db3-965e-68285d906c73",)"
            R"("message_id":"2a5539de-fdf9-4e03-804e-168d49b05852","place":"HWY_20_AND_LOCUST__EBA","speed":"0",)"
            R"("direction":"0","orientation":"0"}})");
}

TEST(FormatDeepstream, AFrameWithoutObjectsIsNoEvent) {
  EXPECT_EQ(adapted(adapt_deepstream, R"({"version":"4.0","id":1,"@timestamp":"2020-06-13T06:59:42.757Z",)"
                                      R"("sensorId":"s","objects":[]})"),
            "");
}

TEST(FormatDeepstream, WhatIsNotDeepstreamsSaysWhatWasExpected) {
  EXPECT_EQ(adapted(adapt_deepstream, "{}"),
            "error: no \"object\" and no list \"objects\", as DeepStream's schemas have them");
  EXPECT_EQ(adapted(adapt_deepstream, R"({"objects":[]})"), "error: sensorId is missing");
  EXPECT_EQ(adapted(adapt_deepstream, R"({"sensor":{"id":"s"},"object":{"id":"1"}})"),
            "error: @timestamp is missing or no time, expected one such as 2020-06-13T06:59:42.757Z");
}

// The truths of the recording's SOURCE.md.
TEST(FormatDeepstream, AGarageWithTheVerdictsOfItsSpots) {
  const auto path = std::filesystem::path(VIGIA_SOURCE_DIR) / ".." / "shared/data/nvidia_garage_events/demo-1.jsonl";
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "the recording is not beside the project (../shared/data/nvidia_garage_events)";
  std::map<std::string, int> types;
  std::set<std::string> cameras, tracks, spots;
  int messages = 0, inversions = 0;
  double last = 0, first = 1e18, latest = 0;
  for (std::string line; std::getline(file, line);) {
    const std::string json = adapted(adapt_deepstream, line);
    foreign::dom::object event;
    ASSERT_EQ(foreign::read_object(json, event), "") << line;
    const auto attributes = foreign::object(event, "attributes");
    const auto type = std::string(foreign::text(attributes, "event_type"));
    ++messages;
    ++types[type];
    cameras.insert(std::string(foreign::text(event, "camera_id")));
    tracks.insert(std::string(foreign::text(event, "track_id")));
    if (type != "moving") spots.insert(std::string(foreign::text(event, "zone_id")));
    EXPECT_EQ(foreign::text(event, "kind"), "object");
    EXPECT_EQ(foreign::text(event, "object_class"), "vehicle");
    EXPECT_EQ(foreign::text(event, "plate"), "") << "UNK-M-0 and its like are no plates";
    const double time_ms = foreign::number(event, "device_time_ms").value_or(0);
    inversions += time_ms < last ? 1 : 0;
    last = time_ms;
    first = std::min(first, time_ms);
    latest = std::max(latest, time_ms);
  }
  EXPECT_EQ(messages, 3028);
  EXPECT_EQ(types, (std::map<std::string, int>{{"moving", 3003}, {"parked", 18}, {"empty", 7}}));
  EXPECT_EQ(cameras.size(), 51U);
  EXPECT_EQ(tracks.size(), 92U);
  EXPECT_EQ(inversions, 648);
  EXPECT_EQ(first, 1'536'772'838'026.0);
  EXPECT_EQ(latest, 1'536'774'477'390.0);
  for (const auto& spot : spots) EXPECT_EQ(spot.substr(0, 5), "P1-PS") << "a spot's verdict is about the spot";
}

}  // namespace
}  // namespace vigia
