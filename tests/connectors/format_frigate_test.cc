// The messages and topics are those of Frigate's documentation, https://docs.frigate.video/integrations/mqtt/ (github.com/
// blakeblackshear/frigate, docs/docs/integrations/mqtt.md), without its comments.
#include <gtest/gtest.h>

#include "connectors/formats.h"
#include "tests/connectors/adapted.h"

namespace vigia {
namespace {

using test::adapted;

// What a tracked object looks like in the documented update, before and after it.
constexpr std::string_view before =
    R"({"id":"1607123955.475377-mxklsc","camera":"front_door","frame_time":1607123961.837752,)"
    R"("snapshot":{"frame_time":1607123965.975463,"box":[415,489,528,700],"area":12728,"region":[260,446,660,846],)"
    R"("score":0.77546,"attributes":[]},"label":"person","sub_label":null,"top_score":0.958984375,)"
    R"("false_positive":false,"start_time":1607123955.475377,"end_time":null,"score":0.7890625,)"
    R"("box":[424,500,536,712],"area":23744,"ratio":2.113207,"region":[264,450,667,853],)"
    R"("current_zones":["driveway"],"entered_zones":["yard","driveway"],"thumbnail":null,"has_snapshot":false,)"
    R"("has_clip":false,"active":true,"stationary":false,"motionless_count":0,"position_changes":2,)"
    R"("attributes":{"face":0.64},"current_attributes":[],"current_estimated_speed":0.71,)"
    R"("average_estimated_speed":14.3,"velocity_angle":180,"recognized_license_plate":"ABC12345",)"
    R"("recognized_license_plate_score":0.933451})";
constexpr std::string_view after =
    R"({"id":"1607123955.475377-mxklsc","camera":"front_door","frame_time":1607123962.082975,)"
    R"("snapshot":{"frame_time":1607123965.975463,"box":[415,489,528,700],"area":12728,"region":[260,446,660,846],)"
    R"("score":0.77546,"attributes":[]},"label":"person","sub_label":["John Smith",0.79],"top_score":0.958984375,)"
    R"("false_positive":false,"start_time":1607123955.475377,"end_time":null,"score":0.87890625,)"
    R"("box":[432,496,544,854],"area":40096,"ratio":1.251397,"region":[218,440,693,915],)"
    R"("current_zones":["yard","driveway"],"entered_zones":["yard","driveway"],"thumbnail":null,)"
    R"("has_snapshot":false,"has_clip":false,"active":true,"stationary":false,"motionless_count":0,)"
    R"("position_changes":2,"attributes":{"face":0.86},"current_attributes":[{"label":"face","box":[442,506,534,524],)"
    R"("score":0.86}],"current_estimated_speed":0.77,"average_estimated_speed":14.31,"velocity_angle":180,)"
    R"("recognized_license_plate":"ABC12345","recognized_license_plate_score":0.933451})";

std::string message(std::string_view type, std::string_view was, std::string_view is) {
  return R"({"type":")" + std::string(type) + R"(","before":)" + std::string(was) + R"(,"after":)" + std::string(is) +
         "}";
}

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string out(text);
  const auto at = out.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return out.replace(at, what.size(), by);
}

TEST(FormatFrigateEvents, AnUpdateIsASightingOfItsObject) {
  EXPECT_EQ(adapted(adapt_frigate_events, message("update", before, after), "frigate/events"),
            R"({"camera_id":"front_door","device_time_ms":1607123962083,"kind":"object","object_class":"person",)"
            R"("track_id":"1607123955.475377-mxklsc","confidence":0.87890625,"zone_id":"driveway","plate":"ABC12345",)"
            R"("attributes":{"type":"update","zones":"yard,driveway","entered_zones":"yard,driveway",)"
            R"("sub_label":"John Smith","top_score":"0.958984375","stationary":"false","has_clip":"false",)"
            R"("has_snapshot":"false","current_estimated_speed":"0.77"}})");
}

// The first message comes before Frigate knows the zone: what it says later is an event of the same track in that zone.
TEST(FormatFrigateEvents, ZonesThatComeOnlyWithAnUpdate) {
  const std::string start = replaced(replaced(before, R"(["driveway"])", "[]"), R"(["yard","driveway"])", "[]");
  const auto fresh = adapted(adapt_frigate_events, message("new", start, start));
  EXPECT_EQ(fresh.find("zone_id"), std::string::npos) << fresh;
  EXPECT_NE(fresh.find(R"("type":"new")"), std::string::npos) << fresh;
  const auto update = adapted(adapt_frigate_events, message("update", start, before));
  EXPECT_NE(update.find(R"("zone_id":"driveway")"), std::string::npos) << update;
  const auto end = adapted(adapt_frigate_events,
                           message("end", after, replaced(after, R"("end_time":null)", R"("end_time":1607123990.1)")));
  EXPECT_NE(end.find(R"("device_time_ms":1607123962083)"), std::string::npos) << "when it was last seen: " << end;
}

TEST(FormatFrigateEvents, AFalsePositiveWasNoObject) {
  const std::string none = replaced(after, R"("false_positive":false)", R"("false_positive":true)");
  EXPECT_EQ(adapted(adapt_frigate_events, message("update", none, none)), "");
}

TEST(FormatFrigateEvents, WhatIsNotFrigatesSaysWhatWasExpected) {
  EXPECT_EQ(adapted(adapt_frigate_events, R"({"camera_id":"c"})"),
            "error: no \"type\" with an \"after\", as Frigate publishes tracked objects");
  EXPECT_EQ(adapted(adapt_frigate_events, message("new", "null", R"({"id":"1","frame_time":5})")),
            "error: after.camera is missing");
  EXPECT_EQ(adapted(adapt_frigate_events, message("new", "null", R"({"camera":"c","frame_time":"now"})")),
            "error: after.frame_time is missing or no number, expected seconds since 1970");
}

constexpr std::string_view review =
    R"({"id":"1718987129.308396-fqk5ka","camera":"front_cam","start_time":1718987129.308396,"end_time":null,)"
    R"("severity":"alert","thumb_path":)"
    R"("/media/frigate/clips/review/thumb-front_cam-1718987129.308396-fqk5ka.webp",)"
    R"("data":{"detections":["1718987128.947436-g92ztx","1718987148.879516-d7oq7r","1718987126.934663-q5ywpt"],)"
    R"("objects":["person","car"],"sub_labels":["Bob"],"zones":["front_yard"],"audio":[]}})";

std::string review_event(std::string_view time_ms, std::string_view object, std::string_view type) {
  return R"({"camera_id":"front_cam","device_time_ms":)" + std::string(time_ms) +
         R"(,"kind":"object","object_class":")" + std::string(object) +
         R"(","track_id":"1718987129.308396-fqk5ka","zone_id":"front_yard","evidence_uri":)"
         R"("/media/frigate/clips/review/thumb-front_cam-1718987129.308396-fqk5ka.webp","attributes":{"type":")" +
         std::string(type) + R"(","severity":"alert","sub_label":"Bob"}})";
}

TEST(FormatFrigateReviews, EachClassOfAReviewIsAnEvent) {
  EXPECT_EQ(adapted(adapt_frigate_reviews, message("new", review, review)),
            R"({"events":[)" + review_event("1718987129308", "person", "new") + "," +
                review_event("1718987129308", "car", "new") + "]}");
  EXPECT_EQ(adapted(adapt_frigate_reviews,
                    message("end", review, replaced(review, R"("end_time":null)", R"("end_time":1718987160.5)"))),
            R"({"events":[)" + review_event("1718987160500", "person", "end") + "," +
                review_event("1718987160500", "car", "end") + "]}");
}

TEST(FormatFrigateReviews, AnUpdateHasTheTimeOfItsRecord) {
  InputRecord record;
  const std::string value = message("update", review, review);
  record.value = value;
  record.broker_ms = 1'718'987'140'000;
  std::string json;
  EXPECT_EQ(adapt_frigate_reviews(record, json), "");
  EXPECT_EQ(json, R"({"events":[)" + review_event("1718987140000", "person", "update") + "," +
                      review_event("1718987140000", "car", "update") + "]}");
}

TEST(FormatFrigateReviews, WhatShowsNoObjectIsNoEvent) {
  EXPECT_EQ(adapted(adapt_frigate_reviews, message("new", review, replaced(review, R"(["person","car"])", "[]"))), "");
  EXPECT_EQ(adapted(adapt_frigate_reviews, message("genai", review, review)), "");
}

std::string status(std::string_view topic, std::string_view word) {
  InputRecord record;
  record.key = topic;
  record.value = word;
  record.broker_ms = 1'700'000'000'000;
  std::string json;
  const std::string error = adapt_frigate_status(record, json);
  return error.empty() ? json : error;
}

std::string status_event(std::string_view camera, std::string_view kind) {
  return R"({"camera_id":")" + std::string(camera) + R"(","device_time_ms":1700000000000,"kind":")" +
         std::string(kind) + R"("})";
}

TEST(FormatFrigateStatus, AStreamThatIsLostAndFound) {
  EXPECT_EQ(status("frigate/front_door/status/detect", "offline"), status_event("front_door", "signal_lost"));
  EXPECT_EQ(status("frigate/front_door/status/detect", "online"), status_event("front_door", "signal_restored"));
  EXPECT_EQ(status("site/a/frigate/front_door/status/record", "offline"),
            status_event("front_door", "recorder_failed"));
  EXPECT_EQ(status("frigate/front_door/motion", "ON"), status_event("front_door", "motion_started"));
}

TEST(FormatFrigateStatus, FrigateItselfIsTheRecorder) {
  EXPECT_EQ(status("frigate/available", "offline"), status_event("frigate", "recorder_failed"));
  EXPECT_EQ(status("site/a/frigate/available", "online"), status_event("site/a/frigate", "recorder_restored"));
}

TEST(FormatFrigateStatus, WhatSaysNothingOfACameraIsNoEvent) {
  for (const auto& [topic, word] : {std::pair{"frigate/front_door/status/detect", "disabled"},
                                    {"frigate/front_door/status/audio", "offline"},
                                    {"frigate/front_door/person", "1"},
                                    {"frigate/stats", "{}"},
                                    {"frigate/front_door/detect/state", "ON"}})
    EXPECT_EQ(status(topic, word), "") << topic;
  EXPECT_EQ(status("", "online"), "no MQTT topic in the key, and none in a header mqtt.topic");
}

TEST(FormatFrigateStatus, ABridgeMayKeyByCamera) {
  EXPECT_EQ(adapted(adapt_frigate_status, "online", "front_door", {{"mqtt.topic", "frigate/front_door/status/detect"}}),
            R"({"camera_id":"front_door","device_time_ms":0,"kind":"signal_restored"})");
}

}  // namespace
}  // namespace vigia
