#include "app/result_delivery.h"

namespace vigia {

Status ResultDelivery::write(std::span<const EpochResult> results) {
  for (const EpochResult& result : results) {
    if (!result.alerts.empty()) {
      wrote_alerts_ = true;
      for (AlertSink* sink : sinks_) {
        if (Status status = sink->write(result.alerts); !status.ok()) return status;
      }
    }
    if (!result.signals.empty() && signals_ != nullptr) {
      wrote_signals_ = true;
      if (Status status = signals_->write(result.signals); !status.ok()) return status;
    }
    if (triage_ != nullptr && !(result.states.empty() && result.replies.empty())) {
      wrote_triage_ = true;
      if (Status status = triage_->write(result.states, result.replies); !status.ok()) return status;
    }
    if (result.rejected.empty()) continue;
    wrote_rejected_ = true;
    if (Status status = letters_.write(result.rejected, topics_); !status.ok()) return status;
  }
  return Status::good();
}

Status ResultDelivery::flush() {
  if (wrote_alerts_) {
    for (AlertSink* sink : sinks_) {
      if (Status status = sink->flush(); !status.ok()) return status;
    }
  }
  if (wrote_rejected_) {
    if (Status status = letters_.flush(); !status.ok()) return status;
  }
  if (wrote_signals_) {
    if (Status status = signals_->flush(); !status.ok()) return status;
  }
  if (wrote_triage_) {
    if (Status status = triage_->flush(); !status.ok()) return status;
  }
  wrote_alerts_ = wrote_rejected_ = wrote_signals_ = wrote_triage_ = false;
  return Status::good();
}

void ResultDelivery::announce(std::span<const EpochResult> results) {
  for (const EpochResult& result : results) {
    revisions_ += result.alerts.size();
    if (!watch_) continue;
    for (const Alert& alert : result.alerts) watch_(alert);
  }
}

}  // namespace vigia
