// impossible_travel: two badges of one holder, one after the other, at doors so far apart that nobody gets from one to the other
// in the time between at `max_speed_kmh`; strictly more is an instant at the second. At equal times the speed is that over 1 s.
// Granted or denied, for the badge was there; doors without position are left out.
#pragma once

#include <fmt/format.h>

#include "operators/alert_words.h"
#include "operators/geo.h"
#include "operators/group_rule.h"

namespace vigia {

class ImpossibleTravel : public GroupRule {
 public:
  static constexpr std::string_view kind = "impossible_travel";
  ImpossibleTravel(const RuleSpec& spec, std::shared_ptr<const SiteModel> site)
      : GroupRule(spec, std::move(site)), max_speed_m_ms_(spec.number("max_speed_kmh") / 3600) {}

  void take(const schema::AccessEvent& event, std::vector<GroupPart>& parts) const override {
    const bool is_badge =
        event.kind() == schema::AccessKind::badge_granted || event.kind() == schema::AccessKind::badge_denied;
    if (!is_badge || event.holder_id() == nullptr || event.holder_id()->size() == 0) return;
    const auto* door = find_door(event.door_id()->string_view());
    if (door != nullptr && door->place) add_part(parts, {event.holder_id()->str()}, badge);
  }
  void judge(std::span<const GroupEvent> events, TimeMs, Judgement& out) const override {
    const GroupEvent* before = nullptr;
    for (const auto& event : events) {
      const auto* door = find_door(event.device_id);
      if (door == nullptr || !door->place) continue;
      if (before != nullptr && concerns(event.device_id)) {
        const auto from = find_door(before->device_id)->place.value();
        const auto farthest_m = max_speed_m_ms_ * static_cast<double>(elapsed_ms(before->at_ms, event.at_ms));
        if (!within_m(distance_m(from, *door->place), farthest_m)) {
          auto& episode = out.episodes.emplace_back(instant(event, before));
          episode.value = static_cast<double>(before->at_ms);
        }
      }
      before = &event;
    }
  }
  [[nodiscard]] TimeMs reach_ms() const override { return 0; }
  [[nodiscard]] std::uint32_t lasting_marks() const override { return badge; }
  void describe(const Episode& episode, std::span<const std::string> group,
                std::span<const std::string_view> device_ids, Alert& alert) const override {
    const auto door_id = device_of(episode.context, device_ids);
    const auto before_id = other_device_of(episode.context, device_ids);
    const auto before_ms = static_cast<TimeMs>(episode.value);
    describe_holder(group[0], door_id, alert);
    alert.message = "a badge at doors too far apart for the time between";
    add_attribute(alert, "previous_door_id", std::string(before_id));
    add_attribute(alert, "previous_ms", std::to_string(before_ms));
    const auto *door = find_door(door_id), *before = find_door(before_id);
    if (before == nullptr || !before->place) return;
    if (!before->site.empty()) add_attribute(alert, "previous_site_id", before->site);
    add_attribute(alert, "previous_lat_deg", fmt::format("{}", before->place->lat_deg));
    add_attribute(alert, "previous_lon_deg", fmt::format("{}", before->place->lon_deg));
    if (door == nullptr || !door->place) return;
    const auto away_m = distance_m(*before->place, *door->place);
    const auto speed_kmh = away_m / static_cast<double>(elapsed_ms(before_ms, episode.start_ms)) * 3600;
    add_attribute(alert, "distance_m", fmt::format("{:.0f}", away_m));
    add_attribute(alert, "speed_kmh", fmt::format("{:.0f}", speed_kmh));
    alert.message = fmt::format("badge at {}, and {} s before at {}, {:.1f} km away", door_id,
                                (episode.start_ms - before_ms) / 1000, before_id, away_m / 1000);
  }

 private:
  static constexpr std::uint32_t badge = 1;
  [[nodiscard]] static TimeMs elapsed_ms(TimeMs from_ms, TimeMs to_ms) {
    return to_ms == from_ms ? 1000 : to_ms - from_ms;
  }
  double max_speed_m_ms_;
};

}  // namespace vigia
