// repeated_denials by holder, at whatever doors: it starts with the first denial of the first `count` within `window`, goes on
// while the next comes within `window` of the last, and ends with the last, once `window` has passed. By door:
// operators/repeated_denials.h.
#pragma once

#include "operators/alert_words.h"
#include "operators/group_rule.h"

namespace vigia {

class DenialsOfHolder : public GroupRule {
 public:
  DenialsOfHolder(const RuleSpec& spec, std::shared_ptr<const SiteModel> site)
      : GroupRule(spec, std::move(site)),
        window_ms_(spec.duration_ms("window")),
        count_(static_cast<std::size_t>(spec.integer("count"))) {}

  void take(const schema::AccessEvent& event, std::vector<GroupPart>& parts) const override {
    if (event.kind() != schema::AccessKind::badge_denied) return;
    if (event.holder_id() == nullptr || event.holder_id()->size() == 0) return;
    if (concerns(event.door_id()->string_view())) add_part(parts, {event.holder_id()->str()}, denial);
  }
  void judge(std::span<const GroupEvent> events, TimeMs clock_ms, Judgement& out) const override {
    const GroupEvent *first = nullptr, *last = nullptr;  // first: of the run that is under way
    const auto end = [&](bool is_over) {
      auto& episode = out.episodes.emplace_back();
      episode.start_ms = first->at_ms;
      episode.end_ms = is_over ? last->at_ms : 0;
      episode.status = is_over ? schema::AlertStatus::cleared : schema::AlertStatus::confirmed;
      episode.context = device_note(last->device_id);
      episode.evidence[0] = first->evidence;
      episode.evidence[1] = last->evidence;
    };
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (first != nullptr && events[i].at_ms - last->at_ms > window_ms_) {
        end(true);
        first = nullptr;
      }
      last = &events[i];
      if (first != nullptr || i + 1 < count_ || last->at_ms - events[i + 1 - count_].at_ms > window_ms_) continue;
      first = &events[i + 1 - count_];
    }
    if (first == nullptr) return;
    const auto due_ms = last->at_ms + window_ms_;
    const bool is_over = clock_ms > due_ms;
    end(is_over);
    if (!is_over) out.due_ms = due_ms;
  }
  [[nodiscard]] TimeMs reach_ms() const override { return window_ms_; }
  void describe(const Episode& episode, std::span<const std::string> group,
                std::span<const std::string_view> device_ids, Alert& alert) const override {
    describe_holder(group[0], device_of(episode.context, device_ids), alert);
    alert.message = episode.end_ms == 0
                        ? "the holder's badge refused again and again"
                        : "the holder's badge refused for " + duration_text(episode.end_ms - episode.start_ms);
  }

 private:
  static constexpr std::uint32_t denial = 1;
  TimeMs window_ms_;
  std::size_t count_;
};

}  // namespace vigia
