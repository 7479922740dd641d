#include "operators/signal_stage.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/chained_task.h"
#include "engine/side_by_side_task.h"
#include "operators/alert_detection_task.h"
#include "operators/alert_signals.h"
#include "operators/correlation_task.h"
#include "operators/first_stages.h"
#include "operators/group_rules.h"
#include "operators/service_quality.h"
#include "operators/service_quality_total.h"
#include "operators/sigma_plan.h"
#include "schemas/verify.h"

namespace vigia {

namespace {

bool is_total(const RuleSpec& rule) { return rule.kind == ServiceQuality::kind; }

std::unique_ptr<Task> make_total_task(const StageConfig& config, bool at_once) {
  constexpr TimeMs week_ms = 7 * 24 * 3'600'000LL;  // how far one partition of the first stage may lag behind another
  return std::make_unique<SignalTask>(
      std::make_unique<ServiceQualityTotal>(config.application, config.rules, config.sigma),
      SignalTaskOptions{config.horizon_ms + week_ms, at_once});
}

std::unique_ptr<Task> make_correlation_task(const StageConfig& config, std::shared_ptr<const SigmaPlan> plan) {
  CorrelationOptions options;
  options.application = config.application;
  options.keep_ms = config.horizon_ms;
  options.budget = config.group_budget;
  options.rules = make_group_rules(config.rules, config.site);
  for (const auto& source : config.sources) options.topics.push_back(source.topic);
  return std::make_unique<CorrelationTask>(std::move(plan), std::move(options));
}

enum class Part { totals, alert_detections, correlations };

Part part_of(const InputRecord& record, const std::vector<std::string>& totals) {
  const auto* signal = schema::verify_signal_record(record.value);
  if (signal == nullptr) return Part::totals;
  const auto rule_id = signal->rule_id()->string_view();
  if (rule_id == alert_signal_rule) return Part::alert_detections;
  return std::ranges::find(totals, rule_id) != totals.end() ? Part::totals : Part::correlations;
}

}  // namespace

bool needs_signal_stage(const StageConfig& config) {
  const bool has_correlations = config.sigma && !config.sigma->correlations.empty();
  return has_correlations || std::ranges::any_of(config.rules, is_total) ||
         std::ranges::any_of(config.rules, is_group_rule);
}

// Always of the same parts, so that a task can go on with another's state under a new configuration.
std::unique_ptr<Task> make_signal_task(const StageConfig& config, bool at_once) {
  const auto plan = config.sigma ? config.sigma : std::make_shared<const SigmaPlan>();
  std::vector<std::string> totals;
  for (const auto& rule : config.rules)
    if (is_total(rule)) totals.push_back(rule.id);
  const auto of = [totals](Part part) {
    return [totals, part](const InputRecord& record) { return part_of(record, totals) == part; };
  };
  std::vector<SideBySideTask::Part> parts;
  parts.push_back({make_total_task(config, at_once), {TopicIndex{0}}, of(Part::totals)});
  parts.push_back({make_correlation_task(config, plan), {TopicIndex{0}}, of(Part::correlations)});
  parts.push_back(
      {std::make_unique<AlertDetectionTask>(plan, config.horizon_ms), {TopicIndex{0}}, of(Part::alert_detections)});
  return std::make_unique<SideBySideTask>(std::move(parts));
}

std::unique_ptr<Task> make_whole_task(const StageConfig& config) {
  auto first = make_first_task(config);
  if (!needs_signal_stage(config)) return first;
  return std::make_unique<ChainedTask>(std::move(first), make_signal_task(config));
}

}  // namespace vigia
