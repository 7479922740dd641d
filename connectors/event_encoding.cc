#include "connectors/event_encoding.h"

#include "schemas/json_writer.h"

namespace vigia {
namespace {

using flatbuffers::FlatBufferBuilder;

void pack(const schema::SealEventT& event, FlatBufferBuilder& out) {
  schema::FinishSealEventBuffer(out, schema::SealEvent::Pack(out, &event));
}
void pack(const schema::TripEventT& event, FlatBufferBuilder& out) {
  schema::FinishTripEventBuffer(out, schema::TripEvent::Pack(out, &event));
}
void pack(const schema::AccessEventT& event, FlatBufferBuilder& out) {
  schema::FinishAccessEventBuffer(out, schema::AccessEvent::Pack(out, &event));
}
void pack(const schema::CameraEventT& event, FlatBufferBuilder& out) {
  schema::FinishCameraEventBuffer(out, schema::CameraEvent::Pack(out, &event));
}

}  // namespace

std::string_view EventEncoder::encode(const SimulatedEvent& event, RecordFormat format) {
  if (!event.garbled.empty()) return event.garbled;
  if (format == RecordFormat::json) {
    json_.clear();
    std::visit([&](const auto& it) { json::append_json(it, json_); }, event.event);
    return json_;
  }
  builder_.Clear();
  std::visit([&](const auto& it) { pack(it, builder_); }, event.event);
  return {reinterpret_cast<const char*>(builder_.GetBufferPointer()), builder_.GetSize()};
}

}  // namespace vigia
