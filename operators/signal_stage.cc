#include "operators/signal_stage.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "engine/chained_task.h"
#include "engine/side_by_side_task.h"
#include "operators/correlation_task.h"
#include "operators/first_stages.h"
#include "operators/service_quality.h"
#include "operators/service_quality_total.h"
#include "operators/sigma_plan.h"
#include "schemas/verify.h"

namespace vigia {

namespace {

bool needs_totals(const StageConfig& config) {
  return std::ranges::any_of(config.rules, [](const RuleSpec& rule) { return rule.kind == ServiceQuality::kind; });
}
bool needs_correlations(const StageConfig& config) { return config.sigma && !config.sigma->correlations.empty(); }

std::unique_ptr<Task> make_total_task(const StageConfig& config, bool at_once) {
  constexpr TimeMs week_ms = 7 * 24 * 3'600'000LL;  // how far one partition of the first stage may lag behind another
  return std::make_unique<SignalTask>(std::make_unique<ServiceQualityTotal>(config.application, config.rules),
                                      SignalTaskOptions{config.horizon_ms + week_ms, at_once});
}

std::unique_ptr<Task> make_correlation_task(const StageConfig& config) {
  CorrelationOptions options;
  options.application = config.application;
  options.keep_ms = config.horizon_ms;
  return std::make_unique<CorrelationTask>(config.sigma, std::move(options));
}

}  // namespace

bool needs_signal_stage(const StageConfig& config) { return needs_totals(config) || needs_correlations(config); }

std::unique_ptr<Task> make_signal_task(const StageConfig& config, bool at_once) {
  if (!needs_correlations(config)) return make_total_task(config, at_once);
  if (!needs_totals(config)) return make_correlation_task(config);
  const auto is_correlation = [plan = config.sigma](const InputRecord& record) {
    const auto* signal = schema::verify_signal_record(record.value);
    return signal != nullptr && plan->find_correlation(signal->rule_id()->string_view()) >= 0;
  };
  std::vector<SideBySideTask::Part> parts;
  parts.push_back({make_total_task(config, at_once), {TopicIndex{0}}, std::not_fn(is_correlation)});
  parts.push_back({make_correlation_task(config), {TopicIndex{0}}, is_correlation});
  return std::make_unique<SideBySideTask>(std::move(parts));
}

std::unique_ptr<Task> make_whole_task(const StageConfig& config) {
  auto first = make_first_task(config);
  if (!needs_signal_stage(config)) return first;
  return std::make_unique<ChainedTask>(std::move(first), make_signal_task(config));
}

}  // namespace vigia
