// "The specification" is the ONVIF Core Specification, section MQTT with "JSON Event Payload" and "Property events"
// (github.com/onvif/specs, doc/Core.xml). Messages of doors are composed by its rules, with topics and items after those of
// the Access Control and Door Control Service Specifications (doc/AccessControl.xml, doc/DoorControl.xml).
#include <gtest/gtest.h>

#include "connectors/formats.h"
#include "tests/connectors/adapted.h"

namespace vigia {
namespace {

using test::adapted;

constexpr std::string_view fence = "MyDevice/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/MyImportantFence1";
constexpr std::string_view crossed = R"({
  "UtcTime": "2008-10-10T12:24:57.321Z",
  "Source": {
    "VideoSource": "1",
    "AnalyticsConfiguration": "2",
    "Rule": "MyImportantFence1"
  },
  "Data": {
    "ObjectId": "15"
  }
})";

TEST(FormatOnvif, TheExampleOfTheSpecificationIsAnObjectInItsRule) {
  const std::string event =
      R"({"camera_id":"MyDevice","device_time_ms":1223641497321,"kind":"object","track_id":"15",)"
      R"("zone_id":"MyImportantFence1","attributes":{"topic":"RuleEngine/LineDetector/Crossed","VideoSource":"1",)"
      R"("AnalyticsConfiguration":"2","Rule":"MyImportantFence1","ObjectId":"15"}})";
  EXPECT_EQ(adapted(adapt_onvif_camera, crossed, fence), event);
  EXPECT_EQ(adapted(adapt_onvif_camera, crossed, "MyDevice", {{"mqtt.topic", fence}}), event)
      << "a bridge may key by device";
  EXPECT_EQ(adapted(adapt_onvif_access, crossed, fence), "") << "it says nothing of a door";
}

TEST(FormatOnvif, ASensorOfTheSpecificationIsNoEvent) {
  EXPECT_EQ(adapted(adapt_onvif_camera,
                    R"({"UtcTime":"2025-07-15T14:30:00Z","Source":{"SensorID":"temp_001"},)"
                    R"("Data":{"Value":298.65,"Threshold":295.15}})",
                    "MyDevice/onvif-ej/Device/Sensor/Temperature/High"),
            "");
}

TEST(FormatOnvif, ADeletedPropertyIsZeroBytes) {
  EXPECT_EQ(adapted(adapt_onvif_camera, "", "MyDevice/onvif-ej/VideoSource/MotionAlarm/&1"), "");
  EXPECT_EQ(adapted(adapt_onvif_camera, {}, "MyDevice/onvif-ej/VideoSource/MotionAlarm/&1"), "") << "a tombstone";
  EXPECT_EQ(adapted(adapt_onvif_access, "", "MyDevice/onvif-ej/Door/State/DoorPhysicalState/&1"), "");
}

std::string kind_of(const std::string& json) {
  const std::string name = R"("kind":")";
  const auto begin = json.find(name);
  if (begin == std::string::npos) return json;
  return json.substr(begin + name.size(), json.find('"', begin + name.size()) - begin - name.size());
}

std::string camera(std::string_view topic, std::string_view data) {
  const std::string value =
      R"({"UtcTime":"2008-10-10T12:24:57.321Z","Source":{"Source":"1"},"Data":{)" + std::string(data) + "}}";
  return kind_of(adapted(adapt_onvif_camera, value, "MyDevice/onvif-ej/" + std::string(topic) + "/&1"));
}

TEST(FormatOnvif, StatesOfACamera) {
  EXPECT_EQ(camera("VideoSource/MotionAlarm", R"("State":"true")"), "motion_started");
  EXPECT_EQ(camera("VideoSource/MotionAlarm", R"("State":false)"), "motion_ended") << "quotes may be omitted";
  EXPECT_EQ(camera("tns1:RuleEngine/tns1:CellMotionDetector/Motion", R"("IsMotion":"true")"), "motion_started");
  EXPECT_EQ(camera("VideoSource/SignalLoss", R"("State":true)"), "signal_lost");
  EXPECT_EQ(camera("VideoSource/ImageTooBlurry/ImagingService", R"("State":"1")"), "image_degraded");
  EXPECT_EQ(camera("VideoSource/GlobalSceneChange/AnalyticsService", R"("State":"0")"), "image_restored");
  EXPECT_EQ(camera("Device/HardwareFailure/StorageFailure", R"("Failed":"true")"), "recorder_failed");
  EXPECT_EQ(camera("Device/HardwareFailure/PowerSupplyFailure", R"("Failed":"false")"), "power_restored");
  EXPECT_EQ(camera("Device/Trigger/Relay", R"("LogicalState":"active")"), "") << "nobody says what hangs on it";
  EXPECT_EQ(camera("VideoSource/MotionAlarm", R"("State":"perhaps")"), "");
}

// Recorded of a Hanwha camera in tests of a bridge to MQTT; the second form is that of older firmware.
TEST(FormatOnvif, RulesOfAMakerAreRulesTooAndSoAreItemsAsLists) {
  EXPECT_EQ(adapted(adapt_onvif_camera,
                    R"({"UtcTime":"2026-08-10T01:28:40.128Z","Source":{"VideoSourceToken":"vs-0","RuleName":"name1"},)"
                    R"("Data":{"State":"true","ObjectId":41808,"Action":"Intrusion"}})",
                    "cam01/onvif-ej/OpenApp/WiseAI/IvaArea/&vs-0/intrusion"),
            R"({"camera_id":"cam01","device_time_ms":1786325320128,"kind":"object","track_id":"41808",)"
            R"("zone_id":"name1","attributes":{"topic":"OpenApp/WiseAI/IvaArea","VideoSourceToken":"vs-0",)"
            R"("RuleName":"name1","State":"true","ObjectId":"41808","Action":"Intrusion"}})");
  EXPECT_EQ(adapted(adapt_onvif_camera,
                    R"({"UtcTime":"2026-08-10T01:28:41.128Z","Source":{"VideoSourceToken":"vs-0","RuleName":"name1"},)"
                    R"("Data":{"State":"false","ObjectId":41808,"Action":"Exit"}})",
                    "cam01/onvif-ej/OpenApp/WiseAI/IvaArea/&vs-0/intrusion"),
            "")
      << "it has gone";
  EXPECT_EQ(camera("VideoSource/MotionAlarm", R"("SimpleItem":[{"Name":"State","Value":"true"}])"), "motion_started");
}

std::string access(std::string_view topic, std::string_view source, std::string_view data) {
  const std::string value = R"({"UtcTime":"2008-10-10T12:24:57.321Z","Source":{)" + std::string(source) +
                            R"(},"Data":{)" + std::string(data) + "}}";
  return adapted(adapt_onvif_access, value, "gate/onvif-ej/" + std::string(topic) + "/&1");
}

TEST(FormatOnvif, DoorsAndBadges) {
  EXPECT_EQ(access("Door/State/DoorPhysicalState", R"("DoorToken":"d1")", R"("State":"Open")"),
            R"({"door_id":"gate","device_time_ms":1223641497321,"kind":"door_opened",)"
            R"("attributes":{"topic":"Door/State/DoorPhysicalState","DoorToken":"d1","State":"Open"}})");
  EXPECT_EQ(
      access("AccessControl/Denied/Credential", R"("AccessPointToken":"a1")",
             R"("External":false,"CredentialToken":"c9","CredentialHolderName":"maria","Reason":"CredentialExpired")"),
      R"({"door_id":"gate","device_time_ms":1223641497321,"kind":"badge_denied","holder_id":"maria",)"
      R"("credential_id":"c9","reason":"CredentialExpired","attributes":{)"
      R"("topic":"AccessControl/Denied/Credential","AccessPointToken":"a1","External":"false",)"
      R"("CredentialToken":"c9","CredentialHolderName":"maria","Reason":"CredentialExpired"}})");
  const auto kind = [](std::string_view topic, std::string_view data) { return kind_of(access(topic, "", data)); };
  EXPECT_EQ(kind("Door/State/DoorPhysicalState", R"("State":"Closed")"), "door_closed");
  EXPECT_EQ(kind("AccessControl/AccessGranted/Credential", ""), "badge_granted");
  EXPECT_EQ(kind("AccessControl/Duress", ""), "duress");
  EXPECT_EQ(kind("Door/State/DoorTamper", R"("State":"TamperDetected")"), "tamper");
  EXPECT_EQ(kind("Door/State/DoorTamper", R"("State":"NotInTamper")"), "tamper_cleared");
  EXPECT_EQ(access("Door/State/DoorMode", "", R"("State":"Locked")"), "");
  EXPECT_EQ(access("VideoSource/MotionAlarm", "", R"("State":"true")"), "");
}

// The topic of ONVIF's own test tool (PullMessages: tns1:EventBuffer/Begin), which has neither source nor data.
TEST(FormatOnvif, TheBeginningOfTheBufferSaysThatWhatFollowsIsOld) {
  constexpr std::string_view begin = R"({"UtcTime":"2013-09-26T08:13:39.4852132Z","Source":{}})";
  EXPECT_EQ(adapted(adapt_onvif_camera, begin, "MyDevice/onvif-ej/EventBuffer/Begin"),
            R"({"camera_id":"MyDevice","device_time_ms":1380183219485,"buffered":true,"kind":"heartbeat",)"
            R"("attributes":{"topic":"EventBuffer/Begin"}})");
  EXPECT_EQ(adapted(adapt_onvif_access, begin, "MyDevice/onvif-ej/tns1:EventBuffer/Begin"),
            R"({"door_id":"MyDevice","device_time_ms":1380183219485,"buffered":true,"kind":"heartbeat",)"
            R"("attributes":{"topic":"EventBuffer/Begin"}})");
}

TEST(FormatOnvif, WhatIsNotOnvifsSaysWhatWasExpected) {
  EXPECT_EQ(adapted(adapt_onvif_camera, crossed, "MyDevice/motion"),
            "error: no MQTT topic PREFIX/onvif-ej/... in the key, and none in a header mqtt.topic");
  EXPECT_EQ(adapted(adapt_onvif_camera, R"({"Source":{},"Data":{"State":"true"}})", fence),
            "error: UtcTime is missing or no time, expected one such as 2008-10-10T12:24:57.321Z");
}

}  // namespace
}  // namespace vigia
