// Triage in a replay of files: how alerts stand comes beside the alerts, which stay as they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "schemas/enum_names.h"
#include "schemas/json_reader.h"
#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

constexpr std::int64_t t0 = 1'772'600'000'000;

std::string content(const std::string& path) {
  std::stringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

class TriageReplay : public testing::Test {
 protected:
  void SetUp() override {
    dir_.write("p.yaml", R"(application: test
site: [site.yaml]
sources: [{topic: access, stream: access}, {topic: commands, stream: command}]
rules: [{id: forced, kind: door_forced, severity: medium, attend_when: cleared}]
)");
    dir_.write("site.yaml",
               "doors: [{id: d1, site: gye}, {id: d2, site: uio}]\n"
               "maintenance: [{site: [uio], from: \"2026-03-04T00:00:00Z\"}]\n");
  }

  void event(std::int64_t at_s, const std::string& door, const std::string& kind) {
    input_ += fmt::format(R"({{"topic":"access","key":"{0}","timestamp_ms":{1},"value":{{"door_id":"{0}",)"
                          R"("device_time_ms":{1},"kind":"{2}"}}}})",
                          door, t0 + at_s * 1000, kind) +
              "\n";
  }
  void command(std::int64_t at_s, const std::string& id, const std::string& action) {
    input_ += fmt::format(R"({{"topic":"commands","key":"{0}","timestamp_ms":{1},"value":{{"alert_id":"{0}",)"
                          R"("action":"{2}","by":"garcia"}}}})",
                          id, t0 + at_s * 1000, action) +
              "\n";
  }

  // The alerts, as written; and of each door its last state: "REVISION TRIAGE TRIAGE_REVISION SILENCED".
  std::string run(const std::string& more, std::map<std::string, std::string>* states = nullptr) {
    const auto input = dir_.write("in.jsonl", input_), alerts = dir_ / "alerts.jsonl", stands = dir_ / "states.jsonl";
    const auto command = fmt::format("'{}' replay --config '{}' --input '{}' --output '{}' --quiet {}", VIGIA_BINARY,
                                     dir_ / "p.yaml", input, alerts, more) +
                         (states == nullptr ? "" : fmt::format(" --alert-state '{}'", stands));
    EXPECT_EQ(std::system(command.c_str()), 0);
    if (states != nullptr) read(stands, *states);
    return content(alerts);
  }
  // Of each subject the alert that began last.
  void read(const std::string& path, std::map<std::string, std::string>& out) {
    std::ifstream in(path);
    std::map<std::string, std::int64_t> began_ms;
    for (std::string line; std::getline(in, line);) {
      json::Reader reader;
      schema::AlertT alert;
      ASSERT_EQ(reader.read_alert(line, alert).error, "");
      if (alert.start_ms < began_ms[alert.subject_id]) continue;
      began_ms[alert.subject_id] = alert.start_ms;
      out[alert.subject_id] =
          fmt::format("{} {} {}", alert.revision, schema::name_of(alert.triage_status), alert.triage_revision);
      for (const auto& attribute : alert.attributes)
        if (attribute->key == "silenced" || attribute->key == "reactivates")
          out[alert.subject_id] += " " + attribute->value;
      ids_[alert.subject_id] = alert.alert_id;
    }
  }

  test::TempDirectory dir_;
  std::string input_;
  std::map<std::string, std::string> ids_;
};

TEST_F(TriageReplay, CommandsOfTheInputMeetItsAlerts) {
  event(0, "d1", "door_opened");
  event(1, "d2", "door_opened");
  const auto plain = run("");
  std::map<std::string, std::string> states;
  EXPECT_EQ(run("", &states), plain);
  EXPECT_EQ(states, (std::map<std::string, std::string>{{"d1", "1 new 0"}, {"d2", "1 new 0 maintenance"}}));

  command(2, ids_["d1"], "acknowledge");
  command(3, ids_["d1"], "attend");  // the door is open
  event(4, "d1", "door_closed");
  const auto closed = run("--batch 1");
  for (const char* how : {"--batch 1", "--batch 1 --restart-every 1"}) {
    states.clear();
    EXPECT_EQ(run(how, &states), closed);
    EXPECT_EQ(states["d1"], "2 acknowledged 1") << how;
  }
  command(5, ids_["d1"], "attend");
  states.clear();
  EXPECT_EQ(run("--batch 1", &states), closed) << "what people do is none of the engine's";
  EXPECT_EQ(states["d1"], "2 attended 2");
}

// Both doors are forced; of each the incident is of the door's site.
TEST_F(TriageReplay, V2AnIncidentIsSilencedAndAttendedAsWhatHappensAtItsSite) {
  dir_.write("site.yaml", content(dir_ / "site.yaml") + "staff: [{id: garcia, site: [gye], role: deputy}]\n");
  dir_.write("p.yaml", content(dir_ / "p.yaml") + "sigma: [rules.yml]\n");
  dir_.write("rules.yml", R"(name: forced_alert
logsource: {product: vigia, service: alert}
detection: {s: {kind: door_forced}, condition: s}
---
name: twice
route: deputy
attend_when: cleared
correlation:
  type: event_count
  rules: [forced_alert]
  group-by: [place]
  aliases: {place: {forced_alert: site_id}}
  timespan: 10m
  condition: {gte: 2}
)");
  for (const int at_s : {0, 60}) {
    for (const char* door : {"d1", "d2"}) {
      event(at_s, door, "door_opened");
      event(at_s + 1, door, "door_closed");
    }
  }
  std::map<std::string, std::string> states;
  run("--batch 1", &states);
  EXPECT_EQ(states["gye"], "1 new 0");
  EXPECT_EQ(states["uio"], "1 new 0 maintenance");

  command(100, ids_["gye"], "attend");  // it lasts
  command(101, ids_["gye"], "acknowledge");
  command(102, ids_["uio"], "acknowledge");  // of another site
  states.clear();
  run("--batch 1", &states);
  EXPECT_EQ(states["gye"], "1 acknowledged 1");
  EXPECT_EQ(states["uio"], "1 new 0 maintenance");
  event(1000, "d1", "door_closed");
  command(1001, ids_["gye"], "attend");
  states.clear();
  run("--batch 1", &states);
  EXPECT_EQ(states["gye"], "2 attended 2");
}

TEST_F(TriageReplay, S2ADoorThatIsForcedAgainNamesTheAlertThatWasClosed) {
  event(0, "d1", "door_opened");
  event(4, "d1", "door_closed");
  std::map<std::string, std::string> states;
  run("", &states);
  const auto first = ids_["d1"];
  command(5, first, "attend");
  event(60, "d1", "door_opened");
  for (const bool with_threshold : {false, true}) {
    if (with_threshold) dir_.write("p.yaml", content(dir_ / "p.yaml") + "triage: {reactivate_within: 1m}\n");
    for (const char* how : {"--batch 1", "--batch 1 --restart-every 1", ""}) {
      states.clear();
      run(how, &states);
      EXPECT_EQ(states["d1"], "1 new 0" + (with_threshold ? " " + first : std::string())) << how;
    }
  }
}

}  // namespace
}  // namespace vigia
