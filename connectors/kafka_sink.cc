#include "connectors/kafka_sink.h"

#include <date/date.h>
#include <fmt/format.h>

#include <array>
#include <chrono>

#include "schemas/json_writer.h"

namespace vigia {

namespace {

std::string rfc3339(TimeMs time_ms) {
  return date::format("%FT%TZ", date::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(time_ms)));
}

}  // namespace

KafkaAlertSink::KafkaAlertSink(KafkaProducer& producer, std::string application, OutputSpec outputs)
    : producer_(producer), source_("/vigia/" + std::move(application)), outputs_(std::move(outputs)) {}

Status KafkaAlertSink::write(std::span<const Alert> alerts) {
  const bool is_json = outputs_.format == RecordFormat::json;
  flatbuffers::FlatBufferBuilder builder;
  for (const Alert& alert : alerts) {
    if (is_json) {
      payload_.clear();
      json::append_json(alert, payload_);
    } else {
      builder.Clear();
      schema::FinishAlertBuffer(builder, schema::Alert::Pack(builder, &alert));
      payload_.assign(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
    }
    const std::string id = fmt::format("{}-{}", alert.alert_id, alert.revision);
    const std::string type = "vigia.alert." + alert.kind;
    const std::string time = rfc3339(alert.detected_ms);
    const std::array<RecordHeader, 7> headers{{
        {"ce_specversion", "1.0"},
        {"ce_id", id},
        {"ce_source", source_},
        {"ce_type", type},
        {"ce_subject", alert.subject_id},
        {"ce_time", time},
        {"content-type", is_json ? "application/json" : "application/x-flatbuffers"},
    }};
    if (Status status = producer_.produce(outputs_.alerts, alert.subject_id, payload_, headers); !status.ok())
      return status;
    if (outputs_.alert_state.empty()) continue;
    if (Status status = producer_.produce(outputs_.alert_state, alert.alert_id, payload_, headers); !status.ok()) {
      return status;
    }
  }
  return Status::good();
}

KafkaDeadLetters::KafkaDeadLetters(KafkaProducer& producer, OutputSpec outputs)
    : producer_(producer), outputs_(std::move(outputs)) {}

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
    const std::string_view value = record.is_tombstone    ? std::string_view{}
                                   : record.value.empty() ? std::string_view{""}
                                                          : record.value;
    if (Status status = producer_.produce(topic, record.key, value, headers); !status.ok()) return status;
  }
  return Status::good();
}

}  // namespace vigia
