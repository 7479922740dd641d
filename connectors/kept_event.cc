#include "connectors/kept_event.h"

#include <algorithm>
#include <utility>

#include "connectors/formats.h"

namespace vigia {
bool is_kept(StreamId stream) { return stream == StreamId::trip || stream == StreamId::access; }

std::vector<std::string> names_of(const KeptEvent& kept) {
  std::vector<std::string> names;
  if (const auto* trip = kept.trip())
    names = {trip->seal_id,
             trip->trip_id,
             trip->container_id,
             trip->manifest_id,
             trip->transport_document_id,
             trip->origin_depot_id,
             trip->destination_depot_id,
             trip->officer_id,
             trip->zone_id};
  else if (const auto* access = kept.access())
    names = {access->door_id, access->holder_id, access->credential_id, access->escort_id};
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  std::erase(names, "");
  return names;
}

TimeMs KeptEventReader::time_of(const KeptEvent& kept) const {
  if (const auto* trip = kept.trip()) return trip->event_time_ms;
  const auto& door = *kept.access();
  const bool is_future = door.device_time_ms > kept.broker_ms + max_clock_skew_ms_;
  const bool is_past = !door.buffered && door.device_time_ms < kept.broker_ms - horizon_ms_;
  return is_future || is_past ? kept.broker_ms : door.device_time_ms;
}

template <class Event>
bool KeptEventReader::take(const schema::Events<Event>& events, const json::ReadResult* json, KeptEvent& kept,
                           const Sink& sink) const {
  if (!events.error().empty()) return false;
  bool is_good = json == nullptr || json->rejected.empty();
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (json == nullptr && !schema::check(events[i]).empty()) {
      is_good = false;
      continue;
    }
    typename Event::NativeTableType event;
    events[i].UnPackTo(&event);
    kept.event_index = events.is_batch() ? static_cast<std::int32_t>(json ? json->index_of(i) : i) : -1;
    kept.event = std::move(event);
    if (kept.access() != nullptr && kept.access()->kind == schema::AccessKind::heartbeat) continue;
    kept.time_ms = time_of(kept);
    sink(kept);
  }
  return is_good;
}

bool KeptEventReader::read(const SourceSpec& source, const InputRecord& record, const Sink& sink) {
  KeptEvent kept{0, record.broker_ms, {source.topic, record.partition.value, record.offset.value}, -1, {}};
  const bool is_trip = source.stream == StreamId::trip;
  std::string_view value = record.value;
  const bool is_foreign = source.foreign != nullptr && source.foreign->adapt != nullptr;
  if (is_foreign) {
    adapted_.clear();
    if (!source.foreign->adapt(record, adapted_).empty()) return false;
    if (adapted_.empty()) return true;  // it tells of no event
    value = adapted_;
  }
  if (record.is_tombstone || value.empty()) return false;
  if (!is_foreign && source.format == RecordFormat::flatbuffers)
    return is_trip ? take(schema::verify_trip_record(value), nullptr, kept, sink)
                   : take(schema::verify_access_record(value), nullptr, kept, sink);
  const auto json = is_trip ? json_.read_trip(value, builder_) : json_.read_access(value, builder_);
  if (!json.error.empty()) return false;
  const std::string_view bytes(reinterpret_cast<const char*>(builder_.GetBufferPointer()), builder_.GetSize());
  return is_trip ? take(schema::verify_trip_record(bytes), &json, kept, sink)
                 : take(schema::verify_access_record(bytes), &json, kept, sink);
}

}  // namespace vigia
