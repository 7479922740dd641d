// Whatever the bytes are, the gate answers; what passes it can be read.
#include "schemas/verify.h"

#include <gtest/gtest.h>

#include <iostream>
#include <limits>
#include <random>

#include "schemas/enum_names.h"
#include "schemas/json_writer.h"
#include "tests/schemas/samples.h"

namespace vigia {
namespace {

TEST(Verify, AnEventWithAndWithoutIdentifier) {
  for (const char* identifier : {schema::SealEventIdentifier(), static_cast<const char*>(nullptr)}) {
    const std::string bytes = samples::bytes_of<schema::SealEvent>(samples::seal(), identifier);
    const auto events = schema::verify_seal_record(bytes);
    ASSERT_EQ(events.error(), "");
    EXPECT_FALSE(events.is_batch());
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].seal_id()->string_view(), "EC-004711");
  }
}

TEST(Verify, ABatch) {
  const std::string bytes = samples::batch_of(100);
  const auto events = schema::verify_seal_record(bytes);
  ASSERT_EQ(events.error(), "");
  EXPECT_TRUE(events.is_batch());
  ASSERT_EQ(events.size(), 100u);
  EXPECT_EQ(events[99].sequence(), 100u);
}

TEST(Verify, BytesNeedNoAlignment) {
  const std::string bytes = samples::batch_of(3);
  for (std::size_t shift = 0; shift < 8; ++shift) {
    const std::string shifted = std::string(shift, ' ') + bytes;
    EXPECT_EQ(schema::verify_seal_record(std::string_view(shifted).substr(shift)).size(), 3u);
  }
}

TEST(Verify, SaysWhatIsWrongWithARecord) {
  EXPECT_EQ(schema::verify_seal_record("").error(), "the record is empty");
  EXPECT_EQ(schema::verify_seal_record("short").error(), "the record is too short for a FlatBuffer");
  EXPECT_EQ(schema::verify_seal_record(std::string(10'000'000, '\0')).error(), "the record is longer than 8 MiB");
  EXPECT_EQ(schema::verify_seal_record(samples::seal_json).error(), "the record is not a valid FlatBuffers event");
  EXPECT_EQ(schema::verify_seal_record(samples::bytes_of(samples::trip())).error(),
            "the record is a trip event (file identifier VTEV)");
  EXPECT_EQ(schema::verify_trip_record(samples::batch_of(1)).error(),
            "the record is a batch of seal events (file identifier VSBA)");
  EXPECT_EQ(schema::verify_alert_record(samples::bytes_of(samples::seal())), nullptr);
  std::string cut = samples::bytes_of(samples::seal());
  cut.resize(cut.size() - 8);
  EXPECT_EQ(schema::verify_seal_record(cut).error(), "the record is not a valid FlatBuffers event");
}

TEST(Verify, AMissingRequiredFieldDoesNotVerify) {
  flatbuffers::FlatBufferBuilder builder;
  const auto start = builder.StartTable();
  builder.AddElement<std::int64_t>(schema::SealEvent::VT_DEVICE_TIME_MS, 1, 0);
  builder.Finish(flatbuffers::Offset<schema::SealEvent>(builder.EndTable(start)));
  EXPECT_EQ(schema::verify_seal_record(samples::bytes_of(builder)).error(),
            "the record is not a valid FlatBuffers event");
}

template <class Change>
std::string check_seal(Change&& change) {
  schema::SealEventT event = samples::seal();
  change(event);
  const std::string bytes = samples::bytes_of(event);
  const auto events = schema::verify_seal_record(bytes);
  return events.error().empty() ? schema::check(events[0]) : "does not verify";
}

template <class Change>
std::string check_trip(Change&& change) {
  schema::TripEventT event = samples::trip();
  change(event);
  const std::string bytes = samples::bytes_of(event);
  const auto events = schema::verify_trip_record(bytes);
  return events.error().empty() ? schema::check(events[0]) : "does not verify";
}

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

TEST(Check, SealValues) {
  EXPECT_EQ(check_seal([](auto&) {}), "");
  EXPECT_EQ(check_seal([](auto& e) { e.seal_id = ""; }), "seal_id is missing");
  EXPECT_EQ(check_seal([](auto& e) { e.seal_id = "\xC0\x80"; }), "seal_id is not valid UTF-8");
  EXPECT_EQ(check_seal([](auto& e) { e.device_time_ms = 0; }), "device_time_ms is missing");
  EXPECT_EQ(check_seal([](auto& e) { e.device_time_ms = -1; }),
            "device_time_ms is -1, expected milliseconds since 1970, not negative");
  EXPECT_EQ(check_seal([](auto& e) { e.device_time_ms = schema::last_time_ms; }), "");
  EXPECT_EQ(check_seal([](auto& e) { e.device_time_ms = schema::last_time_ms + 1; }),
            "device_time_ms is 253402300800000, expected a time before the year 10000");
  EXPECT_EQ(check_seal([](auto& e) { e.position = samples::position(90, -180); }), "");
  EXPECT_EQ(check_seal([](auto& e) { e.position = samples::position(-90.0001, 0); }),
            "position.lat_deg is -90.0001, expected -90 to 90");
  EXPECT_EQ(check_seal([](auto& e) { e.position = samples::position(not_a_number, 0); }),
            "position.lat_deg is nan, expected -90 to 90");
  EXPECT_EQ(check_seal([](auto& e) { e.position = samples::position(0, not_a_number); }),
            "position.lon_deg is nan, expected -180 to 180");
  EXPECT_EQ(check_seal([](auto& e) { e.position->speed_kmh = std::numeric_limits<float>::infinity(); }),
            "position.speed_kmh is inf, expected a finite number");
  EXPECT_EQ(check_seal([](auto& e) { e.provider_id = "\xFF"; }), "provider_id is not valid UTF-8");
  EXPECT_EQ(check_seal([](auto& e) { e.attributes[0]->value = "\xFF"; }), "a value in attributes is not valid UTF-8");
}

TEST(Check, TripValues) {
  EXPECT_EQ(check_trip([](auto&) {}), "");
  EXPECT_EQ(check_trip([](auto& e) { e.trip_id = ""; }), "trip_id is missing");
  EXPECT_EQ(check_trip([](auto& e) { e.event_time_ms = 0; }), "event_time_ms is missing");
  EXPECT_EQ(check_trip([](auto& e) { e.due_ms = -1; }), "due_ms is -1, expected milliseconds since 1970, not negative");
  EXPECT_EQ(check_trip([](auto& e) { e.weight_kg = not_a_number; }), "weight_kg is nan, expected a finite number");
  EXPECT_EQ(check_trip([](auto& e) { e.zone_id = "\xFF"; }), "zone_id is not valid UTF-8");
}

TEST(Check, EnumeratorsOfNewerProducersAreCountedNotRefused) {
  schema::SealEventT event = samples::seal();
  event.lock = static_cast<schema::Lock>(77);
  event.conditions.push_back(static_cast<schema::Condition>(200));
  const std::string bytes = samples::bytes_of(event);
  const auto events = schema::verify_seal_record(bytes);
  ASSERT_EQ(events.error(), "");
  EXPECT_EQ(schema::check(events[0]), "");
  EXPECT_EQ(schema::unknown_enum_values(events[0]), 2u);
  EXPECT_EQ(schema::known_or_unknown(events[0].lock()), schema::Lock::unknown);
}

TEST(EnumNames, AreTheJsonNames) {
  EXPECT_EQ(schema::name_of(schema::TriageStatus::new_), "new");
  EXPECT_EQ(schema::name_of(schema::Lock::wrong_unlock), "wrong_unlock");
  EXPECT_EQ(schema::name_of(static_cast<schema::Lock>(99)), "");
  EXPECT_EQ(schema::parse_enum<schema::TriageStatus>("new"), schema::TriageStatus::new_);
  EXPECT_EQ(schema::parse_enum<schema::Severity>("HIGH"), std::nullopt);
}

// Reads all of a record that passed, as the engine would; the sanitizers watch.
template <class Events>
std::size_t read_all(const Events& events) {
  std::size_t read = 0;
  std::string out;
  for (std::size_t i = 0; i < events.size(); ++i) {
    read += schema::unknown_enum_values(events[i]);
    if (schema::check(events[i]).empty()) json::append_json(events[i], out);
  }
  return read + out.size();
}

// Flips bits, overwrites bytes with edge values, cuts, and doubles parts.
std::string damage(std::string bytes, std::mt19937_64& random) {
  constexpr unsigned char edges[] = {0, 1, 0x7F, 0x80, 0xFF, 4};
  for (std::uint64_t n = random() % 4 + 1; n > 0 && !bytes.empty(); --n) {
    const std::size_t at = random() % bytes.size();
    switch (random() % 8) {
      case 0: bytes.resize(at); break;
      case 1: bytes.insert(at, bytes.substr(0, random() % 16)); break;
      case 2:
      case 3: bytes[at] = static_cast<char>(edges[random() % std::size(edges)]); break;
      default: bytes[at] = static_cast<char>(bytes[at] ^ (1u << (random() % 8)));
    }
  }
  return bytes;
}

TEST(Verify, DamagedBytesNeverCrash) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  const std::string originals[] = {samples::bytes_of(samples::seal()), samples::bytes_of(samples::trip()),
                                   samples::batch_of(3)};
  std::size_t passed = 0, refused = 0;
  for (int round = 0; round < 30000; ++round) {
    const std::string damaged = damage(originals[random() % 3], random);
    // In a block of exactly its size, so that a read past its end is seen.
    const std::vector<char> exact(damaged.begin(), damaged.end());
    const std::string_view bytes(exact.data(), exact.size());
    const auto seals = schema::verify_seal_record(bytes);
    const auto trips = schema::verify_trip_record(bytes);
    read_all(seals);
    read_all(trips);
    ++(seals.error().empty() || trips.error().empty() ? passed : refused);
  }
  EXPECT_GT(passed, 0u);
  EXPECT_GT(refused, 0u);
}

}  // namespace
}  // namespace vigia
