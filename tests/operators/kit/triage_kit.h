// TriageTask, fed by hand: alerts, commands and the clock in, replies and states out. Times are after t0.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "operators/triage_task.h"
#include "schemas/enum_names.h"

namespace vigia::triage_kit {

inline constexpr TimeMs t0 = 1'772'668'800'000;  // Thursday 2026-03-05 00:00 UTC
inline constexpr TimeMs minute_ms = 60'000, hour_ms = 60 * minute_ms, day_ms = 24 * hour_ms;
inline const std::string a1(32, 'a'), a2(32, 'b');

class TriageTaskTest : public testing::Test {
 protected:
  void SetUp() override {
    config.application = "test";
    site = std::make_shared<SiteModel>();
    config.site = site;
    options.topics = {"test.triage", "vigia.commands"};
    begin();
  }
  void begin() { task = std::make_unique<TriageTask>(config, options); }

  void equip(SiteEquipment equipment) {
    site->equipment = Equipment(std::move(equipment));
    begin();
  }
  void rule(const std::string& id, TriageSpec triage) {
    RuleSpec spec;
    spec.id = id;
    spec.triage = triage;
    config.rules.push_back(spec);
    begin();
  }

  struct Alarm {
    std::string id = a1;
    std::uint32_t revision = 1;
    TimeMs start_ms = 0, end_ms = 0;  // end 0: it lasts
    std::string kind = "door_held", site = "gye", rule = "r", subject = "d1";
    schema::AlertStatus status = schema::AlertStatus::confirmed;
    schema::Category category = schema::Category::attention_medium;
    TimeMs detected_ms = -1;  // -1: when it comes
  };
  void alert(TimeMs at_ms, const Alarm& alarm) {
    Alert alert;
    alert.alert_id = alarm.id;
    alert.revision = alarm.revision;
    alert.kind = alarm.kind;
    alert.rule_id = alarm.rule;
    alert.subject_id = alarm.subject;
    alert.detected_ms = t0 + (alarm.detected_ms < 0 ? at_ms : alarm.detected_ms);
    alert.status = alarm.status;
    alert.category = alarm.category;
    alert.site_id = alarm.site;
    alert.start_ms = t0 + alarm.start_ms;
    alert.end_ms = alarm.end_ms == 0 ? 0 : t0 + alarm.end_ms;
    flatbuffers::FlatBufferBuilder builder;
    schema::FinishAlertBuffer(builder, schema::Alert::Pack(builder, &alert));
    feed(0, at_ms, {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()});
  }
  // The event's time is `event_ms` after t0; -1: it names none.
  void command(TimeMs at_ms, const std::string& action, const std::string& by, const std::string& id = a1,
               const std::string& note = "", TimeMs event_ms = -1) {
    feed(1, at_ms,
         fmt::format(R"({{"alert_id":"{}","action":"{}","by":"{}","note":"{}","event_time_ms":{}}})", id, action, by,
                     note, event_ms < 0 ? 0 : t0 + event_ms));
  }
  void feed(std::uint16_t topic, TimeMs at_ms, const std::string& value) {
    if (restarts) restart();
    const InputRecord record{TopicIndex{topic}, PartitionId{0}, Offset{offset++}, t0 + at_ms, "key", value};
    const TimeMs clock_ms = std::max(clock, t0 + at_ms);
    take(task->process({&record, 1}, {&clock_ms, 1}, clock_ms));
    clock = clock_ms;
  }
  void advance(TimeMs at_ms) {
    if (restarts) restart();
    clock = t0 + at_ms;
    take(task->process({}, {}, clock));
  }
  void take(EpochResult result) {
    EXPECT_TRUE(result.account.adds_up());
    EXPECT_THAT(result.alerts, testing::IsEmpty()) << "alerts are not its own";
    for (const auto& rejected : result.rejected) letters.push_back(rejected.reason);
    for (auto& state : result.states) states.push_back(std::move(state));
    for (auto& reply : result.replies) replies.push_back(std::move(reply));
  }
  void restart() {
    std::string meta;
    task->snapshot(
        false, [&](KeyImage&& image) { images[image.key] = image.bytes; }, meta);
    std::erase_if(images, [](const auto& image) { return image.second.empty(); });
    begin();
    ASSERT_EQ(task->restore_meta(meta), "");
    for (const auto& [key, bytes] : images) ASSERT_EQ(task->restore_key(key, bytes), "");
  }

  // "RESULT STATUS REVISION reason", of the last reply.
  [[nodiscard]] std::string reply() const {
    if (replies.empty()) return "none";
    const auto& last = replies.back();
    return fmt::format("{} {} {}{}{}", schema::name_of(last.result), schema::name_of(last.triage_status),
                       last.triage_revision, last.reason.empty() ? "" : " ", last.reason);
  }
  // "REVISION STATUS TRIAGE_REVISION BY", of the last state.
  [[nodiscard]] std::string state() const {
    if (states.empty()) return "none";
    const auto& last = states.back();
    return fmt::format("{} {} {} {}", last.revision, schema::name_of(last.triage_status), last.triage_revision,
                       last.triage_by);
  }
  [[nodiscard]] std::string attribute(const std::string& key) const {
    for (const auto& one : states.back().attributes)
      if (one->key == key) return one->value;
    return "";
  }

  StageConfig config;
  std::shared_ptr<SiteModel> site;
  TriageOptions options;
  std::unique_ptr<TriageTask> task;
  std::map<std::string, std::string> images;
  bool restarts = false;
  std::int64_t offset = 0;
  TimeMs clock = no_time_ms;
  std::vector<Alert> states;
  std::vector<CommandReply> replies;
  std::vector<std::string> letters;
};

}  // namespace vigia::triage_kit
