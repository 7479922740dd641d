// Alerts, dead letters and too-late records on Kafka topics, through one producer.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "connectors/alert_record.h"
#include "connectors/alert_sink.h"
#include "connectors/dead_letters.h"
#include "connectors/kafka_producer.h"
#include "connectors/pipeline_config.h"

namespace vigia {

// Each revision goes to `outputs.alerts` (key: subject; its bytes are those of alert_record.h) and, for the triage stage, to the
// internal `outputs.triage` (key: alert id; FlatBuffers; the record's time is the revision's detected_ms).
class KafkaAlertSink : public AlertSink {
 public:
  // The producer outlives the sink.
  KafkaAlertSink(KafkaProducer& producer, std::string application, OutputSpec outputs);

  [[nodiscard]] Status write(std::span<const Alert> alerts) override;
  [[nodiscard]] Status flush() override { return producer_.flush(); }

 private:
  KafkaProducer& producer_;
  std::string application_;
  OutputSpec outputs_;
  AlertRecord record_;
};

// A record that would not fit into its topic with the headers that it gets is cut, and truncated_header says how long its
// value was: what is too large must not stop what comes behind it.
class KafkaDeadLetters : public DeadLetters {
 public:
  // What a topic takes is asked for when the first record comes that has `ask_from_bytes`; that much every topic takes.
  KafkaDeadLetters(KafkaProducer& producer, OutputSpec outputs, std::size_t ask_from_bytes = 900'000);

  [[nodiscard]] Status write(std::span<const RejectedRecord> rejected, std::span<const std::string> topics) override;
  [[nodiscard]] Status flush() override { return producer_.flush(); }

 private:
  [[nodiscard]] std::size_t limit_of(const std::string& topic);

  KafkaProducer& producer_;
  OutputSpec outputs_;
  std::size_t ask_from_bytes_;
  std::map<std::string, std::size_t> limit_bytes_;  // by topic, of those that were asked for
};

}  // namespace vigia
