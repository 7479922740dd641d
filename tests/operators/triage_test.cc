// What people do about alerts: the set of their commands as a pure function, and the task that judges them.
#include "operators/triage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "schemas/enum_names.h"
#include "tests/operators/kit/triage_kit.h"

namespace vigia::triage_kit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TriageCommand given(TimeMs at_ms, CommandAction action, const std::string& by, const std::string& note = "") {
  return {at_ms, at_ms, action, by, note};
}

std::string told(const TriageCommands& commands) {
  Alert alert;
  commands.tell(alert);
  return fmt::format("{} {} by {} at {}: {}", schema::name_of(alert.triage_status), alert.triage_revision,
                     alert.triage_by, alert.triage_ms, alert.triage_note);
}

TEST(Triage, OrderLawTheSetOfCommandsDecides) {
  std::vector<TriageCommand> commands = {
      given(10, CommandAction::acknowledge, "garcia"), given(20, CommandAction::note, "garcia", "on my way"),
      given(30, CommandAction::attend, "lopez"), given(30, CommandAction::attend, "lopez"),
      given(40, CommandAction::note, "lopez", "closed by hand")};
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::ranges::shuffle(commands, random);
    TriageCommands set;
    for (const auto& command : commands) static_cast<void>(set.add(command));
    EXPECT_EQ(told(set), "attended 4 by lopez at 40: closed by hand");
  }
}

TEST(Triage, TheLastStatusCountsAndANoteChangesNone) {
  TriageCommands set;
  EXPECT_EQ(told(set), "new 0 by  at 0: ");
  EXPECT_TRUE(set.add(given(20, CommandAction::false_positive, "garcia", "a cat")));
  EXPECT_EQ(told(set), "false_positive 1 by garcia at 20: a cat");
  EXPECT_TRUE(set.add(given(10, CommandAction::attend, "lopez"))) << "late";
  EXPECT_EQ(told(set), "false_positive 2 by garcia at 20: a cat");
  EXPECT_TRUE(set.add(given(30, CommandAction::acknowledge, "lopez"))) << "taken back";
  EXPECT_EQ(told(set), "acknowledged 3 by lopez at 30: a cat");
  EXPECT_FALSE(set.add(given(30, CommandAction::acknowledge, "lopez")));
}

TEST_F(TriageTaskTest, S2AnAlertIsAcknowledgedAttendedAndNoted) {
  for (const bool with_restarts : {false, true}) {
    restarts = with_restarts;
    states.clear();
    replies.clear();
    images.clear();
    clock = no_time_ms;
    begin();
    alert(1000, {});
    EXPECT_EQ(state(), "1 new 0 ");
    command(2000, "acknowledge", "garcia");
    EXPECT_EQ(reply(), "accepted acknowledged 1");
    EXPECT_EQ(state(), "1 acknowledged 1 garcia");
    EXPECT_EQ(states.back().triage_ms, t0 + 2000);
    alert(3000, {.revision = 2, .end_ms = 2500, .status = schema::AlertStatus::cleared});
    EXPECT_EQ(state(), "2 acknowledged 1 garcia") << "a revision of the engine's leaves triage as it is";
    command(4000, "attend", "lopez", a1, "closed the door");
    EXPECT_EQ(state(), "2 attended 2 lopez");
    EXPECT_EQ(states.back().triage_note, "closed the door");
    command(5000, "note", "garcia", a1, "the lock is worn");
    EXPECT_EQ(state(), "2 attended 3 garcia");
    EXPECT_EQ(states.back().triage_note, "the lock is worn");
    EXPECT_EQ(replies.back().evidence->topic, "vigia.commands");
    EXPECT_EQ(replies.back().evidence->offset, offset - 1);
    EXPECT_EQ(states.size(), 5u);
    EXPECT_EQ(replies.size(), 3u);
  }
}

TEST_F(TriageTaskTest, CommandsCountInTheOrderOfTheirTimes) {
  alert(0, {});
  command(60'000, "attend", "lopez", a1, "", 50'000);
  command(61'000, "acknowledge", "garcia", a1, "", 40'000);
  EXPECT_EQ(reply(), "accepted attended 2");
  EXPECT_EQ(state(), "1 attended 2 lopez");
  command(62'000, "acknowledge", "garcia", a1, "", 10 * hour_ms);
  EXPECT_EQ(states.back().triage_ms, t0 + 62'000) << "nobody has done anything later than it was read";
  command(20 * hour_ms, "note", "garcia", a1, "late", 0);
  EXPECT_EQ(replies.back().event_time_ms, t0 + 20 * hour_ms - options.allowed_lateness_ms);
}

TEST_F(TriageTaskTest, ACommandGivenTwiceIsOne) {
  alert(0, {});
  command(1000, "attend", "lopez", a1, "", 500);
  command(2000, "attend", "lopez", a1, "", 500);
  EXPECT_EQ(reply(), "duplicate attended 1");
  EXPECT_EQ(states.size(), 2u);
  EXPECT_EQ(task->total_account().duplicate, 1u);
  EXPECT_EQ(task->total_account().applied, 2u);
  alert(3000, {});
  EXPECT_EQ(states.size(), 2u) << "so is a revision";
}

TEST_F(TriageTaskTest, ACommandWaitsForItsAlert) {
  restarts = true;
  command(1000, "acknowledge", "garcia");
  EXPECT_EQ(reply(), "none");
  alert(2000, {});
  EXPECT_EQ(reply(), "accepted acknowledged 1");
  EXPECT_EQ(state(), "1 acknowledged 1 garcia");

  command(3000, "acknowledge", "garcia", a2);
  advance(12'999);
  EXPECT_EQ(replies.size(), 1u);
  advance(13'000);
  EXPECT_THAT(reply(), HasSubstr("refused new 0 no such alert"));
  EXPECT_EQ(replies.back().alert_id, a2);
  EXPECT_EQ(task->key_count(), 1u);
  EXPECT_THAT(states.back().alert_id, a1);
}

TEST_F(TriageTaskTest, CommandsThatSayTooLittleAreRefused) {
  alert(0, {});
  command(1, "acknowledge", "");
  EXPECT_THAT(reply(), HasSubstr("refused new 0 by is missing"));
  command(2, "note", "garcia");
  EXPECT_THAT(reply(), HasSubstr("note is empty"));
  command(3, "close", "garcia");
  EXPECT_THAT(reply(), HasSubstr("action is missing or not known, expected acknowledge"));
  command(4, "attend", "garcia", "");
  EXPECT_THAT(reply(), HasSubstr("alert_id is missing"));
  feed(1, 5, "{broken");
  feed(0, 6, "no alert");
  EXPECT_THAT(letters, ElementsAre(HasSubstr("not valid JSON"), HasSubstr("no valid alert")));
  const auto before = replies.size();
  command(7, "reload", "garcia", "");
  EXPECT_EQ(replies.size(), before) << "it is of no alert";
  EXPECT_EQ(states.size(), 1u);
}

TEST_F(TriageTaskTest, AMisplacedCommandIsTold) {
  options.misplaced = [](std::string_view, PartitionId) { return std::string("it lies elsewhere"); };
  begin();
  alert(0, {});
  command(1, "attend", "garcia");
  EXPECT_EQ(reply(), "refused new 0 it lies elsewhere");
}

TEST_F(TriageTaskTest, WithAttendWhenClearedNothingIsClosedThatLasts) {
  rule("r", {.attend_when_cleared = true});
  alert(0, {});
  command(1000, "acknowledge", "garcia");
  for (const char* closing : {"attend", "false_positive"}) {
    command(2000, closing, "garcia");
    EXPECT_THAT(reply(),
                HasSubstr(fmt::format("refused acknowledged 1 {} before it is over: rule r has attend_when", closing)));
  }
  alert(3000, {.revision = 2, .end_ms = 2500, .status = schema::AlertStatus::cleared});
  EXPECT_EQ(state(), "2 acknowledged 1 garcia") << "what was refused stays refused";
  command(4000, "attend", "garcia");
  EXPECT_EQ(reply(), "accepted attended 2");
}

TEST_F(TriageTaskTest, V2S3G14TheCategoryOrTheRuleSaysWhoIsInChargeAndOfWhat) {
  alert(0, {.category = schema::Category::information});
  EXPECT_EQ(attribute("route"), "administrator");
  EXPECT_EQ(attribute("response"), "");
  alert(1, {.revision = 2, .category = schema::Category::attention_medium});
  EXPECT_EQ(attribute("route"), "administrator");
  EXPECT_EQ(attribute("response"), "containment");
  alert(2, {.revision = 3, .category = schema::Category::attention_major});
  EXPECT_EQ(attribute("route"), "deputy");
  EXPECT_EQ(attribute("response"), "mitigation");
  rule("r", {.route = AlertRoute::administrator});
  alert(3, {.revision = 4, .category = schema::Category::attention_major});
  EXPECT_EQ(attribute("route"), "administrator");
}

TEST_F(TriageTaskTest, OnlyStaffOfTheSiteGiveCommands) {
  equip({.doors = {},
         .cameras = {},
         .holders = {},
         .staff = {{.id = "garcia", .site = {"gye*"}}, {.id = "lopez", .is_deputy = true, .site = {}}},
         .maintenance = {}});
  alert(0, {.category = schema::Category::attention_major});
  alert(0, {.id = a2, .site = "uio"});
  command(1, "acknowledge", "mallory");
  EXPECT_THAT(reply(), HasSubstr("refused new 0 mallory is not among the staff"));
  command(2, "acknowledge", "garcia", a2);
  EXPECT_THAT(reply(), HasSubstr("the alert is of site uio, which is none of the sites of garcia"));
  command(3, "acknowledge", "garcia");
  EXPECT_EQ(reply(), "accepted acknowledged 1");
  command(4, "attend", "garcia");
  EXPECT_THAT(reply(), HasSubstr("attend takes a deputy: the alert is routed to the deputy, and garcia is an"));
  command(5, "attend", "lopez");
  EXPECT_EQ(reply(), "accepted attended 2");
}

TEST_F(TriageTaskTest, MaintenanceSilencesASiteButNotItsFailures) {
  restarts = true;
  Maintenance window;
  window.site = {"gye"};
  window.from_ms = t0 + hour_ms;
  window.to_ms = t0 + 2 * hour_ms;
  window.except = {"duress"};
  equip({.doors = {}, .cameras = {}, .holders = {}, .staff = {}, .maintenance = {window}});
  const auto silenced = [&](TimeMs start_ms, const std::string& kind, const std::string& of) {
    alert(start_ms, {.id = std::string(32, static_cast<char>('c' + offset % 10)),
                     .start_ms = start_ms,
                     .end_ms = start_ms,
                     .kind = kind,
                     .site = of});
    return attribute("silenced");
  };
  EXPECT_EQ(silenced(hour_ms - 1, "door_forced", "gye"), "");
  EXPECT_EQ(silenced(hour_ms, "door_forced", "gye"), "maintenance");
  EXPECT_EQ(silenced(hour_ms, "door_forced", "uio"), "");
  EXPECT_EQ(silenced(hour_ms, "door_forced", ""), "");
  for (const char* kind :
       {"camera_offline", "panel_offline", "panel_tamper", "seal_tampered", "source_silent", "duress"})
    EXPECT_EQ(silenced(hour_ms, kind, "gye"), "") << kind;
  // One that lasts beyond the window rings when that is over.
  alert(90 * minute_ms, {.start_ms = 90 * minute_ms});
  EXPECT_EQ(attribute("silenced"), "maintenance");
  const auto before = states.size();
  advance(2 * hour_ms - 1);
  EXPECT_EQ(states.size(), before);
  advance(2 * hour_ms);
  ASSERT_EQ(states.size(), before + 1);
  EXPECT_EQ(states.back().alert_id, a1);
  EXPECT_EQ(attribute("silenced"), "");
  EXPECT_EQ(silenced(2 * hour_ms, "door_forced", "gye"), "");
}

TEST_F(TriageTaskTest, WhatIsOverAndOldIsLetGoOf) {
  alert(0, {.end_ms = 1000, .status = schema::AlertStatus::cleared});
  alert(0, {.id = a2});
  for (TimeMs at_ms = 0; at_ms <= 32 * day_ms; at_ms += 30 * minute_ms) advance(at_ms);
  EXPECT_EQ(task->key_count(), 1u) << "the one that lasts";
  command(32 * day_ms, "attend", "garcia");
  advance(32 * day_ms + 10'000);
  EXPECT_THAT(reply(), HasSubstr("no such alert"));
}

TEST_F(TriageTaskTest, BoundedLawBeyondTheBudgetThoseThatAreOverGoFirst) {
  options.bytes_max = 20'000;
  restarts = true;
  begin();
  const auto id = [](int i) { return fmt::format("{:032}", i); };
  for (int i = 0; i < 5; ++i) alert(i, {.id = id(i)});
  for (int i = 5; i < 200; ++i) {
    alert(i, {.id = id(i), .end_ms = 1000, .status = schema::AlertStatus::cleared});
    if (i == 5) command(i, "attend", "garcia", id(5));
    EXPECT_LE(task->memory_bytes(), options.bytes_max + 1000);
  }
  EXPECT_LT(task->key_count(), 60u);
  for (const int i : {0, 4, 199}) {
    command(300, "acknowledge", "garcia", id(i));
    EXPECT_EQ(reply(), "accepted acknowledged 1") << i;
  }
  command(300, "note", "garcia", id(5), "too late");
  advance(20'000);
  EXPECT_THAT(reply(), HasSubstr("no such alert"));
}

TEST(MaintenanceWindow, HoursOfTheWeekEndWhereTheyEnd) {
  Maintenance window;
  window.site = {"*"};
  window.hours = *parse_opening_hours("Thu 08:00-12:00, Thu 12:00-13:00, Sun 22:00-02:00");
  const LocalDays utc;
  const auto until = [&](TimeMs start_ms) {
    const TimeMs until_ms = silenced_until_ms({window}, "gye", "door_held", t0 + start_ms, utc);
    return until_ms == no_time_ms ? -1 : until_ms - t0;
  };
  EXPECT_EQ(until(8 * hour_ms - 1), -1);
  EXPECT_EQ(until(8 * hour_ms), 13 * hour_ms) << "spans that follow each other are one";
  EXPECT_EQ(until(13 * hour_ms), -1);
  EXPECT_EQ(until(3 * day_ms + 23 * hour_ms), 4 * day_ms + 2 * hour_ms) << "past midnight";
  EXPECT_EQ(until(4 * day_ms + hour_ms), 4 * day_ms + 2 * hour_ms);
  window.to_ms = t0 + 9 * hour_ms;
  EXPECT_EQ(until(8 * hour_ms), 9 * hour_ms) << "both must hold";
}

}  // namespace
}  // namespace vigia::triage_kit
