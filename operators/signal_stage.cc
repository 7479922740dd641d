#include "operators/signal_stage.h"

#include <algorithm>

#include "engine/chained_task.h"
#include "operators/first_stages.h"
#include "operators/service_quality.h"
#include "operators/service_quality_total.h"

namespace vigia {

bool needs_signal_stage(const StageConfig& config) {
  return std::ranges::any_of(config.rules, [](const RuleSpec& rule) { return rule.kind == ServiceQuality::kind; });
}

std::unique_ptr<Task> make_signal_task(const StageConfig& config, bool at_once) {
  constexpr TimeMs week_ms = 7 * 24 * 3'600'000LL;  // how far one partition of the first stage may lag behind another
  return std::make_unique<SignalTask>(std::make_unique<ServiceQualityTotal>(config.application, config.rules),
                                      SignalTaskOptions{config.horizon_ms + week_ms, at_once});
}

std::unique_ptr<Task> make_whole_task(const StageConfig& config) {
  auto first = make_first_task(config);
  if (!needs_signal_stage(config)) return first;
  return std::make_unique<ChainedTask>(std::move(first), make_signal_task(config));
}

}  // namespace vigia
