// JSON -> FlatBuffers -> JSON and FlatBuffers -> JSON -> FlatBuffers lose nothing.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "schemas/json_reader.h"
#include "schemas/json_writer.h"
#include "schemas/verify.h"
#include "tests/schemas/samples.h"

namespace vigia {
namespace {

template <class Record>
std::string json_of(const Record& record) {
  std::string out;
  json::append_json(record, out);
  return out;
}

TEST(RoundTrip, SealFromObjectToJson) { EXPECT_EQ(json_of(samples::seal()), samples::seal_json); }
TEST(RoundTrip, TripFromObjectToJson) { EXPECT_EQ(json_of(samples::trip()), samples::trip_json); }
TEST(RoundTrip, AlertFromObjectToJson) { EXPECT_EQ(json_of(samples::alert()), samples::alert_json); }

TEST(RoundTrip, SealFromJsonToFlatBuffers) {
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  const json::ReadResult result = reader.read_seal(samples::seal_json, builder);
  ASSERT_EQ(result.error, "");
  EXPECT_FALSE(result.is_batch);
  EXPECT_EQ(result.unknown_fields, 0u);
  EXPECT_EQ(result.unknown_enum_values, 0u);
  const std::string bytes = samples::bytes_of(builder);
  const auto events = schema::verify_seal_record(bytes);
  ASSERT_EQ(events.error(), "");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(schema::check(events[0]), "");
  schema::SealEventT read;
  events[0].UnPackTo(&read);
  EXPECT_EQ(read, samples::seal());
  EXPECT_EQ(json_of(events[0]), samples::seal_json);
}

TEST(RoundTrip, TripFromJsonToFlatBuffers) {
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  const json::ReadResult result = reader.read_trip(samples::trip_json, builder);
  ASSERT_EQ(result.error, "");
  EXPECT_EQ(result.unknown_fields, 0u);
  const std::string bytes = samples::bytes_of(builder);
  const auto events = schema::verify_trip_record(bytes);
  ASSERT_EQ(events.error(), "");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(schema::check(events[0]), "");
  schema::TripEventT read;
  events[0].UnPackTo(&read);
  EXPECT_EQ(read, samples::trip());
  EXPECT_EQ(json_of(events[0]), samples::trip_json);
}

TEST(RoundTrip, AlertThroughBothForms) {
  json::Reader reader;
  schema::AlertT read;
  ASSERT_EQ(reader.read_alert(samples::alert_json, read).error, "");
  EXPECT_EQ(read, samples::alert());
  const std::string bytes = samples::bytes_of<schema::Alert>(read, schema::AlertIdentifier());
  const schema::Alert* verified = schema::verify_alert_record(bytes);
  ASSERT_NE(verified, nullptr);
  EXPECT_EQ(json_of(*verified), samples::alert_json);
}

TEST(RoundTrip, AlertWritesWhatReadersCountOn) {
  schema::AlertT alert;
  alert.alert_id = "x";
  EXPECT_EQ(json_of(alert),
            R"({"alert_id":"x","revision":0,"status":"provisional","kind":"","rule_id":"","severity":"info",)"
            R"("category":"information","subject_id":"","start_ms":0,"end_ms":0,"detected_ms":0,"late_by_ms":0})");
}

TEST(RoundTrip, SmallestSealHasNothingButItsRequiredFields) {
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  constexpr std::string_view smallest = R"({"seal_id":"S","device_time_ms":1})";
  ASSERT_EQ(reader.read_seal(smallest, builder).error, "");
  const auto* event = flatbuffers::GetRoot<schema::SealEvent>(builder.GetBufferPointer());
  EXPECT_EQ(event->position(), nullptr);
  EXPECT_EQ(event->battery_percent(), 255);
  EXPECT_EQ(json_of(*event), smallest);
}

TEST(RoundTrip, NullMembersAreAbsent) {
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  const auto result = reader.read_seal(
      R"({"seal_id":"S","device_time_ms":1,"position":null,"battery_percent":null,"attributes":null,"lock":null})",
      builder);
  ASSERT_EQ(result.error, "");
  EXPECT_EQ(result.unknown_enum_values, 0u);
  EXPECT_EQ(json_of(*flatbuffers::GetRoot<schema::SealEvent>(builder.GetBufferPointer())),
            R"({"seal_id":"S","device_time_ms":1})");
}

TEST(RoundTrip, PositionsSurviveToTheLastBit) {
  const unsigned seed = 20240611;
  RecordProperty("seed", static_cast<int>(seed));
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> lat_deg(-90, 90), lon_deg(-180, 180);
  std::uniform_real_distribution<float> speed_kmh(0, 300);
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  for (int i = 0; i < 2000; ++i) {
    schema::SealEventT event = samples::seal();
    event.position = samples::position(lat_deg(random), lon_deg(random));
    event.position->speed_kmh = speed_kmh(random);
    ASSERT_EQ(reader.read_seal(json_of(event), builder).error, "") << "seed " << seed;
    schema::SealEventT read;
    flatbuffers::GetRoot<schema::SealEvent>(builder.GetBufferPointer())->UnPackTo(&read);
    ASSERT_EQ(read, event) << "seed " << seed << ", round " << i;
  }
}

TEST(Canonical, LeavesOutBufferedAndNothingElse) {
  schema::SealEventT live = samples::seal(), resent = samples::seal();
  live.buffered = false;
  const std::string a = samples::bytes_of(live), b = samples::bytes_of(resent);
  const std::string canonical = json::canonical(schema::verify_seal_record(a)[0]);
  EXPECT_EQ(canonical, json::canonical(schema::verify_seal_record(b)[0]));
  EXPECT_EQ(canonical.find("buffered"), std::string::npos);
  EXPECT_EQ(canonical, json_of(live));
}

TEST(Canonical, IsTheSameWhateverFormatTheEventCameIn) {
  schema::SealEventT event = samples::seal();
  event.attributes.insert(event.attributes.begin(), samples::attribute("z", "last"));  // out of order, as it may come
  event.conditions.push_back(static_cast<schema::Condition>(99));
  const std::string packed = samples::bytes_of(event);

  std::string text(samples::seal_json);
  text.replace(text.find(R"({"a")"), 2, R"({"z":"last",")");
  text.replace(text.find(R"("vibration"])"), 12, R"("vibration","singing"])");
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  ASSERT_EQ(reader.read_seal(text, builder).error, "");
  const std::string read = samples::bytes_of(builder);
  EXPECT_EQ(json::canonical(schema::verify_seal_record(packed)[0]),
            json::canonical(schema::verify_seal_record(read)[0]));
}

TEST(JsonObject, EscapesWhatJsonCannotHold) {
  const auto written = [](std::string_view text) {
    std::string out;
    json::append_json_string(text, out);
    return out;
  };
  EXPECT_EQ(written(""), R"("")");
  EXPECT_EQ(written("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(written(std::string_view("\0\x01\b\f\n\r\t\x1f", 8)), R"("\u0000\u0001\b\f\n\r\t\u001f")");
  EXPECT_EQ(written("\xC3\xB1\xE2\x82\xAC\xF0\x9F\x9A\x9A"), "\"\xC3\xB1\xE2\x82\xAC\xF0\x9F\x9A\x9A\"");
  EXPECT_EQ(written("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(written("\xC3"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(written("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // a surrogate
}

TEST(JsonObject, NumbersAreShortAndExact) {
  const auto written = [](auto number) {
    std::string out;
    json::append_json_number(number, out);
    return out;
  };
  EXPECT_EQ(written(0.1), "0.1");
  EXPECT_EQ(written(0.1f), "0.1");
  EXPECT_EQ(written(100000.0), "100000");
  EXPECT_EQ(written(-79.88765), "-79.88765");
  EXPECT_EQ(written(1e300), "1e+300");
  EXPECT_EQ(written(std::nan("")), "null");
  EXPECT_EQ(written(std::int64_t{INT64_MIN}), "-9223372036854775808");
  EXPECT_EQ(written(std::uint64_t{UINT64_MAX}), "18446744073709551615");
}

}  // namespace
}  // namespace vigia
