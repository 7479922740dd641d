// Events of doors and cameras: both ways, what is refused, what newer producers send, and where fields lie.
#include <gtest/gtest.h>

#include <limits>

#include "schemas/enum_names.h"
#include "schemas/json_reader.h"
#include "schemas/json_writer.h"
#include "schemas/verify.h"
#include "tests/schemas/samples.h"

namespace vigia {
namespace {

constexpr std::string_view access_json =
    R"({"door_id":"vault","device_time_ms":1700000000123,"sequence":7,"buffered":true,"kind":"badge_denied",)"
    R"("holder_id":"H-1","credential_id":"C-9","holder_class":"contractor","direction":"out","escort_id":"H-2",)"
    R"("reason":"expired","path":"gsm","attributes":{"a":"1"}})";
constexpr std::string_view camera_json =
    R"({"camera_id":"gate-1","device_time_ms":1700000000123,"sequence":8,"buffered":true,"kind":"object",)"
    R"("object_class":"car","track_id":"t-7","count":2,"confidence":0.9,"zone_id":"cargo-1","plate":"P 123",)"
    R"("evidence_uri":"s3://clips/1.mp4","attributes":{"a":"1"}})";

schema::AccessEventT access() {
  schema::AccessEventT event;
  event.door_id = "vault";
  event.device_time_ms = 1700000000123;
  event.sequence = 7;
  event.buffered = true;
  event.kind = schema::AccessKind::badge_denied;
  event.holder_id = "H-1";
  event.credential_id = "C-9";
  event.holder_class = schema::HolderClass::contractor;
  event.direction = schema::Direction::out;
  event.escort_id = "H-2";
  event.reason = "expired";
  event.path = "gsm";
  event.attributes.push_back(samples::attribute("a", "1"));
  return event;
}

schema::CameraEventT camera() {
  schema::CameraEventT event;
  event.camera_id = "gate-1";
  event.device_time_ms = 1700000000123;
  event.sequence = 8;
  event.buffered = true;
  event.kind = schema::CameraKind::object;
  event.object_class = "car";
  event.track_id = "t-7";
  event.count = 2;
  event.confidence = 0.9;
  event.zone_id = "cargo-1";
  event.plate = "P 123";
  event.evidence_uri = "s3://clips/1.mp4";
  event.attributes.push_back(samples::attribute("a", "1"));
  return event;
}

template <class Record>
std::string json_of(const Record& record) {
  std::string out;
  json::append_json(record, out);
  return out;
}

TEST(DeviceEvent, AccessBothWays) {
  EXPECT_EQ(json_of(access()), access_json);
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  const auto result = reader.read_access(access_json, builder);
  ASSERT_EQ(result.error, "");
  EXPECT_EQ(result.unknown_fields + result.unknown_enum_values, 0u);
  const std::string bytes = samples::bytes_of(builder);
  const auto events = schema::verify_access_record(bytes);
  ASSERT_EQ(events.error(), "");
  schema::AccessEventT read;
  events[0].UnPackTo(&read);
  EXPECT_EQ(read, access());
  auto live = access();
  live.buffered = false;
  EXPECT_EQ(json::canonical(events[0]), json_of(live)) << "but for `buffered`";
}

TEST(DeviceEvent, CameraBothWays) {
  EXPECT_EQ(json_of(camera()), camera_json);
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  const auto result = reader.read_camera(camera_json, builder);
  ASSERT_EQ(result.error, "");
  EXPECT_EQ(result.unknown_fields + result.unknown_enum_values, 0u);
  const std::string bytes = samples::bytes_of(builder);
  const auto events = schema::verify_camera_record(bytes);
  ASSERT_EQ(events.error(), "");
  schema::CameraEventT read;
  events[0].UnPackTo(&read);
  EXPECT_EQ(read, camera());
  auto live = camera();
  live.buffered = false;
  EXPECT_EQ(json::canonical(events[0]), json_of(live));
}

TEST(DeviceEvent, OneBadEventDoesNotCostTheBatch) {
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  const auto result = reader.read_access(
      R"({"events":[{"door_id":"d","device_time_ms":1},{"device_time_ms":1},{"door_id":"d"},{"door_id":"d","device_time_ms":2}]})",
      builder);
  ASSERT_EQ(result.error, "");
  EXPECT_TRUE(result.is_batch);
  ASSERT_EQ(result.rejected.size(), 2u);
  EXPECT_EQ(result.rejected[0].reason, "door_id is missing");
  EXPECT_EQ(result.rejected[1].reason, "device_time_ms is missing");
  const std::string bytes = samples::bytes_of(builder);
  const auto events = schema::verify_access_record(bytes);
  ASSERT_EQ(events.error(), "");
  EXPECT_EQ(events.size(), 2u);
}

TEST(DeviceEvent, WhatIsRefused) {
  const auto why = [](schema::CameraEventT event) {
    const std::string bytes = samples::bytes_of<schema::CameraEvent>(event, schema::CameraEventIdentifier());
    return schema::check(schema::verify_camera_record(bytes)[0]);
  };
  EXPECT_EQ(why(camera()), "");
  auto event = camera();
  event.camera_id = "";
  EXPECT_EQ(why(event), "camera_id is missing");
  event = camera();
  event.confidence = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(why(event), "confidence is nan, expected a finite number");
  event = camera();
  event.track_id = std::string(1025, 't');
  EXPECT_EQ(why(event), "track_id is 1025 bytes long, expected at most 1024");
  event = camera();
  event.evidence_uri = std::string(2000, 'u');
  EXPECT_EQ(why(event), "") << "addresses are long";
}

TEST(DeviceEvent, AnotherKindOfRecordIsNamed) {
  EXPECT_EQ(schema::verify_access_record(samples::bytes_of(samples::seal())).error(),
            "the record is a seal event (file identifier VSEV)");
  const auto bytes = samples::bytes_of<schema::AccessEvent>(access(), schema::AccessEventIdentifier());
  EXPECT_EQ(schema::verify_camera_record(bytes).error(), "the record is an access event (file identifier VAEV)");
}

TEST(DeviceEvent, EnumeratorsOfNewerProducersAreCountedNotRefused) {
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  const auto result = reader.read_access(
      R"({"door_id":"d","device_time_ms":1,"kind":"door_melted","holder_class":"robot","direction":"up","wing":"B"})",
      builder);
  ASSERT_EQ(result.error, "");
  EXPECT_EQ(result.unknown_enum_values, 3u);
  EXPECT_EQ(result.unknown_fields, 1u);
  auto event = access();
  event.kind = static_cast<schema::AccessKind>(200);
  const auto bytes = samples::bytes_of<schema::AccessEvent>(event, schema::AccessEventIdentifier());
  EXPECT_EQ(schema::unknown_enum_values(schema::verify_access_record(bytes)[0]), 1u);
}

// What is on the wire stays: a field that moved would read as another. Add fields at the end; never remove or reorder.
TEST(DeviceEvent, FieldsKeepTheirPlaces) {
  EXPECT_EQ(schema::AccessEvent::VT_KIND, 12);
  EXPECT_EQ(schema::AccessEvent::VT_ATTRIBUTES, 28);
  EXPECT_EQ(schema::CameraEvent::VT_KIND, 12);
  EXPECT_EQ(schema::CameraEvent::VT_ATTRIBUTES, 28);
  EXPECT_EQ(static_cast<int>(schema::AccessKind::heartbeat), 15);
  EXPECT_EQ(static_cast<int>(schema::CameraKind::power_restored), 12);
}

}  // namespace
}  // namespace vigia
