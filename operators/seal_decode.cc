#include "operators/seal_decode.h"

#include "schemas/enum_names.h"

namespace vigia {

void SealDecoder::fill(const schema::SealEvent& event, bool copy, Row<SealPayload>& row) {
  row.key = event.seal_id()->string_view();
  row.hash = domain_.hash(row.key);
  if (copy) row.key = keep(row.key);
  fill_head(event, StreamId::seal, row);
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
    row.payload.provider = kept(provider, copy);
    row.payload.provider_hash = name_hash(row.payload.provider);
  }
}

void SealDecoder::count_unlisted(const schema::TripEvent& event) {
  const auto& site = domain_.site();
  const auto is_unknown = [](const flatbuffers::String* id, const auto& list, auto&& find) {
    return id != nullptr && id->size() > 0 && !list.empty() && find(id->string_view()) == SiteModel::npos;
  };
  const auto* route = event.route_id();
  if (is_unknown(route, site.routes, [&](auto id) { return site.find_route(id); }))
    unlisted().add("route", route->string_view());
  for (const auto* zone : {event.origin_depot_id(), event.destination_depot_id(), event.zone_id()})
    if (is_unknown(zone, site.zones, [&](auto id) { return site.find_zone(id); }))
      unlisted().add("zone", zone->string_view());
}

void SealDecoder::fill(const schema::TripEvent& event, bool, Row<SealPayload>& row) {
  count_unlisted(event);
  row.key = keep(event.seal_id()->string_view());
  row.hash = domain_.hash(row.key);
  row.head.time_ms = row.head.sent_ms = event.event_time_ms();
  row.head.sequence = 0;
  row.head.stream_rank = static_cast<std::uint8_t>(StreamId::trip);
  row.buffered = false;
  row.is_device = false;
  row.payload = {};
  row.head.findings = findings(event, SigmaPlan::trip);
  row.head.canonical = canonical(event);
  // By itself: the event may be one of a batch, and its history outlives the record.
  schema::TripEventT unpacked;
  event.UnPackTo(&unpacked);
  trip_builder_.Clear();
  trip_builder_.Finish(schema::TripEvent::Pack(trip_builder_, &unpacked));
  row.payload.trip_bytes =
      keep({reinterpret_cast<const char*>(trip_builder_.GetBufferPointer()), trip_builder_.GetSize()});
}

}  // namespace vigia
