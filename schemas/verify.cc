#include "schemas/verify.h"

#include <array>
#include <cstring>

#include "schemas/enum_names.h"

namespace vigia::schema {
namespace {

// A root offset, a table's offset to its vtable, and an empty vtable.
constexpr std::size_t smallest_record_bytes = 12;

struct Kind {
  std::array<char, 4> identifier;
  const char* refusal;  // when it comes where another kind is expected
};
constexpr Kind kinds[] = {
    {{'V', 'S', 'E', 'V'}, "the record is a seal event (file identifier VSEV)"},
    {{'V', 'S', 'B', 'A'}, "the record is a batch of seal events (file identifier VSBA)"},
    {{'V', 'T', 'E', 'V'}, "the record is a trip event (file identifier VTEV)"},
    {{'V', 'T', 'B', 'A'}, "the record is a batch of trip events (file identifier VTBA)"},
    {{'V', 'A', 'E', 'V'}, "the record is an access event (file identifier VAEV)"},
    {{'V', 'A', 'B', 'A'}, "the record is a batch of access events (file identifier VABA)"},
    {{'V', 'C', 'E', 'V'}, "the record is a camera event (file identifier VCEV)"},
    {{'V', 'C', 'B', 'A'}, "the record is a batch of camera events (file identifier VCBA)"},
    {{'V', 'A', 'L', 'T'}, "the record is an alert (file identifier VALT)"},
};

bool has_identifier(std::string_view bytes, const char* identifier) {
  return std::memcmp(bytes.data() + 4, identifier, 4) == 0;
}

const char* refusal_of_foreign(std::string_view bytes) {
  for (const Kind& kind : kinds) {
    if (has_identifier(bytes, kind.identifier.data())) return kind.refusal;
  }
  return nullptr;
}

template <class Root>
const Root* verified_root(std::string_view bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  return verifier.VerifyBuffer<Root>(nullptr) ? flatbuffers::GetRoot<Root>(data) : nullptr;
}

template <class Event, class Batch>
Events<Event> verify_record(std::string_view bytes, const char* event_identifier, const char* batch_identifier) {
  if (bytes.empty()) return Events<Event>("the record is empty");
  if (bytes.size() < smallest_record_bytes) return Events<Event>("the record is too short for a FlatBuffer");
  if (bytes.size() > max_record_bytes) return Events<Event>("the record is longer than 8 MiB");
  if (has_identifier(bytes, batch_identifier)) {
    const Batch* batch = verified_root<Batch>(bytes);
    return batch ? Events<Event>(batch->events()) : Events<Event>("the record is not a valid FlatBuffers batch");
  }
  if (!has_identifier(bytes, event_identifier)) {
    if (const char* refusal = refusal_of_foreign(bytes)) return Events<Event>(refusal);
  }
  const Event* event = verified_root<Event>(bytes);
  return event ? Events<Event>(event) : Events<Event>("the record is not a valid FlatBuffers event");
}

}  // namespace

Events<SealEvent> verify_seal_record(std::string_view bytes) {
  return verify_record<SealEvent, SealBatch>(bytes, SealEventIdentifier(), SealBatchIdentifier());
}

Events<TripEvent> verify_trip_record(std::string_view bytes) {
  return verify_record<TripEvent, TripBatch>(bytes, TripEventIdentifier(), TripBatchIdentifier());
}

Events<AccessEvent> verify_access_record(std::string_view bytes) {
  return verify_record<AccessEvent, AccessBatch>(bytes, AccessEventIdentifier(), AccessBatchIdentifier());
}

Events<CameraEvent> verify_camera_record(std::string_view bytes) {
  return verify_record<CameraEvent, CameraBatch>(bytes, CameraEventIdentifier(), CameraBatchIdentifier());
}

const Alert* verify_alert_record(std::string_view bytes) {
  if (bytes.size() < smallest_record_bytes || bytes.size() > max_record_bytes) return nullptr;
  return has_identifier(bytes, AlertIdentifier()) ? verified_root<Alert>(bytes) : nullptr;
}

const Signal* verify_signal_record(std::string_view bytes) {
  if (bytes.size() < smallest_record_bytes || bytes.size() > max_record_bytes) return nullptr;
  return has_identifier(bytes, SignalIdentifier()) ? verified_root<Signal>(bytes) : nullptr;
}

std::uint32_t unknown_enum_values(const SealEvent& event) {
  std::uint32_t count = is_known(event.lock()) ? 0 : 1;
  if (const auto* conditions = event.conditions()) {
    for (flatbuffers::uoffset_t i = 0; i < conditions->size(); ++i) count += is_known(conditions->Get(i)) ? 0 : 1;
  }
  return count;
}

std::uint32_t unknown_enum_values(const TripEvent& event) {
  return (is_known(event.action()) ? 0u : 1u) + (is_known(event.concept_()) ? 0u : 1u);
}

std::uint32_t unknown_enum_values(const AccessEvent& event) {
  return (is_known(event.kind()) ? 0u : 1u) + (is_known(event.holder_class()) ? 0u : 1u) +
         (is_known(event.direction()) ? 0u : 1u);
}

std::uint32_t unknown_enum_values(const CameraEvent& event) { return is_known(event.kind()) ? 0u : 1u; }

}  // namespace vigia::schema
