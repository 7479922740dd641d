// The messages named "recorded" came from running Traccar servers and stand in the comments of
// github.com/KulwantKAur/linxio_staging, src/Service/Traccar/Model/{TraccarPosition,TraccarEvent}.php and
// PositionAttributes/TraccarPositionAttributesMeitrack.php; the offline event in
// www.traccar.org/forums/topic/why-attributes-is-empty-when-forward-data.
#include <gtest/gtest.h>

#include "connectors/formats.h"
#include "schemas/json_reader.h"
#include "tests/connectors/adapted.h"

namespace vigia {
namespace {

constexpr std::string_view recorded_position =
    R"({"position":{"id":0,"attributes":{"priority":0,"sat":13,"event":0,"ignition":true,"motion":true,"io200":0,)"
    R"("io113":0,"io33":253,"io37":6,"io48":47,"power":14.238,"io24":0,"battery":0,"io68":0,"io13":1715,"io15":0,)"
    R"("io42":43,"io43":0,"io49":7996,"operator":25701,"tripOdometer":20,"odometer":6902740,"io12":1130206,"io238":0,)"
    R"("distance":15.09,"totalDistance":13022475.67,"hours":737000},"deviceId":4,"type":null,"protocol":"teltonika",)"
    R"("serverTime":"2021-08-11T09:04:07.468+00:00","deviceTime":"2019-12-20T06:28:42.000+00:00",)"
    R"("fixTime":"2019-12-20T06:28:42.000+00:00","outdated":false,"valid":true,"latitude":53.8862733,)"
    R"("longitude":27.449195,"altitude":241,"speed":0,"course":316,"address":null,"accuracy":0,"network":null},)"
    R"("device":{"id":4,"attributes":[],"groupId":0,"name":"Teltonika","uniqueId":"888888888888888",)"
    R"("status":"online","lastUpdate":"2021-08-11T09:04:07.470+00:00","positionId":5265,"geofenceIds":[],"phone":"",)"
    R"("model":"","contact":"","category":null,"disabled":false}})";

constexpr std::string_view recorded_position_without_fix =
    R"({"position":{"id":0,"attributes":{"sat":0,"rssi":0,"hdop":0,"battery":3.97,"power":13.790000000000001,)"
    R"("event":1,"odometer":75115,"runtime":177622,"distance":0,"totalDistance":6356795.83,"motion":false},)"
    R"("deviceId":5,"type":null,"protocol":"meitrack","serverTime":"2022-02-07T08:10:15.992+00:00",)"
    R"("deviceTime":"2021-12-20T11:12:19.000+00:00","fixTime":"2021-12-20T11:12:19.000+00:00","outdated":false,)"
    R"("valid":false,"latitude":26.304076,"longitude":50.203481,"altitude":0,"speed":0,"course":0,"address":null,)"
    R"("accuracy":0,"network":null},"device":{"id":5,"attributes":[],"groupId":0,"name":"Meitrack: 861585043200862",)"
    R"("uniqueId":"861585043200862","status":"online","lastUpdate":"2022-02-07T08:10:15.992+00:00",)"
    R"("positionId":1657,"geofenceIds":[],"phone":"","model":"","contact":"","category":null,"disabled":false}})";

// Shortened by the "users" that end it.
constexpr std::string_view recorded_alarm =
    R"({"event":{"id":173,"attributes":{"alarm":"sos"},"deviceId":5,"type":"alarm",)"
    R"("eventTime":"2022-02-07T08:10:15.992+00:00","positionId":0,"geofenceId":0,"maintenanceId":0},)"
    R"("device":{"id":5,"attributes":[],"groupId":0,"name":"Meitrack: 861585043200862","uniqueId":"861585043200862",)"
    R"("status":"online","lastUpdate":"2022-02-07T08:10:15.992+00:00","positionId":1420,"geofenceIds":[],"phone":"",)"
    R"("model":"","contact":"","category":null,"disabled":false}})";

constexpr std::string_view recorded_offline =
    R"({"event": {"id": 43334, "attributes": {}, "deviceId": 385, "type": "deviceOffline",)"
    R"( "eventTime": "2024-05-10T10:45:34.984+00:00", "positionId": 0, "geofenceId": 0, "maintenanceId": 0},)"
    R"( "device": {"id": 385, "attributes": {}, "groupId": 0, "calendarId": 0, "name": "868618052108909",)"
    R"( "uniqueId": "868618052108909", "status": "offline", "lastUpdate": "2024-05-10T10:45:07.076+00:00",)"
    R"( "positionId": 0, "phone": null, "model": null, "contact": null, "category": null, "disabled": false,)"
    R"( "expirationTime": null}})";

// As our own reader reads what the adapter gives: no field and no enumerator unknown to it.
schema::SealEventT read(std::string_view message, RecordAdapter adapt = adapt_traccar) {
  const std::string json = test::adapted(adapt, message, "4");
  json::Reader reader;
  flatbuffers::FlatBufferBuilder builder;
  const auto result = reader.read_seal(json, builder);
  EXPECT_EQ(result.error, "") << json;
  EXPECT_EQ(result.unknown_fields + result.unknown_enum_values, 0U) << json;
  schema::SealEventT event;
  if (result.error.empty()) schema::GetSealEvent(builder.GetBufferPointer())->UnPackTo(&event);
  return event;
}

std::string attribute(const schema::SealEventT& event, std::string_view key) {
  for (const auto& one : event.attributes)
    if (one->key == key) return one->value;
  return {};
}

std::string replaced(std::string_view message, std::string_view what, std::string_view by) {
  std::string text(message);
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

TEST(FormatTraccar, APositionIsWhatTheDeviceSent) {
  const auto event = read(recorded_position);
  EXPECT_EQ(event.seal_id, "888888888888888") << "the device's own id, not the key, which is Traccar's";
  EXPECT_EQ(event.device_time_ms, 1'576'823'322'000) << "2019-12-20T06:28:42Z";
  EXPECT_EQ(event.sequence, 0U);
  EXPECT_FALSE(event.buffered);
  ASSERT_NE(event.position, nullptr);
  EXPECT_EQ(event.position->lat_deg, 53.8862733);
  EXPECT_EQ(event.position->lon_deg, 27.449195);
  EXPECT_EQ(event.position->heading_deg, 316);
  EXPECT_EQ(event.position->speed_kmh, 0);
  EXPECT_FALSE(event.position->accuracy_m.has_value()) << "0 is Traccar's word for unknown";
  EXPECT_EQ(event.lock, schema::Lock::unknown);
  EXPECT_EQ(event.battery_percent, 255) << "battery is in volts";
  EXPECT_EQ(attribute(event, "protocol"), "teltonika");
  EXPECT_EQ(attribute(event, "power"), "14.238");
  EXPECT_EQ(attribute(event, "ignition"), "true");
  EXPECT_EQ(attribute(event, "odometer"), "6902740");
}

TEST(FormatTraccar, APositionThatIsNotValidIsNoFix) {
  const auto event = read(recorded_position_without_fix);
  EXPECT_EQ(event.seal_id, "861585043200862");
  EXPECT_EQ(event.device_time_ms, 1'639'998'739'000);
  EXPECT_EQ(event.position, nullptr);
  EXPECT_EQ(read(replaced(recorded_position, R"("outdated":false)", R"("outdated":true)")).position, nullptr)
      << "it repeats the last known place";
}

TEST(FormatTraccar, AnAlarmWithoutPositionIsAnEventOfItsOwn) {
  const auto event = read(recorded_alarm);
  EXPECT_EQ(event.seal_id, "861585043200862");
  EXPECT_EQ(event.device_time_ms, 1'644'221'415'992);
  EXPECT_EQ(event.conditions, std::vector{schema::Condition::panic});
  EXPECT_EQ(attribute(event, "alarm"), "sos");
}

TEST(FormatTraccar, WhatTraccarSaysOfItselfIsNoEvent) { EXPECT_EQ(test::adapted(adapt_traccar, recorded_offline), ""); }

// The recorded position with other attributes. The names are those of org.traccar.model.Position; several alarms of a
// message come joined, as Jt808ProtocolDecoderTest has them: Position.ALARM_LOW_BATTERY + "," + Position.ALARM_REMOVING.
schema::SealEventT with_attributes(const std::string& attributes) {
  return read(replaced(recorded_position, R"("priority":0)", attributes));
}

TEST(FormatTraccar, AlarmsAreStatesOfTheLockOrConditions) {
  const auto lock = [](const std::string& attributes) { return with_attributes(attributes).lock; };
  EXPECT_EQ(lock(R"("alarm":"tampering")"), schema::Lock::tampered);
  EXPECT_EQ(lock(R"("alarm":"removing")"), schema::Lock::removed);
  EXPECT_EQ(lock(R"("alarm":"door")"), schema::Lock::opened);
  EXPECT_EQ(lock(R"("alarm":"unlock")"), schema::Lock::opened);
  EXPECT_EQ(lock(R"("alarm":"lock")"), schema::Lock::closed);
  EXPECT_EQ(lock(R"("alarm":"unlock,tampering")"), schema::Lock::tampered) << "the gravest counts";
  EXPECT_EQ(lock(R"("door":true)"), schema::Lock::opened);
  EXPECT_EQ(lock(R"("lock":true,"door":true)"), schema::Lock::closed) << "the lock itself is surer than the door";
  EXPECT_EQ(lock(R"("alarm":"overspeed")"), schema::Lock::unknown);

  const auto two = with_attributes(R"("alarm":"lowBattery,removing","batteryLevel":7)");
  EXPECT_EQ(two.lock, schema::Lock::removed);
  EXPECT_EQ(two.conditions, std::vector{schema::Condition::low_battery});
  EXPECT_EQ(two.battery_percent, 7);
  using enum schema::Condition;
  EXPECT_EQ(with_attributes(R"("alarm":"jamming,gpsAntennaCut,powerCut,vibration,shock")").conditions,
            (std::vector{jamming, antenna_cut, power_cut, vibration}))
      << "each once";
}

TEST(FormatTraccar, SpeedIsInKnotsAndTheMemoryIsNamedArchive) {
  const auto moving = read(replaced(recorded_position, R"("speed":0)", R"("speed":10)"));
  EXPECT_FLOAT_EQ(*moving.position->speed_kmh, 18.52F);
  EXPECT_TRUE(with_attributes(R"("archive":true)").buffered);
  EXPECT_EQ(with_attributes(R"("driverUniqueId":"10218094")").operator_id, "10218094");
}

TEST(FormatTraccar, AnEventWithItsPositionSaysWhatThePositionSaid) {
  const auto position = replaced(recorded_position, R"("priority":0)", R"("alarm":"tampering")");
  const auto inside = position.substr(0, position.rfind('}'));
  const auto event = inside + R"(,"event":{"id":1,"attributes":{"alarm":"tampering"},"deviceId":4,"type":"alarm",)"
                              R"("eventTime":"2019-12-20T06:28:42.000+00:00","positionId":5266}})";
  EXPECT_EQ(test::adapted(adapt_traccar, event), test::adapted(adapt_traccar, position)) << "so it is a duplicate";
}

TEST(FormatTraccar, WhatIsNotTraccarsSaysWhatWasExpected) {
  using test::adapted;
  EXPECT_EQ(adapted(adapt_traccar, ""), "error: 0 bytes, expected a JSON object");
  EXPECT_EQ(adapted(adapt_traccar, "[1]"), "error: the record is JSON, but no object");
  EXPECT_NE(adapted(adapt_traccar, "{"), "");
  EXPECT_EQ(adapted(adapt_traccar, R"({"seal_id":"s","device_time_ms":1})"),
            "error: no \"device\" with a \"position\" or an \"event\", as Traccar forwards them");
  EXPECT_EQ(adapted(adapt_traccar, replaced(recorded_position, R"("uniqueId")", R"("imei")")),
            "error: device.uniqueId is missing");
  std::string untimed = replaced(recorded_position, R"("deviceTime")", R"("a")");
  untimed = replaced(untimed, R"("fixTime":"2019)", R"("fixTime":"some 2019)");
  EXPECT_NE(adapted(adapt_traccar, untimed).find("error: position.deviceTime is missing or no time"),
            std::string::npos);
}

}  // namespace
}  // namespace vigia
