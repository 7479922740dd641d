// Alerts, their last states, dead letters and too-late records on Kafka topics, through one producer.
#pragma once

#include <memory>
#include <string>

#include "connectors/alert_sink.h"
#include "connectors/dead_letters.h"
#include "connectors/kafka_producer.h"
#include "connectors/pipeline_config.h"

namespace vigia {

// Each revision goes to `outputs.alerts` (key: subject) and to the compacted `outputs.alert_state` (key: alert id), with
// CloudEvents headers in Kafka's binary mode: ce_id is "ALERT_ID-REVISION", so a consumer can tell a repetition.
class KafkaAlertSink : public AlertSink {
 public:
  // The producer outlives the sink.
  KafkaAlertSink(KafkaProducer& producer, std::string application, OutputSpec outputs);

  [[nodiscard]] Status write(std::span<const Alert> alerts) override;
  [[nodiscard]] Status flush() override { return producer_.flush(); }

 private:
  KafkaProducer& producer_;
  std::string source_;
  OutputSpec outputs_;
  std::string payload_;
};

class KafkaDeadLetters : public DeadLetters {
 public:
  KafkaDeadLetters(KafkaProducer& producer, OutputSpec outputs);

  [[nodiscard]] Status write(std::span<const RejectedRecord> rejected, std::span<const std::string> topics) override;
  [[nodiscard]] Status flush() override { return producer_.flush(); }

 private:
  KafkaProducer& producer_;
  OutputSpec outputs_;
};

}  // namespace vigia
