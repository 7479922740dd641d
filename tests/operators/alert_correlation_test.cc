// Correlations over alerts (semantics 6.8): doors and cameras of one site, through all stages as one task; in any order of
// arrival, in batches and one by one, and with a restart between any two epochs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "connectors/pipeline_config.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/temp_dir.h"

namespace vigia {
namespace {

using harness::RunOptions;
using reference::Line;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr TimeMs t0 = 1'772'668'800'000;
constexpr TimeMs minute_ms = 60'000;

const RunOptions one_by_one = [] {
  RunOptions options;
  options.batch = 1;
  return options;
}();

struct Outcome {
  std::vector<std::string> incidents;  // final: "RULE SUBJECT START-END", minutes after t0, no end while it lasts
  std::vector<Alert> revisions;        // of incidents
};

class AlertCorrelation : public testing::Test {
 protected:
  AlertCorrelation() {
    directory_.write("doors.yaml", "doors: [{id: d1, site: north}, {id: d2, site: south}]\n");
    directory_.write("cameras.yaml", "cameras: [{id: c1, site: north}]\n");
    const auto zone = [](const std::string& site, const std::string& lon) {
      return R"({"type":"Feature","properties":{"id":"yard-)" + site + R"(","kind":"area","radius_m":500,"site":")" +
             site + R"("},"geometry":{"type":"Point","coordinates":[)" + lon + ",0]}}";
    };
    directory_.write("zones.geojson", R"({"type":"FeatureCollection","features":[)" + zone("north", "0") + "," +
                                          zone("south", "0.02") + "]}");
    pipeline_ = directory_.write("pipeline.yaml", R"(application: test
time: {clock: records}
site: [doors.yaml, cameras.yaml, zones.geojson]
sources:
  - {topic: access.events, stream: access, format: json}
  - {topic: camera.events, stream: camera, format: json}
  - {topic: seal.events, stream: seal, format: json}
  - {topic: trip.events, stream: trip, format: json}
rules:
  - {id: seal_opened, kind: seal_opened}
  - {id: door_forced, kind: door_forced}
  - {id: south_forced, kind: door_forced, only: {id: [d2]}}
  - {id: camera_offline, kind: camera_offline}
sigma: [rules.yml]
)");
  }
  void rules(const std::string& text) { EXPECT_EQ(mistakes_in(text), ""); }
  [[nodiscard]] std::string mistakes_in(const std::string& text) {
    directory_.write("rules.yml", text);
    auto loaded = load_pipeline(pipeline_);
    auto mistakes = format_errors(loaded.errors);
    if (mistakes.empty()) stage_ = harness::stage_of(std::move(loaded));
    return mistakes;
  }
  void forced_while_dark(const std::string& more = "timespan: 5m") {
    rules(fmt::format(R"(
name: forced
logsource: {{product: vigia, service: alert}}
detection: {{s: {{kind: door_forced}}, condition: s}}
---
name: dark
logsource: {{product: vigia, service: alert}}
detection: {{s: {{kind: camera_offline}}, condition: s}}
---
name: forced_while_dark
correlation: {{type: temporal, rules: [forced, dark], group-by: [site_id], {}}}
level: high
)",
                      more));
  }

  static Line door(TimeMs minute, const std::string& kind, const std::string& id = "d1", TimeMs broker_minute = -1) {
    return {"access.events", id, t0 + (broker_minute < 0 ? minute : broker_minute) * minute_ms,
            fmt::format(R"({{"door_id":"{}","device_time_ms":{},"kind":"{}"}})", id, t0 + minute * minute_ms, kind)};
  }
  static Line camera(TimeMs minute, const std::string& kind, TimeMs broker_minute = -1) {
    return {"camera.events", "c1", t0 + (broker_minute < 0 ? minute : broker_minute) * minute_ms,
            fmt::format(R"({{"camera_id":"c1","device_time_ms":{},"kind":"{}"}})", t0 + minute * minute_ms, kind)};
  }

  [[nodiscard]] Outcome run(const std::vector<Line>& lines, RunOptions options = {}) const {
    if (!options.until_ms) options.until_ms = t0 + 30 * 60 * minute_ms;
    const auto result = run_engine(stage_, lines, options);
    EXPECT_EQ(result.error, "");
    EXPECT_TRUE(result.rejected.empty());
    Outcome out;
    std::set<std::pair<std::string, std::uint32_t>> told;
    for (const auto& alert : result.revisions) {
      if (alert.kind == "incident") out.revisions.push_back(alert);
      EXPECT_TRUE(told.emplace(alert.alert_id, alert.revision).second) << alert.alert_id << " " << alert.revision;
    }
    for (const auto& alert : harness::final_alerts(out.revisions))
      out.incidents.push_back(
          fmt::format("{} {} {}-{}", alert.rule_id, alert.subject_id, (alert.start_ms - t0) / minute_ms,
                      alert.end_ms == 0 ? std::string() : std::to_string((alert.end_ms - t0) / minute_ms)));
    std::ranges::sort(out.incidents);
    return out;
  }

 private:
  harness::TempDir directory_;
  std::string pipeline_;
  harness::LoadedStage stage_;
};

TEST_F(AlertCorrelation, AnAlertCountsInEachWindowThatItsIntervalTouches) {
  forced_while_dark();
  // The camera has been dark for half an hour, which is longer than the window, when the door is forced.
  EXPECT_THAT(
      run({camera(0, "signal_lost"), door(30, "door_opened"), camera(40, "signal_restored")}, one_by_one).incidents,
      ElementsAre("forced_while_dark north 0-30"));
  // It is back for five minutes: the window's edge is inside; for six it is not.
  EXPECT_THAT(run({camera(0, "signal_lost"), camera(25, "signal_restored"), door(30, "door_opened")}).incidents,
              ElementsAre("forced_while_dark north 0-30"));
  EXPECT_THAT(run({camera(0, "signal_lost"), camera(24, "signal_restored"), door(30, "door_opened")}).incidents,
              IsEmpty());
  // A door of another site.
  EXPECT_THAT(run({camera(0, "signal_lost"), door(30, "door_opened", "d2")}).incidents, IsEmpty());
}

TEST_F(AlertCorrelation, AWithdrawalTakesTheEventBack) {
  forced_while_dark();
  const auto got =
      run({camera(0, "signal_lost"), door(30, "door_opened"), door(30, "badge_granted", "d1", 31)}, one_by_one);
  EXPECT_THAT(got.incidents, IsEmpty());
  ASSERT_EQ(got.revisions.size(), 2U);
  EXPECT_EQ(got.revisions.back().status, schema::AlertStatus::withdrawn);
}

TEST_F(AlertCorrelation, ARevisionReplacesTheOneBefore) {
  forced_while_dark();
  // Told as dark for long; that it was back in time comes later.
  const auto got =
      run({camera(0, "signal_lost"), door(30, "door_opened"), camera(23, "signal_restored", 32)}, one_by_one);
  EXPECT_THAT(got.incidents, IsEmpty());
  ASSERT_FALSE(got.revisions.empty());
  EXPECT_EQ(got.revisions.back().status, schema::AlertStatus::withdrawn);
}

TEST_F(AlertCorrelation, ARevisionThatDoesNotMatchAnyMoreIsTakenBack) {
  rules(R"(
name: dark_now
logsource: {product: vigia, service: alert}
detection: {s: {kind: camera_offline, status: confirmed}, condition: s}
---
name: twice
correlation: {type: event_count, rules: [dark_now], group-by: [site_id], timespan: 1h, condition: {gte: 1}}
)");
  const auto got = run({camera(0, "signal_lost"), camera(1, "signal_restored")}, one_by_one);
  EXPECT_THAT(got.incidents, IsEmpty());
  EXPECT_EQ(got.revisions.size(), 2U);
}

TEST_F(AlertCorrelation, ADetectionOfItsOwnIsAnIncidentOfTheAlertAndGoesWithIt) {
  rules(
      "name: forced\nlogsource: {product: vigia, service: alert}\n"
      "detection: {s: {kind: door_forced, site_id: north}, condition: s}\n");
  auto got =
      run({door(3, "door_opened"), door(4, "door_closed"), door(5, "door_opened"), door(6, "door_opened", "d2")});
  EXPECT_THAT(got.incidents, ElementsAre("forced d1 3-3", "forced d1 5-5"));
  for (const auto& alert : got.revisions) EXPECT_EQ(alert.status, schema::AlertStatus::confirmed);
  got = run({door(3, "door_opened"), door(3, "badge_granted", "d1", 4)}, one_by_one);
  EXPECT_THAT(got.incidents, IsEmpty());
  EXPECT_EQ(got.revisions.size(), 2U);
}

TEST_F(AlertCorrelation, AnIncidentIsOfTheSiteThatItsGroupOrItsEventIsOf) {
  rules(R"(
name: forced
generate: true
logsource: {product: vigia, service: alert}
detection: {s: {kind: door_forced}, condition: s}
---
name: refused
generate: true
logsource: {product: vigia, service: access}
detection: {s: {kind: badge_denied}, condition: s}
---
name: dark
logsource: {product: vigia, service: camera}
detection: {s: {kind: signal_lost}, condition: s}
---
name: both
correlation:
  type: temporal
  rules: [forced, refused]
  group-by: [door, place]
  timespan: 5m
  generate: true
  aliases: {door: {forced: subject_id, refused: door_id}, place: {forced: site_id, refused: door.site}}
---
name: all
correlation:
  type: temporal
  rules: [both, dark]
  group-by: [where]
  timespan: 5m
  aliases: {where: {both: place, dark: camera.site}}
---
name: no_place
correlation: {type: event_count, rules: [dark], group-by: [camera_id], timespan: 5m, condition: {gte: 1}}
)");
  const std::vector<Line> lines = {door(0, "badge_denied"), camera(1, "signal_lost"), door(2, "door_opened"),
                                   door(3, "badge_denied", "d2"), door(2, "badge_granted", "d1", 9)};
  for (const bool restart : {false, true}) {
    auto options = one_by_one;
    options.restart_each_epoch = restart;
    const auto got = run(lines, options);
    std::set<std::string> sites;
    for (const auto& alert : got.revisions)
      sites.insert(alert.rule_id + " " + alert.subject_id + " " + alert.site_id +
                   (alert.status == schema::AlertStatus::withdrawn ? " withdrawn" : ""));
    EXPECT_THAT(sites, ElementsAre("all north north", "all north north withdrawn", "both d1|north north",
                                   "both d1|north north withdrawn", "forced d1 north", "forced d1 north withdrawn",
                                   "no_place c1 ", "refused d1 north", "refused d2 south"));
  }
}

// The opening has no fix of its own; where it was is told by one that comes late.
TEST_F(AlertCorrelation, AnIncidentGoesWithItsAlertToAnotherSite) {
  rules(
      "name: opened\nlogsource: {product: vigia, service: alert}\n"
      "detection: {s: {kind: seal_opened}, condition: s}\n");
  const auto seal = [](TimeMs minute, const std::string& more, TimeMs broker_minute) {
    return Line{"seal.events", "s1", t0 + broker_minute * minute_ms,
                fmt::format(R"({{"seal_id":"s1","device_time_ms":{},{}}})", t0 + minute * minute_ms, more)};
  };
  const auto start = Line{"trip.events", "s1", t0,
                          fmt::format(R"({{"trip_id":"t","seal_id":"s1","event_time_ms":{},"action":"start"}})", t0)};
  const std::vector<Line> lines = {start, seal(10, R"("lock":"closed","position":{"lat_deg":0,"lon_deg":0})", 10),
                                   seal(20, R"("lock":"opened")", 20),
                                   seal(15, R"("position":{"lat_deg":0,"lon_deg":0.02})", 21)};
  for (const bool restart : {false, true}) {
    auto options = one_by_one;
    options.restart_each_epoch = restart;
    std::vector<std::string> told;
    for (const auto& alert : run(lines, options).revisions)
      told.push_back(fmt::format("{} {} {}", alert.revision, alert.site_id, alert.start_ms - t0));
    EXPECT_THAT(told, ElementsAre("1 north 1200000", "2 south 1200000"));
  }
}

// Each is the incident of its own: of one rule, subject and start, but not of one id.
TEST_F(AlertCorrelation, ExactlyOnceLawTwoOfOneStartHaveTwoIds) {
  rules(
      "name: forced\nlogsource: {product: vigia, service: alert}\n"
      "detection: {s: {kind: door_forced}, condition: s}\n"
      "---\nname: refused\nlogsource: {product: vigia, service: access}\n"
      "detection: {s: {kind: badge_denied}, condition: s}\n");
  auto denied = door(4, "badge_denied", "d2"), another = denied;
  another.value.insert(1, R"("holder_id":"garcia",)");
  const auto got = run({door(3, "door_opened", "d2"), denied, another}, one_by_one);
  EXPECT_THAT(got.incidents, ElementsAre("forced d2 3-3", "forced d2 3-3", "refused d2 4-4", "refused d2 4-4"));
}

// Both begin with the camera, which has been dark for days; nobody revises the first any more when the second comes.
TEST_F(AlertCorrelation, ExactlyOnceLawAnIncidentDaysLaterHasAnIdOfItsOwn) {
  forced_while_dark();
  std::vector<Line> lines = {camera(0, "signal_lost")};
  for (const TimeMs hour : {1, 27, 53, 79}) {
    lines.push_back(door(hour * 60, "door_opened"));
    lines.push_back(door(hour * 60 + 1, "door_closed"));
  }
  RunOptions options;
  options.until_ms = t0 + 100 * 60 * minute_ms;
  const auto expected = run(lines, options).incidents;
  EXPECT_THAT(expected, ElementsAre("forced_while_dark north 0-1620", "forced_while_dark north 0-3180",
                                    "forced_while_dark north 0-4740", "forced_while_dark north 0-60"));
  for (const bool restart : {false, true}) {
    options.batch = 1;
    options.restart_each_epoch = restart;
    EXPECT_EQ(run(lines, options).incidents, expected);
  }
}

TEST_F(AlertCorrelation, IncidentsAreLeftOutUnlessTheirRuleIsNamed) {
  rules(R"(
name: any_alert
logsource: {product: vigia, service: alert}
detection: {s: {site_id: north}, condition: s}
---
name: three
correlation: {type: event_count, rules: [any_alert], timespan: 1h, condition: {gte: 2}}
)");
  // Were the first incident an alert like others, there would be no end to them.
  EXPECT_THAT(run({camera(0, "signal_lost"), door(10, "door_opened")}).incidents, ElementsAre("three three 0-10"));
}

TEST_F(AlertCorrelation, WhatIsNotTheSameInEveryOrderIsNoField) {
  for (const auto* field : {"alert_id", "revision", "detected_ms", "late_by_ms", "rule_hash", "evidence.offset"})
    EXPECT_THAT(mistakes_in(fmt::format("name: r\nlogsource: {{product: vigia, service: alert}}\n"
                                        "detection: {{s: {{{}: 1}}, condition: s}}\n",
                                        field)),
                HasSubstr("is no field of alerts"))
        << field;
}

TEST_F(AlertCorrelation, OrderLaw) {
  forced_while_dark("timespan: 2m");
  std::size_t incidents = 0;
  for (unsigned seed = 1; seed <= 8; ++seed) {
    std::mt19937 random(seed);
    std::vector<Line> lines;
    for (TimeMs minute = 0; minute < 9; ++minute) {
      if (random() % 2 == 0) lines.push_back(door(minute, random() % 5 == 0 ? "badge_granted" : "door_opened"));
      if (random() % 2 == 0) lines.push_back(door(minute, "door_closed"));
      if (random() % 2 == 0) lines.push_back(camera(minute, random() % 2 == 0 ? "signal_lost" : "signal_restored"));
    }
    for (auto& line : lines) line.timestamp_ms = t0 + 9 * minute_ms;  // any order of arrival, all in time
    const auto expected = run(lines).incidents;
    incidents += expected.size();
    for (int round = 0; round < 9; ++round) {
      std::ranges::shuffle(lines, random);
      RunOptions options;
      options.batch = 1 + random() % 5;
      options.threads = 1 + random() % 2;
      options.restart_each_epoch = round % 3 == 0;
      options.take_over_each_epoch = round % 3 == 1;
      EXPECT_EQ(run(lines, options).incidents, expected) << "seed " << seed << ", round " << round;
    }
  }
  EXPECT_GT(incidents, 3U);
}

}  // namespace
}  // namespace vigia
