#include "connectors/signal_sink.h"

#include "engine/signal_record.h"

namespace vigia {

Status KafkaSignalSink::write(std::span<const Signal> signals) {
  for (const Signal& signal : signals) {
    Status status = producer_.produce(topic_, record_key(signal), record_value(signal), {}, -1, signal.broker_ms);
    if (!status.ok()) return status;
  }
  return Status::good();
}

}  // namespace vigia
