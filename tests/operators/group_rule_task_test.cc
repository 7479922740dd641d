// Rules over groups in the task that keeps the groups: what is kept, what a snapshot and another configuration make of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include <fmt/format.h>

#include "engine/signal_record.h"
#include "operators/correlation_task.h"
#include "operators/sigma_findings.h"

namespace vigia {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::uint32_t grant = 1, person = 4 | 1 << 3;

RuleSpec tailgating(TimeMs window_ms, schema::Severity severity = schema::Severity::medium) {
  RuleSpec spec;
  spec.id = "r";
  spec.kind = "tailgating";
  spec.severity = severity;
  spec.params = {{"window", window_ms}};
  return spec;
}

struct Part {
  TimeMs at_ms = 0;
  std::uint32_t marks = 0;
  std::uint64_t value = 0;
};

class GroupRuleTask : public testing::Test {
 protected:
  [[nodiscard]] static std::unique_ptr<CorrelationTask> make(const RuleSpec& spec,
                                                             std::vector<std::string> topics = {"doors", "cameras"}) {
    CorrelationOptions options;
    options.application = "test";
    options.keep_ms = 1'000'000;
    options.rules = make_group_rules({spec}, std::make_shared<const SiteModel>());
    options.topics = std::move(topics);
    return std::make_unique<CorrelationTask>(nullptr, std::move(options));
  }

  // The alerts that come of the events, each a record of its own, and of the clock; the last revision of each in `last`.
  void hear(Task& task, const std::vector<Part>& parts, TimeMs clock_ms) {
    for (const auto& part : parts) {
      Signal signal;
      signal.signal_id = fmt::format("{:016x}{:016x}", ++ids_, 0);
      signal.revision = 1;
      signal.rule_id = "r";
      signal.group = {"door"};
      signal.subject_id = part.marks == grant ? "door" : "camera";
      signal.start_ms = signal.end_ms = signal.broker_ms = part.at_ms;
      set_correlation_event(signal, part.marks, part.value);
      auto& evidence = *signal.evidence.emplace_back(std::make_unique<schema::EvidenceT>());
      evidence.topic = part.marks == grant ? "doors" : "cameras";
      evidence.offset = part.at_ms;
      const auto key = record_key(signal), value = record_value(signal);
      const std::vector<InputRecord> records = {
          {TopicIndex{0}, PartitionId{0}, Offset{static_cast<std::int64_t>(ids_)}, part.at_ms, key, value}};
      take(task.process(records, std::vector<TimeMs>{part.at_ms}, part.at_ms));
    }
    take(task.process({}, {}, clock_ms));
  }
  void take(EpochResult result) {
    EXPECT_THAT(result.rejected, IsEmpty());
    for (auto& alert : result.alerts) {
      const auto id = alert.alert_id;
      last[id] = std::move(alert);
    }
  }
  // "START-END PEOPLE", those that were not withdrawn.
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> texts;
    for (const auto& [id, alert] : last) {
      if (alert.status == schema::AlertStatus::withdrawn) continue;
      std::string people;
      for (const auto& attribute : alert.attributes)
        if (attribute->key == "people") people = attribute->value;
      texts.push_back(fmt::format("{}-{} {}", alert.start_ms, alert.end_ms, people));
    }
    return texts;
  }

  std::map<std::string, Alert> last;
  std::uint64_t ids_ = 0;
};

// A person who stands before the camera for long is kept a few times, and says the same.
TEST_F(GroupRuleTask, SightingsThatSayNothingAreNotKept) {
  for (const bool is_shuffled : {false, true}) {
    last.clear();
    const auto task = make(tailgating(100));
    std::vector<Part> parts;
    for (TimeMs at_ms = 1'000; at_ms < 11'000; at_ms += 10) parts.push_back({at_ms, person, 7});
    std::mt19937 random(1);
    if (is_shuffled) std::ranges::shuffle(parts, random);
    hear(*task, parts, 11'000);
    EXPECT_LT(task->memory_bytes(), 300 * 100u);
    hear(*task, {{999, person, 8}, {1'000, person, 8}, {1'100, person, 8}, {10'990, person, 9}}, 11'000);
    // Before, within, and at both ends of where it was seen.
    hear(*task,
         {{900, grant}, {3'003, grant}, {3'050, person, 8}, {10'990, grant}, {11'000, grant}, {11'050, person, 10}},
         20'000);
    EXPECT_THAT(told(), UnorderedElementsAre("900-1000 2", "3003-3103 2", "10990-11100 3"));
  }
}

TEST_F(GroupRuleTask, AnotherWindowJudgesWhatWasHeardAtOnce) {
  auto before = make(tailgating(100));
  hear(*before,
       {{1'000, grant}, {1'050, person, 1}, {1'150, person, 2}, {5'000, grant}, {5'010, person, 1}, {5'020, person, 2}},
       9'000);
  EXPECT_THAT(told(), ElementsAre("5000-5100 2"));
  auto same = make(tailgating(100));
  EXPECT_THAT(same->take_over(*before).alerts, IsEmpty());
  auto wider = make(tailgating(200));
  take(wider->take_over(*same));
  EXPECT_THAT(told(), UnorderedElementsAre("1000-1200 2", "5000-5200 2"));
  for (const auto& [id, alert] : last) EXPECT_EQ(alert.detected_ms, 9'000) << "the clock of the change";
  auto narrower = make(tailgating(15));
  take(narrower->take_over(*wider));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(GroupRuleTask, ASnapshotKnowsItsTopicsByName) {
  const auto task = make(tailgating(100));
  hear(*task, {{1'000, grant}, {1'050, person, 1}}, 1'060);
  std::string meta;
  std::vector<KeyImage> images;
  task->snapshot(
      true, [&](KeyImage&& image) { images.push_back(std::move(image)); }, meta);
  const auto restored = make(tailgating(100), {"cameras", "doors"});
  EXPECT_EQ(restored->restore_meta(meta), "");
  for (const auto& image : images) EXPECT_EQ(restored->restore_key(image.key, image.bytes), "");
  hear(*restored, {{1'060, person, 2}}, 2'000);
  ASSERT_EQ(last.size(), 1u);
  const auto& alert = last.begin()->second;
  ASSERT_EQ(alert.evidence.size(), 2u);
  EXPECT_EQ(alert.evidence[0]->topic, "doors");
  EXPECT_EQ(alert.evidence[0]->offset, 1'000);
  EXPECT_EQ(alert.evidence[1]->topic, "cameras");
  EXPECT_EQ(alert.evidence[1]->offset, 1'060);
}

}  // namespace
}  // namespace vigia
