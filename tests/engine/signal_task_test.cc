// The task over signals: any order, repetitions, retractions, snapshots, and when groups are judged.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include <fmt/format.h>

#include "engine/signal_record.h"
#include "engine/signal_task.h"

namespace vigia {
namespace {

constexpr TimeMs hour_ms = 3'600'000, day_ms = 24 * hour_ms;

// One alert per group: the sum of what is not taken back.
class Sum : public SignalRules {
 public:
  std::uint64_t fingerprint() const override { return 7; }
  std::string_view application() const override { return "test"; }
  int find_rule(std::string_view rule_id) const override { return rule_id == "sum" ? 0 : -1; }
  std::string subject_of(int, const SignalGroup& group) const override { return group.values.at(0); }
  void judge(int, const SignalGroup& group, TimeMs, Judgement& out) const override {
    Episode episode;
    episode.end_ms = 1;
    episode.status = schema::AlertStatus::cleared;
    for (const auto& [id, signal] : group.signals)
      if (!signal.is_retracted) episode.context += signal.without_delay;
    if (episode.context > 0) out.episodes.push_back(episode);
  }
  Alert describe(int, const SignalGroup& group, const ToldAlert& told) const override {
    Alert alert;
    alert.alert_id = hex(told.id);
    alert.subject_id = group.values.at(0);
    alert.revision = told.revision;
    alert.status = told.last.status;
    alert.detected_ms = told.last.detected_ms;
    alert.message = std::to_string(told.last.context);
    return alert;
  }
};

std::unique_ptr<Task> make_task(bool at_once = false) {
  return std::make_unique<SignalTask>(std::make_unique<Sum>(), SignalTaskOptions{.at_once = at_once});
}

Signal signal(int number, std::uint32_t revision, std::uint64_t amount, TimeMs broker_ms, const std::string& group) {
  Signal made;
  made.signal_id = fmt::format("{:032x}", number);
  made.revision = revision;
  made.is_retracted = amount == 0;
  made.rule_id = "sum";
  made.group = {group};
  made.end_ms = broker_ms;
  made.broker_ms = broker_ms;
  made.without_delay = made.is_retracted ? 999 : amount;  // what it said before, not to be counted any more
  return made;
}

// What was told, as "GROUP SUM" or "GROUP withdrawn".
std::vector<std::string> told(const EpochResult& result) {
  std::vector<std::string> texts;
  for (const auto& alert : result.alerts)
    texts.push_back(alert.subject_id + " " +
                    (alert.status == schema::AlertStatus::withdrawn ? "withdrawn" : alert.message));
  return texts;
}

EpochResult apply(Task& task, const std::vector<Signal>& signals, TimeMs clock_ms) {
  std::vector<std::string> values;
  for (const auto& one : signals) values.push_back(record_value(one));
  std::vector<InputRecord> records;
  for (const auto& value : values) records.push_back({{}, {}, {}, 0, {}, value});
  auto result = task.process(records, std::vector<TimeMs>(records.size(), clock_ms), clock_ms);
  EXPECT_TRUE(result.account.adds_up());
  EXPECT_TRUE(result.rejected.empty());
  return result;
}

using Told = std::vector<std::string>;

TEST(SignalTask, AddsUpOnceTheClockIsPast) {
  const auto task = make_task();
  EXPECT_EQ(told(apply(*task, {signal(1, 1, 5, 100, "a"), signal(2, 1, 7, 100, "a"), signal(3, 1, 1, 100, "b")}, 100)),
            Told{});
  EXPECT_EQ(told(apply(*task, {signal(4, 1, 2, 100, "a")}, 100)), Told{});
  const auto result = apply(*task, {}, 101);
  EXPECT_EQ(told(result), (Told{"a 14", "b 1"}));
  EXPECT_EQ(result.alerts[0].detected_ms, 100);
  EXPECT_EQ(told(apply(*task, {signal(5, 1, 1, 100, "a")}, 101)), Told{"a 15"})
      << "what comes behind is told when it comes";
}

TEST(SignalTask, AtOnceForAClockThatOnlySignalsMove) {
  const auto task = make_task(true);
  EXPECT_EQ(told(apply(*task, {signal(1, 1, 5, 100, "a")}, 100)), Told{"a 5"});
}

TEST(SignalTask, ARevisionReplacesAndARetractionTakesBack) {
  const auto task = make_task();
  apply(*task, {signal(1, 1, 5, 100, "a"), signal(2, 1, 7, 100, "a")}, 101);
  EXPECT_EQ(told(apply(*task, {signal(1, 2, 6, 110, "a")}, 120)), Told{"a 13"});
  EXPECT_EQ(told(apply(*task, {signal(1, 3, 0, 130, "a")}, 140)), Told{"a 7"});
  EXPECT_EQ(told(apply(*task, {signal(2, 2, 0, 150, "a")}, 160)), Told{"a withdrawn"});
  EXPECT_EQ(told(apply(*task, {signal(2, 3, 9, 170, "a")}, 180)), Told{"a 9"}) << "it comes back to life";
}

TEST(ReplayLaw, WhatIsNotToldYetSurvivesARestart) {
  auto task = make_task();
  apply(*task, {signal(1, 1, 5, 100, "a")}, 100);
  std::string meta;
  std::vector<KeyImage> images;
  task->snapshot(
      false, [&](KeyImage&& image) { images.push_back(std::move(image)); }, meta);
  task = make_task();
  ASSERT_EQ(task->restore_meta(meta), "");
  for (const auto& image : images) {
    ASSERT_EQ(task->restore_key(image.key, image.bytes), "");
  }
  const auto result = apply(*task, {}, 101);
  EXPECT_EQ(told(result), Told{"a 5"});
  EXPECT_EQ(result.alerts.at(0).detected_ms, 100);
}

TEST(BoundedLaw, EachSignalIsAccountedFor) {
  const auto task = make_task();
  const auto kept = [&](int number, const std::string& group) {
    apply(*task, {signal(number, 1, 5, 100, group)}, 101);
    std::string meta;
    task->snapshot(
        false, [](KeyImage&&) {}, meta);  // what waits for it counts, too
    return task->memory_bytes();
  };
  const auto one = kept(1, "a"), two = kept(2, "a"), another_group = kept(3, "b");
  EXPECT_GE(two - one, sizeof(SignalId) + sizeof(KnownSignal));
  EXPECT_GT(another_group - two, two - one);
}

TEST(SignalTask, AnOlderRevisionIsADuplicate) {
  const auto task = make_task();
  apply(*task, {signal(1, 2, 6, 110, "a")}, 120);
  const auto result = apply(*task, {signal(1, 1, 5, 100, "a"), signal(1, 2, 6, 110, "a")}, 130);
  EXPECT_EQ(told(result), Told{});
  EXPECT_EQ(result.account.duplicate, 2u);
}

TEST(AccountLaw, WhatIsNoSignalIsADeadLetter) {
  const auto task = make_task();
  auto foreign = signal(1, 1, 5, 100, "a");
  foreign.rule_id = "of another pipeline";
  const auto value = record_value(foreign);
  const std::vector<InputRecord> records{
      {{}, {}, {}, 0, {}, "not a signal"}, {{}, {}, {}, 0, {}, value}, {{}, {}, {}, 0, {}, {}, true}};
  const auto result = task->process(records, std::vector<TimeMs>(3, 0), 0);
  EXPECT_EQ(result.account.dead_letter, 3u);
  EXPECT_TRUE(result.account.adds_up());
  ASSERT_EQ(result.rejected.size(), 3u);
  EXPECT_NE(result.rejected[1].reason.find("of another pipeline"), std::string::npos);
}

// Any order, each twice, restarted between any two epochs: the same in the end.
TEST(OrderLaw, OfSignals) {
  std::vector<Signal> all;
  for (int number = 0; number < 40; ++number)
    for (std::uint32_t revision = 1; revision <= 3; ++revision)
      all.push_back(
          signal(number, revision, (number * 7 + revision) % 5, 100 + revision, fmt::format("g{}", number % 3)));
  std::map<std::string, std::string> expected;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    auto signals = all;
    signals.insert(signals.end(), all.begin(), all.end());
    if (seed > 0) std::shuffle(signals.begin(), signals.end(), random);
    auto task = make_task();
    std::map<std::string, std::string> images, last;
    std::map<std::string, std::uint32_t> revisions;
    for (std::size_t at = 0; at < signals.size();) {
      const auto count = std::min<std::size_t>(signals.size() - at, 1 + random() % 50);
      const auto result = apply(*task,
                                {signals.begin() + static_cast<std::ptrdiff_t>(at),
                                 signals.begin() + static_cast<std::ptrdiff_t>(at + count)},
                                static_cast<TimeMs>(102 + at));
      for (const auto& alert : result.alerts) {
        EXPECT_EQ(alert.revision, ++revisions[alert.alert_id]) << "no revision is left out";
        last[alert.subject_id] = alert.status == schema::AlertStatus::withdrawn ? "" : alert.message;
      }
      at += count;
      if (random() % 2 == 0) continue;
      std::string meta;
      task->snapshot(
          false, [&](KeyImage&& image) { images[image.key] = std::move(image.bytes); }, meta);
      task = make_task();
      ASSERT_EQ(task->restore_meta(meta), "");
      for (const auto& [key, bytes] : images) {
        ASSERT_EQ(task->restore_key(key, bytes), "");
      }
    }
    if (seed == 0) expected = last;
    EXPECT_EQ(last, expected) << "seed " << seed;
  }
  EXPECT_EQ(expected.size(), 3u);
}

// The clock, hour by hour.
void live(Task& task, TimeMs from_ms, TimeMs to_ms) {
  for (TimeMs clock_ms = from_ms; clock_ms <= to_ms; clock_ms += hour_ms) apply(task, {}, clock_ms);
}

TEST(BoundedLaw, OldGroupsAreLetGoOf) {
  auto task = make_task();
  std::map<std::string, std::string> images;
  const auto save = [&] {
    std::string meta;
    task->snapshot(
        false,
        [&](KeyImage&& image) {
          if (image.bytes.empty())
            images.erase(image.key);
          else
            images[image.key] = std::move(image.bytes);
        },
        meta);
  };
  const auto empty = task->memory_bytes();
  apply(*task, {signal(1, 1, 5, hour_ms, "a")}, 2 * hour_ms);
  const auto changed = task->memory_bytes();
  save();
  EXPECT_EQ(images.size(), 2u);
  EXPECT_GT(changed, task->memory_bytes()) << "what waits for a snapshot counts";
  EXPECT_GT(task->memory_bytes(), empty);
  live(*task, 3 * hour_ms, 8 * day_ms);
  EXPECT_EQ(task->key_count(), 1u);
  live(*task, 8 * day_ms, 8 * day_ms + 4 * hour_ms);
  EXPECT_EQ(task->key_count(), 0u);
  save();
  EXPECT_EQ(task->memory_bytes(), empty);
  EXPECT_TRUE(images.empty());
}

// From the time of old records to the present: other parts of the same old days may be on their way.
TEST(SignalTask, AClockThatLeapsLetsNothingGo) {
  auto task = make_task();
  apply(*task, {signal(1, 1, 5, hour_ms, "a")}, 2 * hour_ms);
  apply(*task, {}, 400 * day_ms);
  EXPECT_EQ(told(apply(*task, {signal(2, 1, 7, hour_ms, "a")}, 400 * day_ms)), Told{"a 12"});
  live(*task, 400 * day_ms, 408 * day_ms);
  EXPECT_EQ(task->key_count(), 1u);
  live(*task, 408 * day_ms, 408 * day_ms + 4 * hour_ms);
  EXPECT_EQ(task->key_count(), 0u);
}

TEST(SignalTask, AGroupThatComesAnewBetweenTwoSnapshots) {
  auto task = make_task();
  apply(*task, {signal(1, 1, 5, hour_ms, "a")}, 2 * hour_ms);
  live(*task, 2 * hour_ms, 9 * day_ms);
  ASSERT_EQ(task->key_count(), 0u);
  apply(*task, {signal(2, 1, 7, hour_ms, "a")}, 9 * day_ms);
  std::string meta;
  std::vector<std::string> kept, gone;
  task->snapshot(
      false, [&](KeyImage&& image) { (image.bytes.empty() ? gone : kept).push_back(image.key); }, meta);
  EXPECT_EQ(kept.size(), 2u) << "the group and the second signal";
  EXPECT_EQ(gone.size(), 1u) << "the first signal";
}

TEST(SignalTask, RefusesAnotherRulesSnapshotAndDamage) {
  const auto task = make_task();
  apply(*task, {signal(1, 1, 5, 100, "a")}, 101);
  std::string meta;
  std::vector<KeyImage> images;
  task->snapshot(
      true, [&](KeyImage&& image) { images.push_back(std::move(image)); }, meta);
  const auto other = make_task();
  EXPECT_EQ(other->restore_meta(meta), "");
  EXPECT_NE(other->restore_meta(meta.substr(0, meta.size() - 1)), "");
  auto foreign = meta;
  foreign[1] = static_cast<char>(foreign[1] ^ 1);
  EXPECT_NE(other->restore_meta(foreign), "");
  for (const auto& image : images) {
    EXPECT_NE(other->restore_key(image.key, image.bytes.substr(0, image.bytes.size() - 1)), "");
  }
}

}  // namespace
}  // namespace vigia
