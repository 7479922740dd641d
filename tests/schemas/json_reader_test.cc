// Bad JSON is a reason for people, never an exception, and never costs the neighbours.
#include "schemas/json_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "schemas/json_writer.h"
#include "schemas/verify.h"
#include "tests/schemas/samples.h"

namespace vigia {
namespace {

struct BadInput {
  const char* name;
  std::string json;
  std::string reason;  // what the message begins with
};

void PrintTo(const BadInput& input, std::ostream* out) { *out << input.name; }

std::string seal_with(const std::string& members) { return R"({"seal_id":"S","device_time_ms":1,)" + members + "}"; }
std::string trip_with(const std::string& members) {
  return R"({"trip_id":"T","seal_id":"S","event_time_ms":1,)" + members + "}";
}

class BadSeal : public testing::TestWithParam<BadInput> {};

TEST_P(BadSeal, IsRefusedWithAReason) {
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  const json::ReadResult result = reader.read_seal(GetParam().json, builder);
  EXPECT_TRUE(result.error.starts_with(GetParam().reason)) << result.error;
  ASSERT_EQ(reader.read_seal(samples::seal_json, builder).error, "") << "the reader goes on after a bad record";
}

INSTANTIATE_TEST_SUITE_P(
    Json, BadSeal,
    testing::Values(
        BadInput{"empty", "", "the record is empty"}, BadInput{"not_json", "hello", "the record is not valid JSON"},
        BadInput{"cut", R"({"seal_id":"S","device_time_ms":1)", "the record is not valid JSON"},
        BadInput{"two_records", R"({"seal_id":"S","device_time_ms":1}{})", "the record is not valid JSON"},
        BadInput{"nan", seal_with(R"("position":{"lat_deg":NaN,"lon_deg":0})"), "the record is not valid JSON"},
        BadInput{"infinite", seal_with(R"("position":{"lat_deg":1e999,"lon_deg":0})"), "the record is not valid JSON"},
        BadInput{"too_deep", std::string(5000, '['), "the record is not valid JSON"},
        BadInput{"not_utf8", "{\"seal_id\":\"\xFF\",\"device_time_ms\":1}", "the record is not valid UTF-8"},
        BadInput{"surrogate", R"({"seal_id":"\ud800","device_time_ms":1})", "the record is not valid JSON"},
        BadInput{"too_long", std::string(10'000'000, ' '), "the record is longer than 8 MiB"},
        BadInput{"list", "[]", "the record is a list, expected an object"},
        BadInput{"number", "7", "the record is 7, expected an object"},
        BadInput{"null", "null", "the record is null, expected an object"},
        BadInput{"no_id", R"({"device_time_ms":1})", "seal_id is missing"},
        BadInput{"empty_id", R"({"seal_id":"","device_time_ms":1})", "seal_id is missing"},
        BadInput{"null_id", R"({"seal_id":null,"device_time_ms":1})", "seal_id is missing"},
        BadInput{"long_id", R"({"seal_id":")" + std::string(2000, 'x') + R"(","device_time_ms":1})",
                 "seal_id is 2000 bytes long, expected at most 1024"},
        BadInput{"no_time", R"({"seal_id":"S"})", "device_time_ms is missing"},
        BadInput{"zero_time", R"({"seal_id":"S","device_time_ms":0})", "device_time_ms is missing"},
        BadInput{"negative_time", R"({"seal_id":"S","device_time_ms":-5})", "device_time_ms is -5, expected"},
        BadInput{"far_time", R"({"seal_id":"S","device_time_ms":9223372036854775807})",
                 "device_time_ms is 9223372036854775807, expected"},
        BadInput{"huge_time", R"({"seal_id":"S","device_time_ms":9223372036854775808})",
                 "device_time_ms is 9223372036854775808, expected an integer"},
        BadInput{"time_text", R"({"seal_id":"S","device_time_ms":"1"})",
                 "device_time_ms is a text, expected an integer"},
        BadInput{"time_fraction", R"({"seal_id":"S","device_time_ms":1.5})",
                 "device_time_ms is 1.5, expected an integer"},
        BadInput{"id_number", R"({"seal_id":4,"device_time_ms":1})", "seal_id is 4, expected a text"},
        BadInput{"sequence_negative", seal_with(R"("sequence":-1)"), "sequence is -1, expected 0 to 4294967295"},
        BadInput{"sequence_large", seal_with(R"("sequence":4294967296)"), "sequence is 4294967296, expected 0 to 429"},
        BadInput{"battery", seal_with(R"("battery_percent":256)"), "battery_percent is 256, expected 0 to 255"},
        BadInput{"buffered", seal_with(R"("buffered":1)"), "buffered is 1, expected true or false"},
        BadInput{"lock_number", seal_with(R"("lock":2)"), "lock is 2, expected a text"},
        BadInput{"lat", seal_with(R"("position":{"lat_deg":91,"lon_deg":0})"),
                 "position.lat_deg is 91, expected -90 to 90"},
        BadInput{"lon", seal_with(R"("position":{"lat_deg":0,"lon_deg":-180.5})"),
                 "position.lon_deg is -180.5, expected -180 to 180"},
        BadInput{"half_a_position", seal_with(R"("position":{"lat_deg":1})"), "position.lon_deg is missing"},
        BadInput{"position_list", seal_with(R"("position":[1,2])"), "position is a list, expected an object"},
        BadInput{"speed_text", seal_with(R"("position":{"lat_deg":1,"lon_deg":1,"speed_kmh":"9"})"),
                 "position.speed_kmh is a text, expected a number"},
        BadInput{"speed_huge", seal_with(R"("position":{"lat_deg":1,"lon_deg":1,"speed_kmh":1e300})"),
                 "position.speed_kmh is 1e+300, expected a number of single precision"},
        BadInput{"conditions_text", seal_with(R"("conditions":"panic")"),
                 "conditions is a text, expected a list of texts"},
        BadInput{"conditions_number", seal_with(R"("conditions":[3])"),
                 "conditions is a list with 3, expected a list of"},
        BadInput{"attributes_list", seal_with(R"("attributes":[])"),
                 "attributes is a list, expected an object of texts"},
        BadInput{"attribute_number", seal_with(R"("attributes":{"t":3})"), "attributes.t is 3, expected a text"}),
    [](const auto& one) { return std::string(one.param.name); });

class BadTrip : public testing::TestWithParam<BadInput> {};

TEST_P(BadTrip, IsRefusedWithAReason) {
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  const json::ReadResult result = reader.read_trip(GetParam().json, builder);
  EXPECT_TRUE(result.error.starts_with(GetParam().reason)) << result.error;
}

INSTANTIATE_TEST_SUITE_P(
    Json, BadTrip,
    testing::Values(BadInput{"no_trip", R"({"seal_id":"S","event_time_ms":1})", "trip_id is missing"},
                    BadInput{"no_seal", R"({"trip_id":"T","event_time_ms":1})", "seal_id is missing"},
                    BadInput{"no_time", R"({"trip_id":"T","seal_id":"S"})", "event_time_ms is missing"},
                    BadInput{"due", trip_with(R"("due_ms":-1)"), "due_ms is -1, expected"},
                    BadInput{"until", trip_with(R"("until_ms":9000000000000000)"),
                             "until_ms is 9000000000000000, expected"},
                    BadInput{"weight", trip_with(R"("weight_kg":"1 t")"), "weight_kg is a text, expected a number"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(JsonReader, KeepsUnknownEnumeratorsAsUnknownAndCountsThem) {
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  auto result = reader.read_seal(seal_with(R"("lock":"melted","conditions":["panic","singing","jamming"])"), builder);
  ASSERT_EQ(result.error, "");
  EXPECT_EQ(result.unknown_enum_values, 2u);
  EXPECT_EQ(result.unknown_fields, 0u);
  const auto* seal = flatbuffers::GetRoot<schema::SealEvent>(builder.GetBufferPointer());
  EXPECT_EQ(seal->lock(), schema::Lock::unknown);
  ASSERT_EQ(seal->conditions()->size(), 2u);
  EXPECT_EQ(seal->conditions()->Get(1), schema::Condition::jamming);

  result = reader.read_trip(trip_with(R"("action":"dance","concept":"dream")"), builder);
  ASSERT_EQ(result.error, "");
  EXPECT_EQ(result.unknown_enum_values, 2u);
  EXPECT_EQ(flatbuffers::GetRoot<schema::TripEvent>(builder.GetBufferPointer())->action(), schema::TripAction::unknown);
}

TEST(JsonReader, IgnoresUnknownFieldsAndCountsThem) {
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  const auto result = reader.read_seal(
      seal_with(R"("colour":"red","position":{"lat_deg":1,"lon_deg":2,"floor":3},"nested":{"a":[1,{"b":2}]})"),
      builder);
  ASSERT_EQ(result.error, "");
  EXPECT_EQ(result.unknown_fields, 3u);
}

TEST(JsonReader, OfMembersThatComeTwiceTheLastCounts) {
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  ASSERT_EQ(
      reader.read_seal(R"({"seal_id":"A","device_time_ms":1,"seal_id":"B","attributes":{"k":"1","k":"2"}})", builder)
          .error,
      "");
  std::string out;
  json::append_json(*flatbuffers::GetRoot<schema::SealEvent>(builder.GetBufferPointer()), out);
  EXPECT_EQ(out, R"({"seal_id":"B","device_time_ms":1,"attributes":{"k":"2"}})");
}

TEST(JsonReader, OneBadEventDoesNotCostTheBatch) {
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  const auto result = reader.read_seal(
      R"({"gateway":"g","events":[{"seal_id":"A","device_time_ms":1},{"seal_id":"B"},7,)"
      R"({"seal_id":"C","device_time_ms":3,"x":1},{"seal_id":"D","device_time_ms":4,"position":{"lat_deg":99,"lon_deg":0}},)"
      R"({"seal_id":"E","device_time_ms":5,"lock":"melted"}]})",
      builder);
  ASSERT_EQ(result.error, "");
  EXPECT_TRUE(result.is_batch);
  EXPECT_EQ(result.unknown_fields, 2u);
  EXPECT_EQ(result.unknown_enum_values, 1u);
  ASSERT_EQ(result.rejected.size(), 3u);
  EXPECT_EQ(result.rejected[0].index, 1u);
  EXPECT_EQ(result.rejected[0].reason, "device_time_ms is missing");
  EXPECT_EQ(result.rejected[1].index, 2u);
  EXPECT_EQ(result.rejected[1].reason, "the event is 7, expected an object");
  EXPECT_EQ(result.rejected[2].index, 4u);
  EXPECT_EQ(result.rejected[2].reason, "position.lat_deg is 99, expected -90 to 90");

  const std::string bytes = samples::bytes_of(builder);
  const auto events = schema::verify_seal_record(bytes);
  ASSERT_EQ(events.error(), "");
  ASSERT_TRUE(events.is_batch());
  ASSERT_EQ(events.size(), 3u);
  const char* ids[] = {"A", "C", "E"};
  const std::uint32_t indexes[] = {0, 3, 5};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(events[i].seal_id()->string_view(), ids[i]);
    EXPECT_EQ(result.index_of(i), indexes[i]);
  }
}

TEST(JsonReader, ABatchMayBeEmptyOrAllBad) {
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  for (const char* json : {R"({"events":[]})", R"({"events":[{},null]})"}) {
    const auto result = reader.read_trip(json, builder);
    ASSERT_EQ(result.error, "");
    EXPECT_TRUE(result.is_batch);
    const std::string bytes = samples::bytes_of(builder);
    const auto events = schema::verify_trip_record(bytes);
    ASSERT_EQ(events.error(), "");
    EXPECT_EQ(events.size(), 0u);
  }
}

TEST(JsonReader, AnAlertWithAnUnknownStatusIsAnError) {
  json::Reader reader;
  schema::AlertT alert;
  EXPECT_EQ(reader.read_alert(R"({"alert_id":"x","status":"lost"})", alert).error,
            "status is \"lost\", expected one of provisional, confirmed, withdrawn, cleared");
  EXPECT_EQ(reader.read_alert("{}", alert).error, "alert_id is missing");
  ASSERT_EQ(reader.read_alert(R"({"alert_id":"x","triage_status":"new"})", alert).error, "");
  EXPECT_EQ(alert.triage_status, schema::TriageStatus::new_);
}

}  // namespace
}  // namespace vigia
