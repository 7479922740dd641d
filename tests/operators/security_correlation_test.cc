// Security events through both stages as one task: detections, signals, correlations; in any order, doubled, and with a
// restart between any two epochs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include <fmt/format.h>

#include "connectors/sigma_files.h"
#include "engine/chained_task.h"
#include "engine/signal_record.h"
#include "operators/correlation_task.h"
#include "operators/security_task.h"
#include "operators/sigma_findings.h"

namespace vigia {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr TimeMs t0 = 1'772'668'800'000;

struct Line {
  TimeMs at_ms = 0;  // broker time, after t0
  std::string value;
  std::string key = "host";
};

// An event of the given action, at the time it is read.
Line event(TimeMs at_ms, const std::string& action, const std::string& user = "u", const std::string& more = "") {
  return {at_ms, fmt::format(R"({{"@timestamp":{},"event":{{"action":"{}"}},"user.name":"{}"{}}})", t0 + at_ms, action,
                             user, more)};
}

struct Outcome {
  std::vector<std::string> alerts;  // final: "RULE SUBJECT START-END", times after t0, end 0 while it lasts
  std::vector<Alert> revisions;
  std::vector<std::string> rejected;
  Account account;
};

class SecurityCorrelation : public testing::Test {
 protected:
  void rules(const std::string& text) {
    Diagnostics diagnostics;
    config_.sigma = plan_sigma_files({{"rules.yml", text}}, {}, diagnostics);
    ASSERT_EQ(format_errors(diagnostics.errors), "");
    config_.application = "test";
    config_.allowed_lateness_ms = 24 * 3'600'000;
    config_.sources = {{"security.events", StreamId::security, PayloadFormat::json}};
    options_.application = "test";
    options_.keep_ms = config_.horizon_ms;
  }
  // Detections a, b and c of events with that action.
  void actions(const std::string& more) {
    std::string text;
    for (const auto* name : {"a", "b", "c"})
      text += fmt::format(
          "name: {0}\nlogsource: {{product: test}}\ndetection: {{s: {{event.action: {0}}}, condition: s}}\n---\n",
          name);
    rules(text + more);
  }

  [[nodiscard]] std::unique_ptr<Task> make() const {
    return std::make_unique<ChainedTask>(make_security_task(config_),
                                         std::make_unique<CorrelationTask>(config_.sigma, options_));
  }

  Outcome run(const std::vector<Line>& lines, TimeMs until_ms, std::size_t batch = 1, bool restart = false) const {
    Outcome out;
    auto task = make();
    TimeMs clock = no_time_ms;
    std::map<std::string, Alert> last;
    const auto take = [&](EpochResult result) {
      for (auto& alert : result.alerts) {
        out.revisions.push_back(alert);
        last.insert_or_assign(alert.alert_id, alert);
      }
      for (const auto& one : result.rejected) out.rejected.push_back(one.reason);
      out.account += result.account;
      if (!restart) return;
      std::string meta;
      std::map<std::string, std::string> images;
      task->snapshot(
          true, [&](KeyImage&& image) { images[image.key] = image.bytes; }, meta);
      task = make();
      EXPECT_EQ(task->restore_meta(meta), "");
      for (const auto& [key, bytes] : images)
        if (!bytes.empty()) {
          EXPECT_EQ(task->restore_key(key, bytes), "");
        }
    };
    for (std::size_t begin = 0; begin < lines.size(); begin += batch) {
      std::vector<InputRecord> records;
      std::vector<TimeMs> clocks;
      for (auto i = begin; i < std::min(begin + batch, lines.size()); ++i) {
        clock = std::max(clock, t0 + lines[i].at_ms);
        records.push_back({TopicIndex{0}, PartitionId{0}, Offset{static_cast<std::int64_t>(i)}, t0 + lines[i].at_ms,
                           lines[i].key, lines[i].value});
        clocks.push_back(clock);
      }
      take(task->process(records, clocks, clock));
    }
    take(task->process({}, {}, t0 + until_ms));
    for (const auto& [id, alert] : last)
      if (alert.status != schema::AlertStatus::withdrawn)
        out.alerts.push_back(fmt::format("{} {} {}-{}", alert.rule_id, alert.subject_id, alert.start_ms - t0,
                                         alert.end_ms == 0 ? 0 : alert.end_ms - t0));
    std::ranges::sort(out.alerts);
    EXPECT_TRUE(out.account.adds_up());
    return out;
  }

  StageConfig config_;
  CorrelationOptions options_;
};

TEST_F(SecurityCorrelation, ADetectionThatNoCorrelationRefersToRaisesAnIncidentForEachEvent) {
  actions("");
  const auto got = run({event(0, "a"), event(5, "x"), event(7, "b")}, 1'000);
  EXPECT_THAT(got.alerts, ElementsAre("a host 0-0", "b host 7-7"));
  EXPECT_EQ(got.revisions.front().status, schema::AlertStatus::confirmed);
  EXPECT_EQ(got.revisions.front().kind, "incident");
  EXPECT_EQ(got.account.applied, 3u);
}

TEST_F(SecurityCorrelation, OneThatIsReferredToRaisesNothingUnlessGenerate) {
  actions(
      "name: j\ncorrelation: {type: event_count, rules: [a], group-by: [user.name], timespan: 1m, condition: {gte: "
      "2}}\n"
      "---\nname: k\ngenerate: true\ncorrelation: {type: event_count, rules: [b], timespan: 1m, condition: {gte: "
      "2}}\n");
  EXPECT_THAT(run({event(0, "a"), event(1, "b")}, 1'000).alerts, ElementsAre("b host 1-1"));
  EXPECT_THAT(run({event(0, "a"), event(1, "a"), event(2, "b"), event(3, "b")}, 100'000).alerts,
              ElementsAre("b host 2-2", "b host 3-3", "j u 0-1", "k k 2-3"));
}

TEST_F(SecurityCorrelation, AnIncidentNamesTheRecordsOfItsFirstAndItsLastEvent) {
  actions("name: j\ncorrelation: {type: event_count, rules: [a], timespan: 1m, condition: {gte: 2}}\n");
  options_.topics = {"security.events"};
  const auto got = run({event(0, "a"), event(5, "b"), event(7, "a"), event(9, "a")}, 100'000);
  ASSERT_FALSE(got.revisions.empty());
  const auto& alert = got.revisions.back();
  EXPECT_EQ(alert.rule_id, "j");
  ASSERT_EQ(alert.evidence.size(), 2u);
  EXPECT_EQ(alert.evidence[0]->topic, "security.events");
  EXPECT_EQ(alert.evidence[0]->offset, 0);
  EXPECT_EQ(alert.evidence[1]->offset, 3);
}

TEST_F(SecurityCorrelation, DuplicatesByIdOrContentAreNotCounted) {
  actions("name: j\ncorrelation: {type: event_count, rules: [a], timespan: 1m, condition: {gte: 2}}\n");
  // The same content in another order of members, and with other spaces.
  const auto one = Line{0, fmt::format(R"({{"@timestamp":{},"event":{{"action":"a","n":1}}}})", t0)};
  const auto same = Line{9, fmt::format(R"({{ "event":{{"n":1, "action":"a"}},"@timestamp":{} }})", t0)};
  auto got = run({one, same, one}, 1'000);
  EXPECT_THAT(got.alerts, IsEmpty());
  EXPECT_EQ(got.account.duplicate, 2u);
  const auto with_id = [](TimeMs at_ms, const std::string& id) {
    return Line{at_ms, fmt::format(R"({{"@timestamp":{},"event":{{"action":"a","id":"{}"}}}})", t0, id)};
  };
  EXPECT_THAT(run({with_id(0, "1"), with_id(1, "1")}, 1'000).alerts, IsEmpty());
  EXPECT_THAT(run({with_id(0, "1"), with_id(1, "2")}, 100'000).alerts, ElementsAre("j j 0-0"));
}

TEST_F(SecurityCorrelation, OneIdIsOneEventWhateverItsTime) {
  actions("name: j\ncorrelation: {type: event_count, rules: [a], timespan: 5m, condition: {gte: 2}}\n");
  auto got = run({event(0, "a", "u", R"(,"event.id":"1")"), event(61'000, "a", "u", R"(,"event.id":"1")")}, 1'000'000);
  EXPECT_EQ(got.account.duplicate, 1u);
  EXPECT_THAT(got.alerts, IsEmpty());
}

// However old it was when it was heard first; and as long in one epoch as in several.
TEST_F(SecurityCorrelation, ASecondDeliveryIsKnownForTheLatenessAndAMinute) {
  actions("");
  config_.allowed_lateness_ms = 600'000;
  const auto old = event(0, "a"), now = event(7'200'000, "x");
  for (const std::size_t batch : {1, 2, 4}) {
    for (const bool restart : {false, true}) {
      const auto got = run({now, old, event(7'800'000, "x"), old}, 9'000'000, batch, restart);
      EXPECT_EQ(got.account.duplicate, 1u) << batch;
      EXPECT_EQ(run({now, old, event(7'980'000, "x"), old}, 9'000'000, batch, restart).account.duplicate, 0u) << batch;
    }
  }
}

TEST_F(SecurityCorrelation, WhatIsTooLateOrCanNotBeReadIsAccountedFor) {
  actions("");
  config_.allowed_lateness_ms = 1'000;
  auto late = event(0, "a");
  late.at_ms = 1'001;
  auto in_time = event(0, "b");
  in_time.at_ms = 1'000;
  const auto got = run({in_time,
                        late,
                        {2'000, "{"},
                        {2'001, "[]"},
                        {2'002, "{}"},
                        {2'003, R"({"@timestamp":"noon"})"},
                        {2'004, fmt::format(R"({{"events":[{{"@timestamp":{}}},3]}})", t0 + 2'004)}},
                       3'000);
  EXPECT_THAT(got.alerts, ElementsAre("b host 0-0"));
  EXPECT_EQ(got.account.too_late, 1u);
  EXPECT_EQ(got.account.dead_letter, 5u);
  EXPECT_EQ(got.account.unreadable, 2u);
  EXPECT_EQ(got.account.applied, 2u);
}

TEST_F(SecurityCorrelation, AnIncidentEndsWhenTheTimespanHasPassed) {
  actions("name: j\ncorrelation: {type: event_count, rules: [a], timespan: 1m, condition: {gte: 2}}\n");
  EXPECT_THAT(run({event(0, "a"), event(5, "a")}, 60'005).alerts, ElementsAre("j j 0-0"));
  EXPECT_THAT(run({event(0, "a"), event(5, "a")}, 60'006).alerts, ElementsAre("j j 0-5"));
}

// The first is still open when the second begins, days later; with one batch both are judged at once.
TEST_F(SecurityCorrelation, IncidentsOfAGroupMayLieFarApart) {
  actions(
      "name: j\ncorrelation: {type: event_count, rules: [a], group-by: [user.name], timespan: 1m, condition: {gte: "
      "2}}\n"
      "---\nname: k\ncorrelation: {type: absence, rules: [b, c], group-by: [user.name], timespan: 1m}\n");
  std::vector<Line> lines;
  for (const TimeMs day : {0, 10, 20})
    for (const auto* action : {"a", "a", "b"})
      lines.push_back(event(day * 86'400'000 + static_cast<TimeMs>(lines.size()), action));
  for (const std::size_t batch : {1, 2, 5, 100})
    for (const bool restart : {false, true})
      EXPECT_THAT(run(lines, 40LL * 86'400'000, batch, restart).alerts,
                  ElementsAre("j u 0-1", "j u 1728000006-1728000007", "j u 864000003-864000004",
                              "k u 1728000008-1728060008", "k u 2-60002", "k u 864000005-864060005"))
          << "batch " << batch;
}

// An incident that nothing late can change any more, of which the group still holds the events, when a late one comes.
TEST_F(SecurityCorrelation, WhatIsSettledIsNotToldAgain) {
  actions("name: j\ncorrelation: {type: event_count, rules: [a], timespan: 1m, condition: {gte: 2}}\n");
  constexpr TimeMs at_ms = 600'000, day_ms = 86'400'000;
  auto late = event(at_ms + day_ms, "a");
  late.at_ms += 90'001;
  for (const bool restart : {false, true}) {
    const auto got =
        run({event(0, "a"), event(at_ms, "a"), event(at_ms + 1, "a"), event(at_ms + day_ms + 90'000, "a"), late},
            at_ms + 2 * day_ms, 1, restart);
    EXPECT_THAT(got.alerts, ElementsAre("j j 600000-600001"));
    EXPECT_EQ(got.revisions.size(), 2u) << "it began and it ended";
  }
}

// Revisions of one epoch are sorted by broker time, and a later one may speak as of an earlier.
TEST_F(SecurityCorrelation, ARevisionThatComesBeforeTheOneItReplacesReplacesIt) {
  actions("name: j\ncorrelation: {type: event_count, rules: [a], timespan: 1m, condition: {gte: 1}}\n");
  CorrelationTask task(config_.sigma, options_);
  const auto hear = [&](std::uint32_t revision, TimeMs start_ms, TimeMs broker_ms) {
    Signal signal;
    signal.signal_id = std::string(31, '0') + "7";
    signal.revision = revision;
    signal.rule_id = "j";
    signal.start_ms = t0 + start_ms;
    signal.end_ms = 0;
    signal.broker_ms = t0 + broker_ms;
    set_correlation_event(signal, 1, 0);
    const auto key = record_key(signal), value = record_value(signal);
    const std::vector<InputRecord> records = {
        {TopicIndex{0}, PartitionId{0}, Offset{revision}, signal.broker_ms, key, value}};
    return task.process(records, std::vector<TimeMs>{signal.broker_ms}, signal.broker_ms);
  };
  const auto told = hear(2, 500'000, 600'000);
  ASSERT_EQ(told.alerts.size(), 1u);
  EXPECT_EQ(told.alerts[0].start_ms, t0 + 500'000);
  const auto again = hear(1, 100'000, 900'000);
  EXPECT_EQ(again.account.duplicate, 1u);
}

TEST_F(SecurityCorrelation, AbsenceIsWithdrawnByALateSecond) {
  actions("name: j\ncorrelation: {type: absence, rules: [a, b], group-by: [user.name], timespan: 1m}\n");
  auto late = event(30'000, "b");
  late.at_ms = 90'000;
  EXPECT_THAT(run({event(0, "a"), event(80'000, "c")}, 100'000).alerts,
              UnorderedElementsAre("c host 80000-80000", "j u 0-60000"));
  const auto got = run({event(0, "a"), event(80'000, "c"), late}, 100'000);
  EXPECT_THAT(got.alerts, ElementsAre("c host 80000-80000"));
  EXPECT_EQ(got.revisions.back().status, schema::AlertStatus::withdrawn);
}

TEST_F(SecurityCorrelation, ACorrelationOfCorrelations) {
  actions(
      "name: top\ncorrelation: {type: temporal_ordered, rules: [many, b], group-by: [user.name], timespan: 1m}\n---\n"
      "name: many\ncorrelation: {type: event_count, rules: [a], group-by: [user.name], timespan: 10s, condition: {gte: "
      "3}}\n");
  EXPECT_THAT(run({event(0, "a"), event(1, "a"), event(2, "a"), event(3, "b")}, 100'000).alerts,
              ElementsAre("many u 0-2", "top u 0-3"));
  EXPECT_THAT(run({event(0, "b"), event(1, "a"), event(2, "a"), event(3, "a")}, 100'000).alerts,
              ElementsAre("many u 1-3"));
}

// What a lower incident says may come as late as its timespan after its start: until then its partners wait, through hours in
// which the group hears nothing, and through others of which it hears.
TEST_F(SecurityCorrelation, ALowerIncidentIsToldLongAfterItsStart) {
  actions(
      "name: alone\ncorrelation: {type: temporal, rules: [not_before, not_after], group-by: [user.name], timespan: "
      "1m}\n---\n"
      "name: not_before\ncorrelation: {type: absence, direction: before, rules: [a, b], group-by: [user.name], "
      "timespan: 30h}\n---\n"
      "name: not_after\ncorrelation: {type: absence, rules: [a, b], group-by: [user.name], timespan: 30h}\n");
  constexpr TimeMs hour_ms = 3'600'000;
  for (const bool restart : {false, true}) {
    std::vector<Line> lines = {event(0, "a"), event(0, "a", "other"), event(27 * hour_ms, "a")};
    for (TimeMs hour = 1; hour < 100; ++hour) lines.push_back(event(hour * hour_ms, "nothing"));
    std::ranges::stable_sort(lines, {}, &Line::at_ms);
    auto alerts = run(lines, 200 * hour_ms, 1, restart).alerts;
    std::erase_if(alerts, [](const std::string& alert) { return !alert.starts_with("alone"); });
    EXPECT_THAT(alerts, ElementsAre("alone other 0-0", "alone u 0-0", "alone u 0-97200000"));
  }
}

TEST_F(SecurityCorrelation, ALowerIncidentThatLastsIsNotForgotten) {
  actions(
      "name: top\ncorrelation: {type: temporal, rules: [many, b], timespan: 1m}\n---\n"
      "name: many\ncorrelation: {type: event_count, rules: [a], timespan: 1h, condition: {gte: 2}}\n");
  std::vector<Line> lines;
  for (TimeMs at_ms = 0; at_ms < 80 * 3'600'000LL; at_ms += 1'800'000) lines.push_back(event(at_ms, "a"));
  lines.push_back(event(lines.back().at_ms + 1, "b"));
  for (const bool restart : {false, true})
    EXPECT_THAT(run(lines, 100 * 3'600'000LL, 1, restart).alerts,
                ElementsAre("many many 0-286200000", "top top 0-286200001"));
}

// The lower incident ends by the clock, in the same epoch in which what it was taken for a part of comes.
TEST_F(SecurityCorrelation, SeveralRevisionsInOneEpochComeInTheirOrder) {
  actions(
      "name: top\ncorrelation: {type: temporal, rules: [many, b], timespan: 1m}\n---\n"
      "name: many\ncorrelation: {type: event_count, rules: [a], timespan: 1m, condition: {gte: 2}}\n");
  const auto got = run({event(0, "a"), event(1, "a"), event(200'000, "b")}, 1'000'000);
  EXPECT_THAT(got.alerts, ElementsAre("many many 0-1"));
  std::map<std::string, std::uint32_t> last;
  for (const auto& alert : got.revisions) EXPECT_EQ(alert.revision, ++last[alert.alert_id]) << alert.rule_id;
}

TEST_F(SecurityCorrelation, ABudgetThatIsReachedDropsTheOldestGroupAndIsAnAlert) {
  actions(
      "name: j\ncorrelation: {type: event_count, rules: [a], group-by: [user.name], timespan: 1h, condition: {gte: "
      "2}}\n");
  options_.budget.groups_max = 2;
  const std::vector<Line> lines = {event(0, "a", "u1"), event(1, "a", "u1"), event(2, "a", "u2"),
                                   event(3, "a", "u3"), event(4, "a", "u1"), event(5, "a", "u3")};
  for (const bool restart : {false, true}) {
    const auto got = run(lines, 10'000'000, 1, restart);
    // u1 went with its incident as it was, came back at 4, and drove out u2.
    EXPECT_THAT(got.alerts, ElementsAre("j j 3-4", "j u1 0-1", "j u3 3-5"));
    const auto about = std::ranges::find(got.revisions, "rule", &Alert::subject_type);
    ASSERT_NE(about, got.revisions.end());
    EXPECT_EQ(about->cause, "budget");
    EXPECT_EQ(about->message, "rule j has more groups than its budget holds; 1 were dropped");
    EXPECT_EQ(got.revisions.back().message, "rule j has more groups than its budget holds; 2 were dropped");
    EXPECT_EQ(got.revisions.back().status, schema::AlertStatus::cleared);
  }
}

TEST_F(SecurityCorrelation, BoundedLawOfTheBytesOfARule) {
  actions(
      "name: j\ncorrelation: {type: event_count, rules: [a], group-by: [user.name], timespan: 1h, condition: {gte: "
      "2}}\n");
  options_.budget.bytes_max = 20'000;
  const auto task = make();
  const auto hear = [&](TimeMs at_ms, const std::string& user) {
    const auto line = event(at_ms, "a", user);
    const std::vector<InputRecord> records = {
        {TopicIndex{0}, PartitionId{0}, Offset{at_ms}, t0 + at_ms, line.key, line.value}};
    return task->process(records, std::vector<TimeMs>{t0 + at_ms}, t0 + at_ms);
  };
  const auto empty_bytes = task->memory_bytes();
  std::vector<Alert> about;
  for (TimeMs i = 0; i < 1'000; ++i) {
    for (auto& alert : hear(i, fmt::format("u{}", i)).alerts)
      if (alert.subject_type == "rule") about.push_back(std::move(alert));
    ASSERT_LE(task->memory_bytes(), empty_bytes + options_.budget.bytes_max + 80'000) << "after " << i;
  }
  ASSERT_EQ(about.size(), 1u) << "one alert, whatever the number of groups that go";
  EXPECT_EQ(about[0].subject_id, "j");
  // Those that were heard of last are there: a second event of theirs makes two.
  EXPECT_EQ(hear(1'000, "u999").alerts.size(), 1u);
  EXPECT_EQ(hear(1'001, "u0").alerts.size(), 0u);
}

// So many events that the group remembers how far it was searched; some come late, and after four days old ones go.
TEST_F(SecurityCorrelation, OrderLawOfAFloodInOneGroup) {
  actions(
      "name: count\ncorrelation: {type: event_count, rules: [a, b], group-by: [user.name], timespan: 2m, condition: "
      "{gte: 40}}\n---\n"
      "name: chain\ncorrelation: {type: temporal_ordered, rules: [a, b, c], group-by: [user.name], timespan: 5s}\n");
  std::mt19937_64 random(5);
  std::vector<Line> lines;
  TimeMs now_ms = 0;
  for (int i = 0; i < 1'200; ++i) {
    now_ms += i % 100 == 99 ? 8 * 3'600'000 : static_cast<TimeMs>(random() % 4'000);
    const auto late_ms = random() % 5 == 0 ? static_cast<TimeMs>(random() % 100'000) : 0;
    lines.push_back(event(std::max<TimeMs>(0, now_ms - late_ms), std::string(1, static_cast<char>('a' + random() % 3)),
                          "u", fmt::format(R"(,"n":{})", i)));
    lines.back().at_ms = now_ms;
  }
  const auto by_one = run(lines, 10 * 86'400'000LL, 1), by_many = run(lines, 10 * 86'400'000LL, 50);
  EXPECT_GT(by_one.alerts.size(), 20u);
  EXPECT_EQ(by_many.alerts, by_one.alerts);
  const auto restarted = run(lines, 10 * 86'400'000LL, 50, true);
  ASSERT_EQ(restarted.revisions.size(), by_many.revisions.size());
  for (std::size_t i = 0; i < restarted.revisions.size(); ++i)
    EXPECT_TRUE(restarted.revisions[i] == by_many.revisions[i]) << i;
}

// Whatever the order, the batches, second deliveries and restarts.
TEST_F(SecurityCorrelation, OrderLaw) {
  actions(
      "name: count\ncorrelation: {type: event_count, rules: [a, b], group-by: [user.name], timespan: 20s, condition: "
      "{gte: 4}}\n---\n"
      "name: values\ncorrelation: {type: value_count, rules: [a], timespan: 20s, condition: {field: user.name, gte: "
      "3}}\n---\n"
      "name: both\ncorrelation: {type: temporal, rules: [a, b, c], group-by: [user.name], timespan: 10s}\n---\n"
      "name: chain\ncorrelation: {type: temporal_ordered, rules: [a, b, c], group-by: [user.name], timespan: "
      "30s}\n---\n"
      "name: none\ncorrelation: {type: absence, rules: [a, b], group-by: [user.name], timespan: 10s}\n---\n"
      "name: above\ncorrelation: {type: temporal, rules: [count, both], group-by: [user.name], timespan: 1m}\n");
  constexpr std::uint64_t seed = 11;
  std::mt19937_64 random(seed);
  for (int round = 0; round < 30; ++round) {
    std::vector<Line> lines;
    for (int i = 0; i < 60; ++i)
      lines.push_back(event(static_cast<TimeMs>(random() % 400) * 500,
                            std::string(1, static_cast<char>('a' + random() % 3)),
                            std::string(1, static_cast<char>('x' + random() % 3)), fmt::format(R"(,"n":{})", i)));
    std::ranges::stable_sort(lines, {}, &Line::at_ms);
    const auto expected = run(lines, 10'000'000, 1);
    ASSERT_FALSE(expected.alerts.empty());
    for (const std::size_t batch : {1, 7, 100}) {
      auto shuffled = lines;
      shuffled.insert(shuffled.end(), lines.begin(), lines.begin() + 20);
      std::ranges::shuffle(shuffled, random);
      EXPECT_EQ(run(shuffled, 10'000'000, batch).alerts, expected.alerts) << "seed " << seed << " round " << round;
    }
    const auto plain = run(lines, 10'000'000, 7), restarted = run(lines, 10'000'000, 7, true);
    EXPECT_EQ(plain.alerts, expected.alerts);
    ASSERT_EQ(plain.revisions.size(), restarted.revisions.size());
    for (std::size_t i = 0; i < plain.revisions.size(); ++i) EXPECT_TRUE(plain.revisions[i] == restarted.revisions[i]);
  }
}

}  // namespace
}  // namespace vigia
