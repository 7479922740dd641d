// logon_badged_out: a logon by a holder whose last granted badge was `out`. An instant at the logon. The user's name is the
// holder's id. A badge without direction is no `out`; one that was refused took nobody anywhere.
#pragma once

#include <fmt/format.h>

#include "operators/alert_words.h"
#include "operators/group_rule.h"

namespace vigia {

class LogonBadgedOut : public GroupRule {
 public:
  static constexpr std::string_view kind = "logon_badged_out";
  using GroupRule::GroupRule;

  void take(const schema::AccessEvent& event, std::vector<GroupPart>& parts) const override {
    if (event.kind() != schema::AccessKind::badge_granted) return;
    if (event.holder_id() == nullptr || event.holder_id()->size() == 0) return;
    add_part(parts, {event.holder_id()->str()}, event.direction() == schema::Direction::out ? out : inside);
  }
  void take(const Logon& logon, std::vector<GroupPart>& parts) const override {
    add_part(parts, {std::string(logon.user)}, by_logon);
  }
  void judge(std::span<const GroupEvent> events, TimeMs, Judgement& judgement) const override {
    const GroupEvent* badge = nullptr;
    for (const auto& event : events) {
      if (event.marks != by_logon) {
        badge = &event;
      } else if (badge != nullptr && badge->marks == out && concerns(badge->device_id)) {
        auto& episode = judgement.episodes.emplace_back(instant(event, badge));
        episode.value = static_cast<double>(badge->at_ms);
      }
    }
  }
  [[nodiscard]] TimeMs reach_ms() const override { return 0; }
  [[nodiscard]] std::uint32_t lasting_marks() const override { return out | inside; }
  void describe(const Episode& episode, std::span<const std::string> group,
                std::span<const std::string_view> device_ids, Alert& alert) const override {
    describe_holder(group[0], other_device_of(episode.context, device_ids), alert);
    add_attribute(alert, "badged_out_ms", std::to_string(static_cast<TimeMs>(episode.value)));
    add_attribute(alert, "record_key", std::string(device_of(episode.context, device_ids)));
    alert.message = fmt::format("logon {} after the holder had badged out",
                                duration_text(episode.start_ms - static_cast<TimeMs>(episode.value)));
  }

 private:
  static constexpr std::uint32_t out = 1, inside = 2, by_logon = 4;
};

}  // namespace vigia
