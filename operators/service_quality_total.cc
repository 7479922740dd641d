#include "operators/service_quality_total.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "operators/alert_words.h"
#include "operators/rule_hash.h"
#include "operators/service_quality.h"

namespace vigia {

std::string quality_ratio(std::uint64_t without_delay, std::uint64_t with_delay) {
  const auto all = without_delay + with_delay;
  return fmt::format("{:.4f}", all == 0 ? 0.0 : static_cast<double>(without_delay) / static_cast<double>(all));
}

ServiceQualityTotal::ServiceQualityTotal(std::string application, const std::vector<RuleSpec>& rules,
                                         std::shared_ptr<const SigmaPlan> sigma)
    : application_(std::move(application)), sigma_(std::move(sigma)) {
  for (const auto& rule : rules)
    if (rule.kind == ServiceQuality::kind) rules_.push_back({rule, hash_of(rule)});
}

std::uint64_t ServiceQualityTotal::fingerprint() const {
  std::string all;
  for (const auto& rule : rules_) all += rule.hash;
  return XXH3_64bits(all.data(), all.size());
}

int ServiceQualityTotal::find_rule(std::string_view rule_id) const {
  const auto found =
      std::ranges::find(rules_, rule_id, [](const Rule& rule) { return std::string_view(rule.spec.id); });
  return found == rules_.end() ? -1 : static_cast<int>(found - rules_.begin());
}

std::string ServiceQualityTotal::subject_of(int, const SignalGroup& group) const {
  return group.values.empty() ? std::string() : group.values.front();
}

void ServiceQualityTotal::judge(int rule, const SignalGroup& group, TimeMs, Judgement& out) const {
  std::uint64_t without_delay = 0, with_delay = 0;
  Episode episode;
  for (const auto& [id, signal] : group.signals) {
    if (signal.is_retracted) continue;
    without_delay += signal.without_delay;
    with_delay += signal.with_delay;
    episode.start_ms = signal.start_ms;
    episode.end_ms = signal.end_ms;
  }
  if (without_delay + with_delay == 0) return;
  episode.rule = static_cast<std::uint16_t>(rule);
  episode.status = schema::AlertStatus::cleared;
  episode.context = without_delay;
  episode.value = static_cast<double>(with_delay);
  out.episodes.push_back(episode);
}

Alert ServiceQualityTotal::describe(int rule_number, const SignalGroup& group, const ToldAlert& told) const {
  const auto& [rule, rule_hash] = rules_[static_cast<std::size_t>(rule_number)];
  const auto& episode = told.last;
  const auto without_delay = episode.context;
  const auto with_delay = static_cast<std::uint64_t>(episode.value);
  const auto ratio = quality_ratio(without_delay, with_delay);
  auto alert = alert_of(rule, rule_hash, told);
  alert.subject_type = "provider";
  alert.subject_id = subject_of(rule_number, group);
  alert.message = rule.message;
  if (alert.message.empty())
    alert.message =
        fmt::format("{} of {} messages without delay: {}", without_delay, without_delay + with_delay, ratio);
  add_attribute(alert, "ratio", ratio);
  add_attribute(alert, "with_delay", std::to_string(with_delay));
  add_attribute(alert, "without_delay", std::to_string(without_delay));
  return alert;
}

}  // namespace vigia
