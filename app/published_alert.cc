#include "app/published_alert.h"

#include <algorithm>

#include "connectors/alert_payload.h"

namespace vigia {
namespace {

void read_headers(const rd_kafka_message_t& message, AlertRecord& record) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
}

}  // namespace

PublishedAlert read_published(const rd_kafka_message_t& message, RecordFormat expected) {
  PublishedAlert published;
  published.partition = PartitionId{message.partition};
  published.offset = Offset{message.offset};
  published.record.key.assign(static_cast<const char*>(message.key), message.key_len);
  published.record.payload.assign(static_cast<const char*>(message.payload), message.len);
  read_headers(message, published.record);
  json::Reader reader;
  Alert alert;
  published.trouble = read_alert_payload(published.record.payload, expected, reader, alert);
  if (published.trouble.empty()) {
    published.detected_ms = alert.detected_ms;
    published.alert = std::move(alert);
  } else {
    rd_kafka_timestamp_type_t type;
    published.detected_ms = rd_kafka_message_timestamp(&message, &type);
  }
  return published;
}

bool is_of_another(const PublishedAlert& alert, const std::string& application) {
  return std::ranges::any_of(alert.record.headers, [&](const auto& header) {
    return header.first == "ce_source" && header.second != "/vigia/" + application;
  });
}

std::optional<PartitionId> task_number(const PublishedAlert& alert, std::span<const std::string> topics) {
  if (!alert.alert) return std::nullopt;
  for (const auto& evidence : alert.alert->evidence) {
    if (std::ranges::find(topics, evidence->topic) != topics.end()) return PartitionId{evidence->partition};
  }
  return std::nullopt;
}

}  // namespace vigia
