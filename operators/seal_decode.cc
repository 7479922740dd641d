#include "operators/seal_decode.h"

#include <cstring>

#include "schemas/enum_names.h"
#include "schemas/json_writer.h"

namespace vigia {

std::string_view SealDecoder::keep(std::string_view bytes) {
  auto* kept = static_cast<char*>(arena_.allocate(bytes.size() + 1, 8));
  std::memcpy(kept, bytes.data(), bytes.size());
  return {kept, bytes.size()};
}

void SealDecoder::fill(const schema::SealEvent& event, bool copy, Row<SealPayload>& row) {
  row.key = event.seal_id()->string_view();
  row.hash = domain_.hash(row.key);
  if (copy) row.key = keep(row.key);
  row.head.time_ms = row.head.sent_ms = event.device_time_ms();
  row.head.sequence = event.sequence();
  row.head.stream_rank = static_cast<std::uint8_t>(StreamId::seal);
  row.buffered = event.buffered();
  row.is_device = true;
  row.payload = {};
  if (const auto* position = event.position()) {
    row.payload.lat_deg = position->lat_deg();
    row.payload.lon_deg = position->lon_deg();
  }
  row.payload.lock = static_cast<std::uint8_t>(schema::known_or_unknown(event.lock()));
  row.payload.battery_low = event.battery_percent() <= battery_low_percent;
  if (const auto* conditions = event.conditions())
    for (const auto condition : *conditions)
      if (const auto known = static_cast<schema::Condition>(condition); schema::is_known(known))
        row.payload.conditions |= condition_bit(known);
  if (const auto* provider = domain_.counts_providers() ? event.provider_id() : nullptr; provider != nullptr) {
    row.payload.provider = copy ? keep(provider->string_view()) : provider->string_view();
    row.payload.provider_hash = provider_hash(row.payload.provider);
  }
  row.head.canonical = {};
  if (row.head.sequence == 0) {
    text_.clear();
    json::append_canonical(event, text_);
    row.head.canonical = keep(text_);
  }
}

void SealDecoder::fill(const schema::TripEvent& event, bool, Row<SealPayload>& row) {
  row.key = keep(event.seal_id()->string_view());
  row.hash = domain_.hash(row.key);
  row.head.time_ms = row.head.sent_ms = event.event_time_ms();
  row.head.sequence = 0;
  row.head.stream_rank = static_cast<std::uint8_t>(StreamId::trip);
  row.buffered = false;
  row.is_device = false;
  row.payload = {};
  text_.clear();
  json::append_canonical(event, text_);
  row.head.canonical = keep(text_);
  // By itself: the event may be one of a batch, and its history outlives the record.
  schema::TripEventT unpacked;
  event.UnPackTo(&unpacked);
  trip_builder_.Clear();
  trip_builder_.Finish(schema::TripEvent::Pack(trip_builder_, &unpacked));
  row.payload.trip_bytes =
      keep({reinterpret_cast<const char*>(trip_builder_.GetBufferPointer()), trip_builder_.GetSize()});
}

void SealDecoder::refuse(const InputRecord& record, std::string reason, std::vector<RejectedRecord>& rejected,
                         Account& account) {
  ++account.unreadable;
  ++account.dead_letter;
  rejected.push_back({RejectKind::dead_letter, &record, -1, std::move(reason)});
}

void SealDecoder::refuse_event(const InputRecord& record, std::int32_t index, std::string reason,
                               std::vector<RejectedRecord>& rejected, Account& account) {
  ++account.decoded;
  ++account.dead_letter;
  rejected.push_back({RejectKind::dead_letter, &record, index, std::move(reason)});
}

}  // namespace vigia
