// Where signals go: the internal topic between two stages. One thread calls a sink.
#pragma once

#include <span>
#include <string>
#include <utility>

#include "connectors/kafka_producer.h"
#include "connectors/status.h"
#include "engine/task.h"

namespace vigia {

class SignalSink {
 public:
  virtual ~SignalSink() = default;

  // Takes the signals of one epoch, in their order. Writing the same (signal_id, revision) again is harmless.
  [[nodiscard]] virtual Status write(std::span<const Signal> signals) = 0;
  // Good: everything written before is where it belongs.
  [[nodiscard]] virtual Status flush() = 0;
};

// Keyed by the hash of rule and group, so that what belongs together meets in one partition; the record's time is the
// signal's broker time. Always FlatBuffers, whatever the format of the outputs: nobody but vigia reads it.
class KafkaSignalSink : public SignalSink {
 public:
  // The producer outlives the sink.
  KafkaSignalSink(KafkaProducer& producer, std::string topic) : producer_(producer), topic_(std::move(topic)) {}

  [[nodiscard]] Status write(std::span<const Signal> signals) override;
  [[nodiscard]] Status flush() override { return producer_.flush(); }

 private:
  KafkaProducer& producer_;
  std::string topic_;
};

}  // namespace vigia
