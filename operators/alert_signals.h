// Alerts as signals: each revision leaves under the alert's id, so that detections over alerts (service: alert) see it, and all
// revisions of one alert meet in one place.
#pragma once

#include <string_view>
#include <vector>

#include "engine/task.h"
#include "operators/sigma_plan.h"

namespace vigia {

inline constexpr std::string_view alert_signal_rule = "vigia.alert";  // their rule_id; the group is the alert's id

[[nodiscard]] Signal signal_of(const Alert& alert);

// Adds the signals of those alerts that detections over alerts may look at: all but incidents. `plan`: null: no detections.
void signal_alerts(const SigmaPlan* plan, const std::vector<Alert>& alerts, std::vector<Signal>& signals);

}  // namespace vigia
