// The rules of config/guarded-site.yaml over as many doors and cameras as a benchmark wants, all of them in the site model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/record_list.h"
#include "connectors/event_encoding.h"
#include "operators/stage_config.h"

namespace vigia::bench {

// The stage of doors or of cameras; FlatBuffers come in. Cameras are at `camera_zone`; empty: at none. Throws when the
// pipeline can't be loaded.
[[nodiscard]] StageConfig device_config(StreamId stream, std::uint32_t devices, std::string_view camera_zone = {});

[[nodiscard]] std::string door_id(std::uint32_t door);
[[nodiscard]] std::string camera_id(std::uint32_t camera);

// Makes records of events, at offsets that count up. Not thread-safe.
class DeviceRecords {
 public:
  void append(const SimulatedEvent& event, TimeMs broker_ms);
  // Forgets the records, not the offset.
  void clear() { list.clear(); }

  RecordList list;

 private:
  EventEncoder encoder_;
  std::int64_t offset_ = 0;
};

}  // namespace vigia::bench
