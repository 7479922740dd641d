#include "app/result_delivery.h"

namespace vigia {

Status ResultDelivery::deliver(std::span<const EpochResult> results) {
  bool alerts = false;
  bool rejected = false;
  for (const EpochResult& result : results) {
    if (Status status = write(result); !status.ok()) return status;
    alerts |= !result.alerts.empty();
    rejected |= !result.rejected.empty();
  }
  return flush(alerts, rejected);
}

void ResultDelivery::announce(std::span<const EpochResult> results) {
  for (const EpochResult& result : results) {
    revisions_ += result.alerts.size();
    if (!watch_) continue;
    for (const Alert& alert : result.alerts) watch_(alert);
  }
}

Status ResultDelivery::write(const EpochResult& result) {
  if (!result.alerts.empty()) {
    for (AlertSink* sink : sinks_) {
      if (Status status = sink->write(result.alerts); !status.ok()) return status;
    }
  }
  return result.rejected.empty() ? Status::good() : letters_.write(result.rejected, topics_);
}

Status ResultDelivery::flush(bool alerts, bool rejected) {
  if (alerts) {
    for (AlertSink* sink : sinks_) {
      if (Status status = sink->flush(); !status.ok()) return status;
    }
  }
  return rejected ? letters_.flush() : Status::good();
}

}  // namespace vigia
