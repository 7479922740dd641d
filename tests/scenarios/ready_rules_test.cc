// The ready rules as they are shipped: each of them in the pipelines that have it, through replay, with a story that it is
// about, and the same with one thing changed, of which it has nothing to say. And what may be done about its alerts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numbers>
#include <sstream>

#include <fmt/format.h>

#include "schemas/enum_names.h"
#include "schemas/json_reader.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/replay_process.h"
#include "tests/scenarios/scenario_parser.h"
#include "tests/scenarios/scenario_words.h"

namespace vigia::scenarios {
namespace {

using testing::Contains;
using testing::Not;

std::string config(const std::string& pipeline) { return VIGIA_SOURCE_DIR "/config/" + pipeline + ".yaml"; }

std::vector<reference::Line> lines_of(const std::string& story) {
  std::vector<reference::Line> lines;
  for (const auto& input : parse_scenario("story", story).inputs) lines.push_back(input.line);
  return lines;
}

// In the cargo yard of config/site/enclosure.geojson.
std::string cargo_yard() {
  constexpr double metres_per_degree = 6'371'008.8 * std::numbers::pi / 180.0;
  return fmt::format("{:.0f},{:.0f}", -90.0857 * metres_per_degree, 13.8606 * metres_per_degree);
}

// Five wrong passwords, three tickets, and a shell of remote management, as Windows tells of them.
std::string attack() {
  std::string story;
  const auto event = [&](const std::string& time, const std::string& content) {
    story += fmt::format("raw security.events dc-1 {} {{\"@timestamp\":{},{}}}\n", time, parse_time(time), content);
  };
  const auto audit = [&](const std::string& time, int code, const std::string& data) {
    event(time,
          fmt::format(R"("event":{{"code":"{}"}},"winlog":{{"channel":"Security","event_data":{{{}}}}})", code, data));
  };
  for (int i = 0; i < 5; ++i)
    audit(fmt::format("01:00:0{}", i), 4625,
          fmt::format(R"("SubStatus":"0xc000006a","WorkstationName":"PC-1","TargetUserName":"user{}")", i));
  for (int i = 0; i < 3; ++i)
    audit(
        fmt::format("01:02:0{}", i), 4769,
        fmt::format(R"("Status":"0x0","TicketEncryptionType":"0x17","TargetUserName":"user1","ServiceName":"s{}")", i));
  event("01:05", R"("event":{"category":["process"],"type":["start"]},"host":{"name":"pc-9"},)"
                 R"("process":{"executable":"C:\\Windows\\System32\\wsmprovhost.exe"})");
  return story;
}

struct ReadyRule {
  const char* name;
  std::vector<std::pair<const char*, const char*>> rules;  // pipeline, rule
  std::string story;
  std::pair<const char*, const char*> change;
  const char* attribute = "";  // of the alert
};

const std::vector<ReadyRule>& ready_rules() {
  static const std::vector<ReadyRule> all = {
      {"seal opened outside a depot with no officer and the camera of the site offline",
       {{"control-room", "seal_opened_in_the_dark"}},
       fmt::format("trip s 00:00 start trip=t\ntrip s 00:10 officer_present trip=t from=00:40 until=00:59\n"
                   "seal s 00:30 at {0} lock=closed\ncamera cam-gate 00:58 signal_lost\n"
                   "seal s 01:00 at {0} lock=opened\n",
                   cargo_yard()),
       {"until=00:59", "until=01:00"}},
      {"door forced while its camera is dark",
       {{"control-room", "door_forced_in_the_dark"}},
       "camera cam-vault 01:00 power_lost\ndoor vault 01:02 door_opened\n",
       {"cam-vault", "cam-fence-1"}},
      {"badge in two places at once",
       {{"control-room", "two-places"}, {"guarded-site", "travel"}},
       "door main-gate 01:00 badge_granted holder=H-0003\ndoor vault 01:00:05 badge_granted holder=H-0003\n",
       {"01:00:05", "01:00:30"},
       "previous_door_id=main-gate"},
      {"logon of a holder who is badged out",
       {{"control-room", "badged-out"}, {"guarded-site", "badged-out"}},
       "door main-gate 01:00 badge_granted holder=H-0002 direction=out\n"
       "security pc-1 01:10 user=H-0002 category=authentication type=start outcome=success\n",
       {"direction=out", "direction=in"}},
      {"more people by camera than by badge at a door",
       {{"control-room", "tailgating"}, {"guarded-site", "tailgating"}},
       "door vault 01:00 badge_granted holder=H-0003\ncamera cam-vault 01:00:05 object class=person track=a\n"
       "camera cam-vault 01:00:06 object class=person track=b\n",
       {"track=b", "track=a"},
       "people=2"},
      {"stop, then seal opened, within ten minutes",
       {{"control-room", "stop_then_opened"}},
       "trip s 00:00 start trip=t\nseal s 01:00 at 2000,0 lock=closed\nseal s 01:20 at 2000,0 lock=closed\n"
       "seal s 01:22 at 4000,0 lock=closed\nseal s 01:28 at 4500,0 lock=opened\n",
       {"01:28", "01:31"}},
      {"signal lost after jamming",
       {{"control-room", "lost_after_jamming"}},
       "trip s 00:00 start trip=t\nseal s 00:30 at 1000,0 conditions=jamming\nseal s 00:32 at 2000,0\n"
       "seal s 02:00 at 5000,0\n",
       {"jamming", "low_battery"}},
      {"visitor without escort in a restricted area",
       {{"control-room", "visitor-in-vault"}, {"guarded-site", "visitor"}},
       "door vault 01:00 badge_granted holder=V-1 class=visitor\ndoor main-gate 01:00:30 badge_granted holder=H-0003\n",
       {"main-gate", "vault"}},
      {"password spraying, then Kerberoasting, then remote management",
       {{"control-room", "attack_chain"}, {"security", "attack_chain"}},
       attack(),
       {"wsmprovhost.exe", "notepad.exe"}},
      {"armoured truck: emergency signal with the nearest camera",
       {{"control-room", "emergency"}},
       fmt::format("seal truck-7 01:00 at {0}\nseal truck-7 01:02 at {0} conditions=panic\n", cargo_yard()),
       {"conditions=panic", "conditions=vibration"},
       "nearest_camera=cam-cargo-1"},
      {"emergency signal of any seal",
       {{"customs", "panic"}},
       "seal s 01:02 at 50,0 conditions=panic\n",
       {"panic", "jamming"}},
      {"badge refused, then logon of its holder",
       {{"control-room", "refused_then_logged_on"}},
       "door vault 01:00 badge_denied holder=H-0004\n"
       "security pc-1 01:05 user=H-0004 category=authentication type=start outcome=success\n",
       {"user=H-0004", "user=H-0001"}}};
  return all;
}

// The rules of all alerts that stand at the end; those of `rule` have the attribute, if one is asked for.
std::vector<std::string> found(const std::string& pipeline, const std::string& story, const std::string& attribute,
                               const std::string& rule) {
  const harness::TempDir directory;
  const auto run =
      harness::run_replay(VIGIA_BINARY, config(pipeline), lines_of(story), parse_time("30:00"), "--quiet", directory);
  EXPECT_EQ(run.exit_code, 0);
  std::vector<std::string> rules;
  for (const auto& alert : harness::final_alerts(run.revisions)) {
    rules.push_back(alert.rule_id);
    if (alert.rule_id != rule || attribute.empty()) continue;
    std::vector<std::string> attributes;
    for (const auto& one : alert.attributes) attributes.push_back(one->key + "=" + one->value);
    EXPECT_THAT(attributes, Contains(attribute));
  }
  return rules;
}

TEST(ReadyRules, EachFindsWhatItIsAboutAndNothingThatOnlyLooksLikeIt) {
  for (const auto& ready : ready_rules()) {
    SCOPED_TRACE(ready.name);
    const auto [text, other] = ready.change;
    auto near_miss = ready.story;
    const auto at = near_miss.rfind(text);
    ASSERT_NE(at, std::string::npos);
    near_miss.replace(at, std::string_view(text).size(), other);
    for (const auto& [pipeline, rule] : ready.rules) {
      SCOPED_TRACE(pipeline);
      EXPECT_THAT(found(pipeline, ready.story, ready.attribute, rule), Contains(rule));
      EXPECT_THAT(found(pipeline, near_miss, "", rule), Not(Contains(rule)));
    }
  }
}

// How each alert that began last of its rule stands: "STATUS by NAME", its route, and what it is silenced by.
std::map<std::string, std::string> states_of(const std::string& pipeline, const std::string& story,
                                             std::map<std::string, std::string>& ids) {
  const harness::TempDir directory;
  const auto states = directory.file("states.jsonl");
  const auto run = harness::run_replay(VIGIA_BINARY, config(pipeline), lines_of(story), std::nullopt,
                                       "--quiet --batch 1 --alert-state '" + states + "'", directory);
  EXPECT_EQ(run.exit_code, 0);
  std::map<std::string, std::string> out;
  json::Reader reader;
  std::istringstream stream(reference::read_file(states));
  for (std::string line; std::getline(stream, line);) {
    Alert alert;
    EXPECT_EQ(reader.read_alert(line, alert).error, "");
    auto& state = out[alert.rule_id];
    state = fmt::format("{} by {}", schema::name_of(alert.triage_status), alert.triage_by);
    for (const auto& one : alert.attributes)
      if (one->key == "route" || one->key == "silenced") state += ", " + one->value;
    ids[alert.rule_id] = alert.alert_id;
  }
  return out;
}

TEST(ReadyRules, V2WhoIsInChargeAndWhenADoorThatWasForcedMayBeClosed) {
  for (const auto& [pipeline, commands] :
       {std::pair("control-room", "control-room.commands"), {"guarded-site", "site.commands"}}) {
    SCOPED_TRACE(pipeline);
    std::map<std::string, std::string> ids;
    std::string story = "camera cam-vault 15:00 power_lost\ndoor vault 15:01 door_opened\n";
    auto states = states_of(pipeline, story, ids);
    EXPECT_EQ(states["forced"], "new by , administrator");
    const bool has_incident = pipeline == std::string_view("control-room");
    EXPECT_EQ(states["door_forced_in_the_dark"], has_incident ? "new by , deputy" : "");
    const auto command = [&](const char* time, const char* rule, const char* by) {
      story += fmt::format("raw {0} {1} {2} {{\"alert_id\":\"{1}\",\"action\":\"attend\",\"by\":\"{3}\"}}\n", commands,
                           ids[rule], time, by);
    };
    command("15:02", "forced", "garcia");  // the door is open
    command("15:02", "forced", "nobody");
    EXPECT_EQ(states_of(pipeline, story, ids)["forced"], "new by , administrator");
    story += "door vault 15:03 door_closed\ncamera cam-vault 15:04 power_restored\ncamera cam-vault 16:00 heartbeat\n";
    command("16:01", "forced", "garcia");
    if (has_incident) {
      command("16:02", "door_forced_in_the_dark", "garcia");  // the deputy's
      EXPECT_EQ(states_of(pipeline, story, ids)["door_forced_in_the_dark"], "new by , deputy");
      command("16:03", "door_forced_in_the_dark", "lopez");
      EXPECT_EQ(states_of(pipeline, story, ids)["door_forced_in_the_dark"], "attended by lopez, deputy");
    }
    EXPECT_EQ(states_of(pipeline, story, ids)["forced"], "attended by garcia, administrator");
  }
}

TEST(ReadyRules, WhileTheSiteIsServicedItsAlertsAreSilenced) {
  std::map<std::string, std::string> ids;
  // Sunday 07:00 in El Salvador.
  const auto states =
      states_of("control-room", "camera cam-vault 157:00 power_lost\ndoor vault 157:01 door_opened\n", ids);
  EXPECT_EQ(states.at("forced"), "new by , administrator, maintenance");
  EXPECT_EQ(states.at("door_forced_in_the_dark"), "new by , deputy, maintenance");
  EXPECT_EQ(states.at("camera"), "new by , administrator") << "a failure of its own";
}

}  // namespace
}  // namespace vigia::scenarios
