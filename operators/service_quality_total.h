// service_quality, the whole: one alert per provider and local day over all seals, wherever they are judged. Adds up the
// parts that the seals' stage signals (operators/service_quality.h); what a seal takes back is no longer in the sum.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/signal_task.h"
#include "operators/alert_signals.h"
#include "operators/rule.h"

namespace vigia {

class ServiceQualityTotal : public SignalRules {
 public:
  // Of `rules`, those of its kind. `sigma`: null: no detections over alerts.
  ServiceQualityTotal(std::string application, const std::vector<RuleSpec>& rules,
                      std::shared_ptr<const SigmaPlan> sigma = nullptr);

  [[nodiscard]] std::uint64_t fingerprint() const override;
  [[nodiscard]] std::string_view application() const override { return application_; }
  [[nodiscard]] int find_rule(std::string_view rule_id) const override;
  [[nodiscard]] std::string subject_of(int rule, const SignalGroup& group) const override;
  void judge(int rule, const SignalGroup& group, TimeMs clock_ms, Judgement& out) const override;
  [[nodiscard]] Alert describe(int rule, const SignalGroup& group, const ToldAlert& told) const override;
  void tell_alerts(const std::vector<Alert>& alerts, std::vector<Signal>& signals) const override {
    signal_alerts(sigma_.get(), alerts, signals);
  }

 private:
  struct Rule {
    RuleSpec spec;
    std::string hash;
  };
  std::string application_;
  std::vector<Rule> rules_;
  std::shared_ptr<const SigmaPlan> sigma_;
};

// Of all messages those without delay, to four decimals.
[[nodiscard]] std::string quality_ratio(std::uint64_t without_delay, std::uint64_t with_delay);

}  // namespace vigia
