// Detections over our own streams name fields and enumerators that there are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <functional>

#include "connectors/own_fields.h"
#include "connectors/sigma_files.h"
#include "operators/site_fields.h"

namespace vigia {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string errors_of(const std::string& service, const std::string& selection, const std::string& more = "",
                      const std::string& aliases = "") {
  Diagnostics diagnostics;
  const std::string rule = "name: r\nlogsource: {product: vigia, service: " + service + "}\ndetection: {s: {" +
                           selection + "}, condition: s}\n" + more;
  SigmaFile pipeline;
  if (!aliases.empty()) pipeline = {"names.yml", aliases};
  check_sigma_fields({{"rules.yml", rule}}, pipeline, diagnostics);
  return format_errors(diagnostics.errors);
}

TEST(SigmaOwnFields, AFieldThatThereIsNotIsAMistake) {
  EXPECT_THAT(errors_of("access", "kin: badge_denied"),
              AllOf(HasSubstr("rules.yml:1: found kin, which is no field of stream access"),
                    HasSubstr("(did you mean kind?)")));
  EXPECT_THAT(errors_of("alert", "knd: door_forced"), HasSubstr("knd, which is no field of alerts"));
  EXPECT_THAT(errors_of("seal", "position.lat: 5"), HasSubstr("position.lat, which is no field of stream seal"));
  EXPECT_THAT(errors_of("access", "holder_id|fieldref: escrt_id"), HasSubstr("escrt_id, which is no field"));
}

TEST(SigmaOwnFields, AnEnumeratorThatThereIsNotIsAMistake) {
  EXPECT_THAT(errors_of("access", "kind: [badge_granted, badge_deny]"),
              AllOf(HasSubstr("found kind: badge_deny, expected one of unknown, badge_granted"),
                    HasSubstr("(did you mean badge_denied?)")));
  EXPECT_THAT(errors_of("seal", "conditions: jaming"), HasSubstr("found conditions: jaming"));
  EXPECT_THAT(errors_of("alert", "status: raised"), HasSubstr("found status: raised"));
}

TEST(SigmaOwnFields, WhatThereIsIsNone) {
  for (const auto& [service, selection] :
       {std::pair{"access", "kind: Badge_Denied"},
        {"access", "kind|startswith: badge_"},
        {"access", "kind: badge_*"},
        {"access", "door.site: port, holder.class: visitor, attributes.floor: 3"},
        {"access", "sequence|exists: false"},
        {"camera", "camera.zone: yard, plate: null, kind|re: '.*_lost'"},
        {"seal", "position.speed_kmh|gt: 5"},
        {"seal", "conditions: jamming, lock: opened"},
        {"trip", "action: start, route_id: r"},
        {"alert", "kind: door_forced, severity: high, attributes.door_id: gate, triage_status: new"}})
    EXPECT_EQ(errors_of(service, selection), "") << service << " " << selection;
}

TEST(SigmaOwnFields, AliasesAndGroupsNameFieldsToo) {
  const std::string correlation =
      "---\nname: c\ncorrelation: {type: event_count, rules: [r], group-by: [GROUP], timespan: 1m, condition: {gte: "
      "2}}\n";
  const auto group = [&](const std::string& name, const std::string& aliases = "") {
    std::string text = correlation;
    text.replace(text.find("GROUP"), 5, name);
    return errors_of("access", "kind: badge_denied", text, aliases);
  };
  EXPECT_EQ(group("door_id"), "");
  EXPECT_THAT(group("dor_id"), HasSubstr("rules.yml:5: found dor_id, which is no field of stream access"));
  const std::string names = "- {logsource: {product: vigia, service: access}, fields: {site: door.SITE}}\n";
  const auto with = [&](const std::string& field) {
    std::string text = names;
    return text.replace(text.find("SITE"), 4, field);
  };
  EXPECT_EQ(group("site", with("site")), "");
  EXPECT_THAT(group("site", with("sight")), HasSubstr("door.sight (as site), which is no field of stream access"));
}

// What operators/site_fields.cc writes are the fields that are known.
TEST(SigmaOwnFields, ThoseOfTheSiteAreThoseThatAreWritten) {
  SiteEquipment listed;
  listed.doors = {{.id = "d", .site = "s", .area = "a", .panel = "p"}};
  listed.cameras = {{.id = "c", .site = "s", .zone = "z"}};
  listed.holders = {{.id = "h", .holder_class = HolderClass::visitor}};
  SiteModel site;
  site.equipment = Equipment(std::move(listed));
  flatbuffers::FlatBufferBuilder builder;
  schema::AccessEventT door;
  door.door_id = "d";
  door.holder_id = "h";
  builder.Finish(schema::AccessEvent::Pack(builder, &door));
  std::string of_door = "{}", of_camera = "{}";
  append_site_fields(*flatbuffers::GetRoot<schema::AccessEvent>(builder.GetBufferPointer()), site, of_door);
  builder.Clear();
  schema::CameraEventT camera;
  camera.camera_id = "c";
  builder.Finish(schema::CameraEvent::Pack(builder, &camera));
  append_site_fields(*flatbuffers::GetRoot<schema::CameraEvent>(builder.GetBufferPointer()), site, of_camera);
  const auto expect_known = [](std::string_view service, const std::string& json, std::size_t count) {
    simdjson::dom::parser parser;
    std::size_t fields = 0;
    for (const auto member : parser.parse(json).get_object())
      for (const auto field : member.value.get_object()) {
        const std::string path = std::string(member.key) + "." + std::string(field.key);
        EXPECT_TRUE(find_own_field(service, path).is_known) << path;
        ++fields;
      }
    EXPECT_EQ(fields, count) << json;
  };
  expect_known("access", of_door, 4);
  expect_known("camera", of_camera, 2);
}

}  // namespace
}  // namespace vigia
