// Which MQTT topic a bridge to Kafka has taken a record from.
#pragma once

#include <string_view>

#include "connectors/record_batch.h"

namespace vigia {

// The header `mqtt.topic`, for bridges that key their records by device, else the key. Empty: neither.
[[nodiscard]] inline std::string_view mqtt_topic(const InputRecord& record) {
  for (const RecordHeader& one : headers_of(record))
    if (one.name == "mqtt.topic" && !one.value.empty()) return one.value;
  return record.key;
}

}  // namespace vigia
