// The program as a user runs it: what the options take, and what an exit code says.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "connectors/alert_store.h"
#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

struct Outcome {
  int exit_code = -1;
  std::string text;  // standard output and standard error
};

Outcome run(const std::string& arguments) {
  Outcome outcome;
  std::FILE* pipe = ::popen(("'" VIGIA_BINARY "' " + arguments + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  char chunk[4096];
  for (std::size_t got = 0; (got = std::fread(chunk, 1, sizeof chunk, pipe)) > 0;) outcome.text.append(chunk, got);
  const int status = ::pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

constexpr const char* pipeline = R"(application: test
sources: [{topic: seal.events, stream: seal, format: flatbuffers}]
rules: [{id: tampered, kind: seal_tampered, scope: always}]
)";

constexpr const char* tampering = R"({"topic":"seal.events","key":"s","timestamp_ms":1772600000000,)"
                                  R"("value":{"seal_id":"s","device_time_ms":1772600000000,"lock":"tampered"}})"
                                  "\n";

TEST(CommandLine, ReplayReadsJsonWhateverTheTopicIsWrittenIn) {
  const test::TempDirectory dir;
  const Outcome outcome =
      run("replay --config '" + dir.write("p.yaml", pipeline) + "' --input '" + dir.write("in.jsonl", tampering) + "'");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.text.find(R"("kind":"seal_tampered")"), std::string::npos) << outcome.text;
}

TEST(CommandLine, TheBudgetOfACorrelationIsKeptCountedAndAlerted) {
  const test::TempDirectory dir;
  dir.write("rules.yml", R"(name: failed
logsource: {product: test}
detection: {s: {event.action: failed}, condition: s}
---
name: twice
correlation: {type: event_count, rules: [failed], group-by: [user.name], timespan: 1h, condition: {gte: 2}}
)");
  std::string input;
  for (int i = 0; i < 6; ++i) {
    const std::string at_ms = std::to_string(1'772'600'000'000 + i), user = "u" + std::to_string(i % 3);
    input += R"({"topic":"l","key":"host","timestamp_ms":)" + at_ms + R"(,"value":{"@timestamp":)" + at_ms +
             R"(,"event":{"action":"failed"},"user.name":")" + user + "\"}}\n";
  }
  const auto replay = [&](const std::string& correlations) {
    const std::string config = "application: test\nsources: [{topic: l, stream: security}]\nsigma: [rules.yml]\n";
    return run("replay --batch 1 --config '" + dir.write("p.yaml", config + correlations) + "' --input '" +
               dir.write("in.jsonl", input) + "'");
  };
  const auto all = replay("").text;
  EXPECT_NE(all.find(R"("subject_id":"u2")"), std::string::npos) << all;
  EXPECT_EQ(all.find("budget"), std::string::npos) << all;
  // Of three groups that are heard in turn two are kept: each has gone when it is heard again.
  const auto few = replay("correlations: {max_groups: 2}\n").text;
  EXPECT_EQ(few.find(R"("subject_id":"u)"), std::string::npos) << few;
  EXPECT_NE(few.find(R"("cause":"budget")"), std::string::npos) << few;
  EXPECT_NE(few.find("rule twice has more groups than its budget holds; 1 were dropped"), std::string::npos) << few;

  const Outcome refused = replay("correlations: {max_groups: 0, max_bytes: 5}\n");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.text.find("max_groups: 0"), std::string::npos) << refused.text;
  EXPECT_NE(refused.text.find("max_bytes: 5"), std::string::npos) << refused.text;
}

TEST(CommandLine, UntilIsADateOrATime) {
  const test::TempDirectory dir;
  const std::string command =
      "--config '" + dir.write("p.yaml", pipeline) + "' --input '" + dir.write("in.jsonl", tampering) + "' --until ";
  for (const char* kind : {"replay ", "report soc --day 2026-03-04 "}) {
    for (const char* time : {"1772700000000", "2026-03-05", "2026-03-05T06:00:30Z"}) {
      const Outcome good = run(kind + command + time);
      EXPECT_EQ(good.exit_code, 0) << good.text;
    }
    const Outcome bad = run(kind + command + "tomorrow");
    EXPECT_EQ(bad.exit_code, 2) << bad.text;
    EXPECT_NE(bad.text.find("found the time --until tomorrow, expected"), std::string::npos) << bad.text;
  }
}

TEST(CommandLine, ADemoThatCanNotBeginLeavesNothing) {
  const test::TempDirectory dir;
  const Outcome outcome = run("demo --site '" + (dir / "none") + "' --directory '" + (dir / "demo") + "'");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.text.find("found no file " + (dir / "none") + "/zones.geojson"), std::string::npos) << outcome.text;
  EXPECT_FALSE(std::filesystem::exists(dir / "demo"));
  dir.write("zones.geojson", "{");
  dir.write("routes.geojson", "{");
  EXPECT_NE(run("demo --site '" + (dir / ".") + "' --directory '" + (dir / "demo") + "'").exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(dir / "demo"));
}

TEST(CommandLine, AKindOrRuleThatThereIsNotIsWarnedOf) {
  const test::TempDirectory dir;
  ASSERT_TRUE(AlertStore().open(dir / "alerts").ok());
  const std::string config = dir.write("p.yaml", std::string(pipeline) + "state: {directory: .}\n");
  const auto alerts = [&](const std::string& options) {
    const Outcome outcome = run("alerts --config '" + config + "' " + options);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
    return outcome.text;
  };
  EXPECT_NE(alerts("--kind unauthorised_stop").find("no kind unauthorised_stop; did you mean unauthorized_stop?\n"),
            std::string::npos);
  EXPECT_NE(alerts("--rule tamperd").find("no rule tamperd; did you mean tampered?\n"), std::string::npos);
  for (const char* known : {"", "--kind incident --kind source_silent --kind seal_opened", "--rule tampered",
                            "--rule clock_fault", "--rule records_lost"})
    EXPECT_EQ(alerts(known).find("warning"), std::string::npos) << known;
}

TEST(CommandLine, WhatTheSiteFilesDoNotListIsJudgedAsFarAsItGoesAndCountedById) {
  const test::TempDirectory dir;
  dir.write("doors.yaml", "doors: [{id: gate, site: port}]\n");
  dir.write("holders.yaml", "holders: [{id: ana}]\n");
  dir.write("cameras.yaml", "cameras: [{id: mast, site: port}]\n");
  dir.write("zones.geojson",
            R"({"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"yard","kind":"area"},)"
            R"("geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}}]})");
  const std::string config = dir.write("p.yaml", R"(application: test
site: [doors.yaml, holders.yaml, cameras.yaml, zones.geojson]
sources: [{topic: a, stream: access}, {topic: c, stream: camera}, {topic: s, stream: seal}, {topic: t, stream: trip}]
rules: [{id: forced, kind: door_forced}, {id: dark, kind: camera_offline}, {id: tampered, kind: seal_tampered}]
)");
  const auto line = [](const std::string& topic, const std::string& key, const std::string& more) {
    static int second = 0;
    const auto at_ms = std::to_string(1'772'600'000'000 + 1'000 * ++second);
    const auto* time = topic == "t" ? "event_time_ms" : "device_time_ms";
    return R"({"topic":")" + topic + R"(","key":")" + key + R"(","timestamp_ms":)" + at_ms + R"(,"value":{")" + time +
           R"(":)" + at_ms + "," + more + "}}\n";
  };
  const auto access = [&](const std::string& door, const std::string& more) {
    return line("a", door, R"("door_id":")" + door + R"(",)" + more);
  };
  const std::string input =
      access("gate", R"("kind":"badge_granted","holder_id":"ana")") + access("gate", R"("kind":"door_opened")") +
      access("hatch", R"("kind":"badge_granted","holder_id":"guest","escort_id":"nobody")") +
      access("hatch", R"("kind":"badge_denied","holder_id":"guest")") + access("shed", R"("kind":"door_opened")") +
      line("c", "mast", R"("camera_id":"mast","kind":"motion_started","zone_id":"yard")") +
      line("c", "eye", R"("camera_id":"eye","kind":"motion_started","zone_id":"roof")") +
      line("t", "s1", R"("seal_id":"s1","trip_id":"t1","action":"start","route_id":"north","origin_depot_id":"yard")") +
      line("t", "s1", R"("seal_id":"s1","trip_id":"t1","action":"assign","destination_depot_id":"far")");
  const Outcome outcome = run("replay --config '" + config + "' --input '" + dir.write("in.jsonl", input) + "'");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.text.find(R"("subject_id":"shed")"), std::string::npos) << "forced, listed or not\n"
                                                                            << outcome.text;
  // No route is listed at all: then none is missing.
  EXPECT_NE(outcome.text.find(R"("unlisted":{"camera":{"eye":1},"door":{"hatch":2,"shed":1},)"
                              R"("holder":{"guest":2,"nobody":1},"zone":{"far":1,"roof":1}}})"),
            std::string::npos)
      << outcome.text;
}

TEST(CommandLine, DeadLettersThatCannotBeKeptStopAReplayBeforeItBegins) {
  const test::TempDirectory dir;
  const Outcome outcome = run("replay --config '" + dir.write("p.yaml", pipeline) + "' --input '" +
                              dir.write("in.jsonl", tampering) + "' --dead-letters '" + (dir / "none/x.jsonl") + "'");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.text.find("account"), std::string::npos) << outcome.text;
}

TEST(CommandLine, AReplayIsOfFilesOrFromKafka) {
  const test::TempDirectory dir;
  const std::string config = "replay --config '" + dir.write("p.yaml", pipeline) + "' ";
  for (const char* arguments : {"",
                                "--from-kafka --input x",
                                "--from-kafka --until 5",
                                "--from-kafka --batch 5",
                                "--from-kafka --restart-every 5",
                                "--from-kafka --dead-letters x",
                                "--input x --from 5",
                                "--input x --to 5",
                                "--input x --partition 0",
                                "--input x --no-compare",
                                "--input x --from-offset seal.events/0:1",
                                "--from-kafka --from 5 --from-offset seal.events/0:1",
                                "--from-kafka --from yesterday",
                                "--from-kafka --from 9 --to 5",
                                "--from-kafka --partition -1",
                                "--from-kafka --from-offset seal.events",
                                "--from-kafka --from-offset trip.events/0:1",
                                "--from-kafka --partition 0 --from-offset seal.events/1:1",
                                "--input x --to-offset seal.events/0:1",
                                "--from-kafka --to 5 --to-offset seal.events/0:1",
                                "--from-kafka --to-offset seal.events",
                                "--from-kafka --to-offset trip.events/0:1",
                                "--from-kafka --from-offset seal.events/0:1 --to-offset seal.events/1:1"}) {
    const Outcome outcome = run(config + arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments << outcome.text;
    EXPECT_NE(outcome.text, "") << arguments;
  }
}

TEST(CommandLine, CountsAreNotNegative) {
  for (const char* arguments : {"alerts --state-directory nowhere --limit -1", "generate --config p --seed -1",
                                "generate --config p --trips -1", "replay --config p --input i --restart-every -1"}) {
    EXPECT_EQ(run(arguments).exit_code, 2) << arguments;
    EXPECT_NE(run(arguments).text.find("found -1, expected 0 or more"), std::string::npos) << arguments;
  }
}

TEST(CommandLine, ACommandThatIsNoneIsNamed) {
  const Outcome outcome = run("repaly --config x");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.text.find("vigia: found the command repaly, expected one of demo, run, "), std::string::npos);
  EXPECT_NE(outcome.text.find("(did you mean replay?)"), std::string::npos) << outcome.text;
}

}  // namespace
}  // namespace vigia
