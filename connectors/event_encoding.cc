#include "connectors/event_encoding.h"

#include "schemas/json_writer.h"

namespace vigia {

std::string_view EventEncoder::encode(const SimulatedEvent& event, RecordFormat format) {
  if (!event.garbled.empty()) return event.garbled;
  if (format == RecordFormat::json) {
    json_.clear();
    std::visit([&](const auto& it) { json::append_json(it, json_); }, event.event);
    return json_;
  }
  builder_.Clear();
  if (event.is_trip()) {
    schema::FinishTripEventBuffer(builder_,
                                  schema::TripEvent::Pack(builder_, &std::get<schema::TripEventT>(event.event)));
  } else {
    schema::FinishSealEventBuffer(builder_,
                                  schema::SealEvent::Pack(builder_, &std::get<schema::SealEventT>(event.event)));
  }
  return {reinterpret_cast<const char*>(builder_.GetBufferPointer()), builder_.GetSize()};
}

}  // namespace vigia
