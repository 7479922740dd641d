// anti_passback: of one holder's badges at the doors of one area, an `in` after an `in`, or an `out` after an `out`. An instant. A
// holder's first badge is neither.
#pragma once

#include "operators/alert_words.h"
#include "operators/group_rule.h"

namespace vigia {

class AntiPassback : public GroupRule {
 public:
  static constexpr std::string_view kind = "anti_passback";
  using GroupRule::GroupRule;

  void take(const schema::AccessEvent& event, std::vector<GroupPart>& parts) const override {
    const bool has_direction =
        event.direction() == schema::Direction::in || event.direction() == schema::Direction::out;
    if (event.kind() != schema::AccessKind::badge_granted || !has_direction) return;
    if (event.holder_id() == nullptr || event.holder_id()->size() == 0) return;
    const auto* door = find_door(event.door_id()->string_view());
    if (door == nullptr || door->area.empty()) return;
    add_part(parts, {event.holder_id()->str(), door->area}, event.direction() == schema::Direction::in ? in : out);
  }
  void judge(std::span<const GroupEvent> events, TimeMs, Judgement& judgement) const override {
    const GroupEvent* before = nullptr;
    for (const auto& event : events) {
      const bool again = before != nullptr && before->marks == event.marks;
      if (again && concerns(event.device_id)) {
        judgement.episodes.push_back(instant(event, before));
        judgement.episodes.back().cause = static_cast<std::uint16_t>(event.marks);
      }
      before = &event;
    }
  }
  [[nodiscard]] TimeMs reach_ms() const override { return 0; }
  [[nodiscard]] std::uint32_t lasting_marks() const override { return in | out; }
  void describe(const Episode& episode, std::span<const std::string> group,
                std::span<const std::string_view> device_ids, Alert& alert) const override {
    describe_holder(group[0], device_of(episode.context, device_ids), alert);
    add_attribute(alert, "previous_door_id", std::string(other_device_of(episode.context, device_ids)));
    alert.message = episode.cause == in ? "in again without having been out" : "out again without having been in";
  }

 private:
  static constexpr std::uint32_t in = 1, out = 2;
};

}  // namespace vigia
