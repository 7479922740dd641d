// What officers find, as trip events tell it. Instants.
//
//   inspection_off_camera   an `inspect` in a zone that no camera of the site watches
//   seal_number_mismatch    a `check_seal` that finds another number than the trip's last `assign` or `replace_seal` said
//
// Not judged: an event without the zone or the number, a check of a trip whose number is not known.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "operators/fold.h"

namespace vigia {

class SealCheckRule : public OperatorBase {
 public:
  explicit SealCheckRule(const RuleSpec& spec) : is_always_(spec.scope == Scope::always) {}

 protected:
  void add(SealJudge& judge, const TripCheck& check) const {
    if (!is_always_) {
      const auto spans = judge.key.context->spans();
      const bool is_running = std::ranges::any_of(spans, [&](const TripSpan& span) {
        return span.trip == check.trip && span.start_ms <= check.at_ms && check.at_ms < span.end_ms;
      });
      if (!is_running) return;
    }
    auto& episode = judge.add(check.at_ms, check.broker_ms);
    episode.end_ms = check.at_ms;
    episode.late_by_ms = std::max<TimeMs>(0, check.broker_ms - check.at_ms);
    episode.context = check.trip;
    episode.evidence[0] = check.evidence;
  }

 private:
  bool is_always_;
};

class InspectionOffCamera : public SealCheckRule {
 public:
  static constexpr std::string_view kind = "inspection_off_camera";
  using SealCheckRule::SealCheckRule;

  void judge(SealJudge& judge) const {
    if (judge.key.context == nullptr) return;
    const auto& cameras = judge.site.equipment.cameras();
    for (const auto& check : judge.key.context->checks.all()) {
      if (check.action != schema::TripAction::inspect) continue;
      const bool is_watched =
          std::ranges::any_of(cameras, [&](const Camera& camera) { return camera.zone == check.text; });
      if (!is_watched) add(judge, check);
    }
  }
};

class SealNumberMismatch : public SealCheckRule {
 public:
  static constexpr std::string_view kind = "seal_number_mismatch";
  using SealCheckRule::SealCheckRule;

  void judge(SealJudge& judge) const {
    if (judge.key.context == nullptr) return;
    std::map<std::uint16_t, const std::string*> numbers;  // by trip, the last one told
    for (const auto& check : judge.key.context->checks.all()) {
      if (check.sets_number()) numbers[check.trip] = &check.text;
      if (check.action != schema::TripAction::check_seal) continue;
      const auto known = numbers.find(check.trip);
      if (known != numbers.end() && *known->second != check.text) add(judge, check);
    }
  }
};

// Whether a rule reads what TripChecks holds.
[[nodiscard]] inline bool is_seal_check(const RuleSpec& rule) {
  return rule.kind == InspectionOffCamera::kind || rule.kind == SealNumberMismatch::kind;
}

}  // namespace vigia
