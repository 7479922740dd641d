// Rules that are limited to some doors, and are changed while doors are in use: a rule begins afresh at a door that it left out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "connectors/pipeline_config.h"
#include "tests/operators/kit/operator_kit.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/temp_dir.h"

namespace vigia::kit {
namespace {

harness::LoadedStage stage_with(const std::string& rule) {
  const harness::TempDir directory;
  directory.write("doors.yaml", "doors:\n  - {id: gate, area: yard}\n  - {id: vault, area: vault}\n");
  auto loaded =
      load_pipeline(directory.write("pipeline.yaml",
                                    "application: kit\ntimezone: UTC\ntime: {clock: records}\nsite: [doors.yaml]\n"
                                    "sources: [{topic: access.events, stream: access}]\nrules:\n  - " +
                                        rule + "\n"));
  for (const auto& error : loaded.errors)
    ADD_FAILURE() << "line " << error.line << ": found " << error.found << ", expected " << error.expected;
  return harness::stage_of(std::move(loaded));
}

Line gate(TimeMs time_ms, std::uint32_t sequence, const std::string& kind, const std::string& holder = {}) {
  auto value =
      fmt::format(R"({{"door_id":"gate","device_time_ms":{},"sequence":{},"kind":"{}")", time_ms, sequence, kind);
  if (!holder.empty()) value += fmt::format(R"(,"holder_id":"{}")", holder);
  return {"access.events", "gate", time_ms, value + "}"};
}

// "STATUS FROM..TO" of each revision, in minutes. Rules hold from the lines on that they are given with.
std::vector<std::string> told(const std::vector<Line>& lines, const std::string& first,
                              const std::pair<std::size_t, std::string>& second) {
  const auto before = stage_with(first), after = stage_with(second.second);
  std::vector<std::string> words;
  std::string bytes;
  for (const bool restarts : {false, true}) {
    const auto result = harness::run_engine(
        before, lines, {.batch = 1, .restart_each_epoch = restarts, .reload = {{second.first, &after}}});
    EXPECT_EQ(result.error, "");
    EXPECT_EQ(harness::broken_life_cycle(result.revisions), "");
    if (restarts) {
      EXPECT_EQ(result.bytes, bytes);
    }
    bytes = result.bytes;
    words.clear();
    for (const Alert& alert : result.revisions) {
      const auto minute = [](TimeMs time_ms) { return time_ms == 0 ? -1 : (time_ms - zero_ms) / minute_ms; };
      words.push_back(fmt::format("{} {}..{}", schema::EnumNameAlertStatus(alert.status), minute(alert.start_ms),
                                  minute(alert.end_ms)));
    }
  }
  return words;
}

using Words = std::vector<std::string>;
const std::string held_at_the_vault = "{id: held, kind: door_held, held_limit: 5m, only: {zone: [vault]}}";
const std::string held_in_the_yard = "{id: held, kind: door_held, held_limit: 5m, only: {zone: [yard]}}";

TEST(OnlyOfDoors, WhatIsStillKnownIsJudgedOnceTheRuleLetsTheDoorIn) {
  const std::vector<Line> lines{gate(at(0), 1, "door_opened"), gate(at(7), 2, "heartbeat"), gate(at(8), 3, "heartbeat"),
                                gate(at(9), 4, "door_closed")};
  EXPECT_EQ(told(lines, held_at_the_vault, {2, held_in_the_yard}), (Words{"confirmed 0..-1", "cleared 0..9"}));
  EXPECT_EQ(told(lines, held_in_the_yard, {2, held_in_the_yard}), (Words{"confirmed 0..-1", "cleared 0..9"}));
}

TEST(OnlyOfDoors, AnAlertEndsWhereTheRuleLeavesTheDoorOut) {
  const std::vector<Line> lines{gate(at(0), 1, "door_opened"), gate(at(7), 2, "heartbeat"),
                                gate(at(8), 3, "heartbeat")};
  EXPECT_EQ(told(lines, held_in_the_yard, {2, held_at_the_vault}), (Words{"confirmed 0..-1", "cleared 0..7"}));
}

// The third refusal of the morning comes when the first two have left the history, under a rule that did not count them.
TEST(OnlyOfDoors, ARuleHasFollowedNothingWhereItLeftTheDoorOut) {
  const auto rule = [](const std::string& zone) {
    return "{id: denied, kind: repeated_denials, count: 3, window: 3h, only: {zone: [" + zone + "]}}";
  };
  std::vector<Line> lines{gate(at(0), 1, "badge_denied", "ann"), gate(at(1), 2, "badge_denied", "ann")};
  std::uint32_t sequence = 2;
  for (int minute = 2; minute < 120; ++minute) lines.push_back(gate(at(minute), ++sequence, "heartbeat"));
  lines.push_back(gate(at(121), ++sequence, "badge_denied", "ann"));
  EXPECT_EQ(told(lines, rule("yard"), {lines.size() - 1, rule("yard")}), (Words{"confirmed 0..-1"}));
  EXPECT_EQ(told(lines, rule("vault"), {lines.size() - 1, rule("yard")}), Words{});
}

}  // namespace
}  // namespace vigia::kit
