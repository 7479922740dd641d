#include "operators/alert_signals.h"

#include <memory>

namespace vigia {

Signal signal_of(const Alert& alert) {
  Signal signal;
  signal.signal_id = alert.alert_id;
  signal.revision = alert.revision;
  signal.is_retracted = alert.status == schema::AlertStatus::withdrawn;
  signal.rule_id = alert_signal_rule;
  signal.group = {alert.alert_id};
  signal.subject_id = alert.subject_id;
  signal.start_ms = alert.start_ms;
  signal.end_ms = alert.end_ms;
  signal.broker_ms = alert.detected_ms;
  signal.alert = std::make_unique<Alert>(alert);
  return signal;
}

void signal_alerts(const SigmaPlan* plan, const std::vector<Alert>& alerts, std::vector<Signal>& signals) {
  if (plan == nullptr || plan->streams[SigmaPlan::alert].detections.empty()) return;
  for (const auto& alert : alerts)
    if (alert.kind != "incident") signals.push_back(signal_of(alert));
}

}  // namespace vigia
