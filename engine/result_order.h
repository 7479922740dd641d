// The order in which alerts and signals leave an epoch: told by their content alone, so that it does not show how many
// threads, shards or stages there were.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/task.h"

namespace vigia {

inline void put_in_order(std::vector<Alert>& alerts) {
  std::stable_sort(alerts.begin(), alerts.end(), [](const Alert& a, const Alert& b) {
    return std::tie(a.detected_ms, a.subject_id, a.rule_id, a.start_ms, a.alert_id, a.revision) <
           std::tie(b.detected_ms, b.subject_id, b.rule_id, b.start_ms, b.alert_id, b.revision);
  });
}

// Signals are large, and there may be one for each event: each moves once.
inline void put_in_order(std::vector<Signal>& signals) {
  std::vector<std::uint32_t> order(signals.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t i, std::uint32_t j) {
    const auto &a = signals[i], &b = signals[j];
    return std::tie(a.broker_ms, a.rule_id, a.group, a.subject_id, a.start_ms, a.signal_id, a.revision) <
           std::tie(b.broker_ms, b.rule_id, b.group, b.subject_id, b.start_ms, b.signal_id, b.revision);
  });
  std::vector<Signal> sorted;
  sorted.reserve(signals.size());
  for (const auto i : order) sorted.push_back(std::move(signals[i]));
  signals = std::move(sorted);
}

}  // namespace vigia
