// Records of older and newer schemas read in this one, and this one's records read in theirs.
#include <gtest/gtest.h>

#include "evolution/newer_generated.h"
#include "evolution/older_generated.h"
#include "schemas/enum_names.h"
#include "schemas/json_writer.h"
#include "schemas/verify.h"
#include "tests/schemas/samples.h"

namespace vigia {
namespace {

template <class Root>
const Root* verified(const std::string& bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  return verifier.VerifyBuffer<Root>(nullptr) ? flatbuffers::GetRoot<Root>(data) : nullptr;
}

older::SealEventT older_event() {
  older::SealEventT event;
  event.seal_id = "OLD";
  event.device_time_ms = 1700000000000;
  event.sequence = 9;
  event.position = std::make_unique<older::PositionT>();
  event.position->lat_deg = -2.5;
  event.lock = older::Lock::opened;
  return event;
}

newer::SealEventT newer_event() {
  newer::SealEventT event;
  event.seal_id = "NEW";
  event.device_time_ms = 1700000000000;
  event.position = std::make_unique<newer::PositionT>();
  event.position->lat_deg = 1;
  event.position->altitude_m = 2850.0f;
  event.lock = newer::Lock::frozen;
  event.battery_percent = 40;
  event.conditions = {newer::Condition::panic, newer::Condition::overheated};
  event.attributes.push_back(std::make_unique<newer::AttributeT>());
  event.attributes.back()->key = "t";
  event.attributes.back()->value = "9";
  event.attributes.back()->unit = "C";
  event.temperature_c = 81.5f;
  event.firmware = "v99";
  return event;
}

TEST(Evolution, AnOlderEventReadsHere) {
  const std::string bytes = samples::bytes_of<older::SealEvent>(older_event(), schema::SealEventIdentifier());
  const auto events = schema::verify_seal_record(bytes);
  ASSERT_EQ(events.error(), "");
  EXPECT_EQ(schema::check(events[0]), "");
  EXPECT_EQ(events[0].battery_percent(), 255);
  EXPECT_EQ(events[0].position()->speed_kmh(), flatbuffers::nullopt);
  EXPECT_EQ(json::canonical(events[0]), R"({"seal_id":"OLD","device_time_ms":1700000000000,"sequence":9,)"
                                        R"("position":{"lat_deg":-2.5,"lon_deg":0},"lock":"opened"})");
}

TEST(Evolution, ANewerEventReadsHere) {
  const std::string bytes = samples::bytes_of<newer::SealEvent>(newer_event(), schema::SealEventIdentifier());
  const auto events = schema::verify_seal_record(bytes);
  ASSERT_EQ(events.error(), "");
  EXPECT_EQ(schema::check(events[0]), "");
  EXPECT_EQ(schema::unknown_enum_values(events[0]), 2u);
  EXPECT_EQ(json::canonical(events[0]),
            R"({"seal_id":"NEW","device_time_ms":1700000000000,"position":{"lat_deg":1,"lon_deg":0},)"
            R"("battery_percent":40,"conditions":["panic"],"attributes":{"t":"9"}})");
}

TEST(Evolution, ANewerBatchReadsHere) {
  newer::SealBatchT batch;
  batch.events.push_back(std::make_unique<newer::SealEventT>(newer_event()));
  batch.events.push_back(std::make_unique<newer::SealEventT>(newer_event()));
  const std::string bytes = samples::bytes_of<newer::SealBatch>(batch, schema::SealBatchIdentifier());
  const auto events = schema::verify_seal_record(bytes);
  ASSERT_EQ(events.error(), "");
  EXPECT_EQ(events.size(), 2u);
}

TEST(Evolution, OurEventReadsInTheOlderSchema) {
  const std::string bytes = samples::bytes_of(samples::seal());
  const older::SealEvent* event = verified<older::SealEvent>(bytes);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->seal_id()->string_view(), "EC-004711");
  EXPECT_EQ(event->device_time_ms(), 1700000000123);
  EXPECT_EQ(event->position()->lon_deg(), -79.88765);
  EXPECT_EQ(static_cast<int>(event->lock()), static_cast<int>(schema::Lock::wrong_unlock));
}

TEST(Evolution, OurEventReadsInTheNewerSchema) {
  const std::string bytes = samples::bytes_of(samples::seal());
  const newer::SealEvent* event = verified<newer::SealEvent>(bytes);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->temperature_c(), flatbuffers::nullopt);
  EXPECT_EQ(event->firmware(), nullptr);
  EXPECT_EQ(event->position()->altitude_m(), flatbuffers::nullopt);
  EXPECT_EQ(event->lock(), newer::Lock::wrong_unlock);
  EXPECT_EQ(event->attributes()->size(), 2u);
}

// What is on the wire stays: a field that moved would read as another. Add fields at the end; never remove or reorder.
TEST(Evolution, FieldsKeepTheirPlaces) {
  EXPECT_EQ(schema::SealEvent::VT_SEAL_ID, 4);
  EXPECT_EQ(schema::SealEvent::VT_LOCK, 14);
  EXPECT_EQ(schema::SealEvent::VT_ATTRIBUTES, 24);
  EXPECT_EQ(schema::TripEvent::VT_ACTION, 10);
  EXPECT_EQ(schema::TripEvent::VT_ATTRIBUTES, 44);
  EXPECT_EQ(schema::Alert::VT_STATUS, 8);
  EXPECT_EQ(schema::Alert::VT_TRIAGE_NOTE, 52);
}

}  // namespace
}  // namespace vigia
