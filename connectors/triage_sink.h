// Where the triage stage's results go: how alerts stand, and answers to commands. One thread calls a sink.
#pragma once

#include <span>
#include <string>
#include <utility>

#include "connectors/alert_record.h"
#include "connectors/kafka_producer.h"
#include "connectors/status.h"
#include "engine/task.h"

namespace vigia {

class TriageSink {
 public:
  virtual ~TriageSink() = default;

  // Takes those of one epoch, in their order. Writing the same again is harmless.
  [[nodiscard]] virtual Status write(std::span<const Alert> states, std::span<const CommandReply> replies) = 0;
  // Good: everything written before is where it belongs.
  [[nodiscard]] virtual Status flush() = 0;
};

// States to the compacted `outputs.alert_state`, replies to `outputs.replies`, both keyed by alert id, in the format of the
// outputs; replies in JSON where that is one for alerts only.
class KafkaTriageSink : public TriageSink {
 public:
  // The producer outlives the sink.
  KafkaTriageSink(KafkaProducer& producer, std::string application, OutputSpec outputs)
      : producer_(producer), application_(std::move(application)), outputs_(std::move(outputs)) {}

  [[nodiscard]] Status write(std::span<const Alert> states, std::span<const CommandReply> replies) override;
  [[nodiscard]] Status flush() override { return producer_.flush(); }

 private:
  [[nodiscard]] Status write(const CommandReply& reply);

  KafkaProducer& producer_;
  std::string application_;
  OutputSpec outputs_;
  AlertRecord record_;
};

}  // namespace vigia
