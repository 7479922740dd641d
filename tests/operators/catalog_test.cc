#include <gtest/gtest.h>

#include <set>
#include <string>

#include "operators/rule.h"

namespace vigia {
namespace {

TEST(Catalog, NamesEveryKindOnce) {
  std::set<std::string_view> kinds;
  for (const KindSpec& spec : rule_kinds()) {
    EXPECT_TRUE(kinds.insert(spec.kind).second) << spec.kind;
    EXPECT_FALSE(spec.streams.empty()) << spec.kind;
    EXPECT_FALSE(spec.help.empty()) << spec.kind;
    EXPECT_EQ(find_kind(spec.kind), &spec);
  }
  EXPECT_EQ(find_kind("no_such_kind"), nullptr);
}

TEST(Catalog, EveryDefaultIsWithinItsBounds) {
  for (const KindSpec& kind : rule_kinds()) {
    for (const ParamSpec& param : kind.params) {
      SCOPED_TRACE(std::string(kind.kind) + "." + std::string(param.name));
      EXPECT_FALSE(param.help.empty());
      if (param.type == ParamType::string || param.type == ParamType::string_list) {
        EXPECT_NE(param.required, !param.default_strings.empty());
        continue;
      }
      EXPECT_LT(param.min, param.max);
      const bool is_off = param.default_value == 0;
      EXPECT_TRUE(param.required || is_off || (param.default_value >= param.min && param.default_value <= param.max));
    }
  }
}

TEST(Catalog, HasEveryKind) {
  const std::set<std::string_view> expected = {"unauthorized_stop",
                                               "route_deviation",
                                               "seal_opened",
                                               "seal_tampered",
                                               "seal_removed",
                                               "seal_wrong_unlock",
                                               "trip_delayed",
                                               "signal_lost",
                                               "report_interval",
                                               "report_distance",
                                               "seal_condition",
                                               "zone_entered",
                                               "zone_left",
                                               "zone_overstay",
                                               "panic",
                                               "clock_fault",
                                               "weight_difference",
                                               "second_placement",
                                               "service_quality",
                                               "door_forced",
                                               "door_held",
                                               "after_hours",
                                               "granted_not_entered",
                                               "repeated_denials",
                                               "two_person_missing",
                                               "visitor_unescorted",
                                               "area_not_permitted",
                                               "duress",
                                               "vibration",
                                               "heat",
                                               "smoke",
                                               "inspection_off_camera",
                                               "seal_number_mismatch",
                                               "panel_tamper",
                                               "panel_offline",
                                               "camera_offline",
                                               "camera_degraded",
                                               "motion_after_hours",
                                               "loitering",
                                               "restricted_object",
                                               "anti_passback",
                                               "impossible_travel",
                                               "tailgating",
                                               "logon_badged_out"};
  std::set<std::string_view> kinds;
  for (const KindSpec& spec : rule_kinds()) kinds.insert(spec.kind);
  EXPECT_EQ(kinds, expected);
}

TEST(Catalog, CategoryFollowsSeverity) {
  EXPECT_EQ(default_category(schema::Severity::critical), schema::Category::attention_major);
  EXPECT_EQ(default_category(schema::Severity::high), schema::Category::attention_major);
  EXPECT_EQ(default_category(schema::Severity::medium), schema::Category::attention_medium);
  EXPECT_EQ(default_category(schema::Severity::low), schema::Category::information);
  EXPECT_EQ(default_category(schema::Severity::info), schema::Category::information);
}

TEST(CanonicalText, TellsEveryDifferenceAndNothingElse) {
  RuleSpec rule;
  rule.id = "stop";
  rule.kind = "unauthorized_stop";
  rule.params = {{"limit", std::int64_t{900'000}}, {"radius_m", 100.0}};
  const std::string text = canonical_text(rule);
  EXPECT_EQ(canonical_text(RuleSpec(rule)), text);

  std::set<std::string> different = {text};
  const auto change = [&](auto edit) {
    RuleSpec changed = rule;
    edit(changed);
    EXPECT_TRUE(different.insert(canonical_text(changed)).second) << canonical_text(changed);
  };
  change([](RuleSpec& r) { r.id = "stops"; });
  change([](RuleSpec& r) { r.severity = schema::Severity::high; });
  change([](RuleSpec& r) { r.category = schema::Category::attention_major; });
  change([](RuleSpec& r) { r.message = "x"; });
  change([](RuleSpec& r) { r.scope = Scope::always; });
  change([](RuleSpec& r) { r.only.zone = {"a", "b"}; });
  change([](RuleSpec& r) { r.only.zone = {"a;1:b"}; });
  change([](RuleSpec& r) { r.only.site = {"a", "b"}; });
  change([](RuleSpec& r) { r.params["limit"] = std::int64_t{900'001}; });
  change([](RuleSpec& r) { r.params["radius_m"] = 100.5; });
  change([](RuleSpec& r) { r.params["radius_m"] = std::int64_t{100}; });
}

TEST(GlobMatch, StarsAndQuestionMarks) {
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("*", "anything"));
  EXPECT_TRUE(glob_match("bri*", "bridge"));
  EXPECT_TRUE(glob_match("bri*", "bri"));
  EXPECT_FALSE(glob_match("bri*", "abridge"));
  EXPECT_TRUE(glob_match("*-port", "manta-port"));
  EXPECT_FALSE(glob_match("*-port", "manta-port-2"));
  EXPECT_TRUE(glob_match("a*b*c", "aXXbYYbZZc"));
  EXPECT_FALSE(glob_match("a*b*c", "aXXcYYb"));
  EXPECT_TRUE(glob_match("door-?", "door-7"));
  EXPECT_FALSE(glob_match("door-?", "door-"));
  EXPECT_FALSE(glob_match("door-?", "door-17"));
  EXPECT_TRUE(glob_match("Tulc?n", "Tulc\xC3\xA1n")) << "one character, two bytes";
  EXPECT_FALSE(glob_match("Door", "door")) << "case counts";
  EXPECT_TRUE(glob_match("[a]", "[a]")) << "nothing but * and ? is special";
}

TEST(GlobMatch, IsNotSlowOnHostilePatterns) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace vigia
