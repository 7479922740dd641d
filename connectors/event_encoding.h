// Simulated events as the bytes of a record, in either format.
#pragma once

#include <string>
#include <string_view>

#include <flatbuffers/flatbuffers.h>

#include "connectors/pipeline_config.h"
#include "connectors/simulator.h"

namespace vigia {

class EventEncoder {
 public:
  // The bytes live until the next call, and as long as the event.
  [[nodiscard]] std::string_view encode(const SimulatedEvent& event, RecordFormat format);

 private:
  std::string json_;
  flatbuffers::FlatBufferBuilder builder_;
};

}  // namespace vigia
