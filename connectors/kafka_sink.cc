#include "connectors/kafka_sink.h"

#include <algorithm>
#include <utility>

namespace vigia {

namespace {

constexpr std::size_t truncated_header_bytes = 48;
constexpr std::size_t header_bytes = 16;  // of each: its two lengths, and some room

std::size_t size_of(std::span<const RecordHeader> headers) {
  std::size_t bytes = 0;
  for (const RecordHeader& header : headers) bytes += header.name.size() + header.value.size() + header_bytes;
  return bytes;
}

std::string pack(const Alert& alert) {
  flatbuffers::FlatBufferBuilder builder;
  schema::FinishAlertBuffer(builder, schema::Alert::Pack(builder, &alert));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

}  // namespace

KafkaAlertSink::KafkaAlertSink(KafkaProducer& producer, std::string application, OutputSpec outputs)
    : producer_(producer), application_(std::move(application)), outputs_(std::move(outputs)) {}

Status KafkaAlertSink::write(std::span<const Alert> alerts) {
  std::vector<RecordHeader> headers;
  for (const Alert& alert : alerts) {
    make_alert_record(alert, application_, outputs_.format, record_);
    headers.clear();
    for (const auto& [name, value] : record_.headers) headers.push_back({name, value});
    if (Status status = producer_.produce(outputs_.alerts, record_.key, record_.payload, headers); !status.ok())
      return status;
    if (outputs_.triage.empty()) continue;
    Status status = producer_.produce(outputs_.triage, alert.alert_id, pack(alert), {}, -1, alert.detected_ms);
    if (!status.ok()) return status;
  }
  return Status::good();
}

KafkaDeadLetters::KafkaDeadLetters(KafkaProducer& producer, OutputSpec outputs, std::size_t ask_from_bytes)
    : producer_(producer), outputs_(std::move(outputs)), ask_from_bytes_(ask_from_bytes) {}

std::size_t KafkaDeadLetters::limit_of(const std::string& topic) {
  const auto [known, is_new] = limit_bytes_.try_emplace(topic, ask_from_bytes_);
  // Without an answer it stays at what every topic takes, until the engine is started again.
  if (is_new) static_cast<void>(producer_.record_limit(topic, known->second));
  return known->second;
}

Status KafkaDeadLetters::write(std::span<const RejectedRecord> rejected, std::span<const std::string> topics) {
  std::vector<RecordHeader> headers;
  for (const RejectedRecord& one : rejected) {
    const InputRecord& record = *one.record;
    const std::string partition = std::to_string(record.partition.value);
    const std::string offset = std::to_string(record.offset.value);
    const std::string event_index = std::to_string(one.event_index);
    const auto original = headers_of(record);
    headers.assign(original.begin(), original.end());
    headers.push_back({reason_header, one.reason});
    headers.push_back({topic_header, topics[record.topic.value]});
    headers.push_back({partition_header, partition});
    headers.push_back({offset_header, offset});
    if (one.event_index >= 0) headers.push_back({event_index_header, event_index});
    const std::string& topic = one.kind == RejectKind::dead_letter ? outputs_.dead_letters : outputs_.too_late;
    std::string_view value = record.is_tombstone    ? std::string_view{}
                             : record.value.empty() ? std::string_view{""}
                                                    : record.value;
    const std::string whole_bytes = std::to_string(value.size());
    const std::size_t others = size_of(headers) + record.key.size();
    if (others + value.size() > ask_from_bytes_ && others + value.size() > limit_of(topic)) {
      headers.push_back({truncated_header, whole_bytes});
      value = value.substr(0, limit_of(topic) - std::min(limit_of(topic), others + truncated_header_bytes));
    }
    if (Status status = producer_.produce(topic, record.key, value, headers); !status.ok()) return status;
  }
  return Status::good();
}

}  // namespace vigia
