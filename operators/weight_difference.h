// weight_difference: the weight at an exit differs from the weight at entry by more than `percent` of it. The first weighing
// of a trip is its entry, each later one an exit. Instants.
#pragma once

#include <cmath>

#include "operators/fold.h"

namespace vigia {

class WeightDifference : public OperatorBase {
 public:
  static constexpr std::string_view kind = "weight_difference";
  explicit WeightDifference(const RuleSpec& spec) : percent_(spec.number("percent")) {}

  void judge(SealJudge& judge) const {
    if (judge.key.context == nullptr) return;
    for (const auto& span : judge.key.context->spans()) {
      const Weighing* entry = nullptr;
      for (const auto& weighing : judge.trip(span.trip)->weighings) {
        if (weighing.at_ms < span.start_ms || weighing.at_ms >= span.end_ms) continue;
        if (entry == nullptr) {
          entry = &weighing;
          continue;
        }
        const auto difference_kg = std::abs(weighing.weight_kg - entry->weight_kg);
        if (difference_kg * 100 <= percent_ * entry->weight_kg) continue;
        auto& episode = judge.add(weighing.at_ms, weighing.broker_ms);
        episode.end_ms = weighing.at_ms;
        episode.context = span.trip;
        episode.value = weighing.weight_kg - entry->weight_kg;
        episode.evidence[0] = entry->evidence;
        episode.evidence[1] = weighing.evidence;
      }
    }
  }

 private:
  double percent_;
};

}  // namespace vigia
