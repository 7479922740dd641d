#include "bench/fleet.h"

#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "schemas/seal_batch_generated.h"
#include "schemas/trip_event_generated.h"

namespace vigia::bench {
namespace {

constexpr TopicIndex seal_topic{0}, trip_topic{1};
constexpr double speed_m_s = 12;

// splitmix64: a number that looks random, from any other.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}
double share(std::uint64_t x) { return static_cast<double>(mixed(x) >> 11) * 0x1p-53; }
double to_seven_places(double degrees) { return static_cast<double>(std::lrint(degrees * 1e7)) / 1e7; }

flatbuffers::Offset<schema::SealEvent> build_ping(flatbuffers::FlatBufferBuilder& builder, std::string_view seal_id,
                                                  TimeMs device_ms, std::uint32_t sequence, LatLon fix, bool buffered,
                                                  bool alarm) {
  const auto id = builder.CreateString(seal_id.data(), seal_id.size());
  const auto position = schema::CreatePosition(builder, to_seven_places(fix.lat_deg), to_seven_places(fix.lon_deg));
  schema::SealEventBuilder event(builder);
  event.add_seal_id(id);
  event.add_device_time_ms(device_ms);
  event.add_sequence(sequence);
  event.add_buffered(buffered);
  event.add_position(position);
  event.add_lock(alarm ? schema::Lock::tampered : schema::Lock::closed);
  event.add_battery_percent(80);
  return event.Finish();
}

std::string_view bytes_of(const flatbuffers::FlatBufferBuilder& builder) {
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

}  // namespace

Fleet::Fleet(const std::vector<SimulatedRoute>& routes, std::uint32_t seals, std::uint32_t first_seal,
             std::uint32_t alarm_every)
    : routes_(routes),
      seals_(seals),
      first_seal_(first_seal),
      alarm_every_(alarm_every),
      sequence_(seals, 0),
      builder_(1024) {}

std::string Fleet::seal_id(std::uint32_t seal) const { return fmt::format("EC-{:07}", first_seal_ + seal); }

TimeMs Fleet::device_ms(std::uint32_t seal, std::uint32_t round) const {
  return fleet_begin_ms + round * ping_every_ms + static_cast<TimeMs>(mixed(first_seal_ + seal) % 1000);
}

// A round is read from one second after it was made on, evenly over 8 s: what is on its way for longer than ten seconds counts
// as kept by the device, and is looked at more closely.
TimeMs Fleet::broker_ms(std::uint32_t place) const {
  constexpr TimeMs reading_ms = 8'000;
  return fleet_begin_ms + round_ * ping_every_ms + 1000 +
         static_cast<TimeMs>(std::uint64_t{place} * reading_ms / seals_);
}

bool Fleet::is_alarm(std::uint32_t seal, std::uint32_t round) const {
  return alarm_every_ > 0 && mixed((std::uint64_t{first_seal_} + seal) * 1'000'003 + round) % alarm_every_ == 0;
}

LatLon Fleet::place_of(std::uint32_t seal, std::uint32_t round) const {
  const auto id = std::uint64_t{first_seal_} + seal;
  const auto& route = routes_[mixed(id) % routes_.size()];
  const auto length_m = route.length_m();
  const auto speed = speed_m_s * (0.8 + 0.4 * share(id + 1'000'000'007));
  const auto driven_m = share(id + 2'000'000'011) * 2 * length_m + speed * round * (ping_every_ms / 1000.0);
  const auto there_and_back_m = std::fmod(driven_m, 2 * length_m);
  const auto along_m = there_and_back_m < length_m ? there_and_back_m : 2 * length_m - there_and_back_m;
  const auto error_m = 10 * (share(id * 65'537 + round) - 0.5);
  return route.at(along_m, false, error_m);
}

// A number without a common divisor with the number of seals: taking every n-th meets each once.
std::uint32_t Fleet::next_stride() {
  for (std::uint64_t attempt = mixed(round_);; ++attempt) {
    const auto stride = static_cast<std::uint32_t>(seals_ / 3 + attempt % (seals_ / 3 + 1) + 1);
    if (std::gcd(stride, seals_) == 1 || seals_ == 1) return stride;
  }
}

void Fleet::append_trip_starts(RecordList& out) {
  for (std::uint32_t seal = 0; seal < seals_; ++seal) {
    const auto key = seal_id(seal);
    const auto& route = routes_[mixed(std::uint64_t{first_seal_} + seal) % routes_.size()];
    schema::TripEventT event;
    event.trip_id = fmt::format("T-{:07}", first_seal_ + seal);
    event.seal_id = key;
    event.event_time_ms = fleet_begin_ms;
    event.action = schema::TripAction::start;
    event.route_id = route.id();
    event.origin_depot_id = route.origin_depot_id(false);
    event.destination_depot_id = route.destination_depot_id(false);
    event.due_ms = fleet_begin_ms + 20 * 3'600'000LL;
    builder_.Clear();
    builder_.Finish(schema::TripEvent::Pack(builder_, &event), schema::TripEventIdentifier());
    InputRecord record;
    record.topic = trip_topic;
    record.offset = Offset{seal};
    record.broker_ms = fleet_begin_ms + 1000;
    out.add(record, key, bytes_of(builder_));
  }
}

void Fleet::append_next(RecordList& out) {
  if (next_place_ == 0) {
    stride_ = next_stride();
    next_seal_ = stride_ % seals_;
  }
  append_ping(out, next_seal_, next_place_);
  next_seal_ = static_cast<std::uint32_t>((std::uint64_t{next_seal_} + stride_) % seals_);
  if (++next_place_ < seals_) return;
  next_place_ = 0;
  ++round_;
}

void Fleet::append_ping(RecordList& out, std::uint32_t seal, std::uint32_t place) {
  append_ping(out, seal, round_, ++sequence_[seal], broker_ms(place), false);
}

void Fleet::append_ping(RecordList& out, std::uint32_t seal, std::uint32_t round, std::uint32_t sequence,
                        TimeMs read_ms, bool buffered) {
  const auto key = seal_id(seal);
  builder_.Clear();
  builder_.Finish(build_ping(builder_, key, device_ms(seal, round), sequence, place_of(seal, round), buffered,
                             is_alarm(seal, round)),
                  schema::SealEventIdentifier());
  InputRecord record;
  record.topic = seal_topic;
  record.offset = Offset{offset_++};
  record.broker_ms = read_ms;
  out.add(record, key, bytes_of(builder_));
}

void Fleet::append_round_of_batches(RecordList& out, std::uint32_t batch) {
  const auto stride = next_stride();
  std::uint32_t seal = stride % seals_;
  std::vector<flatbuffers::Offset<schema::SealEvent>> events;
  builder_.Clear();
  std::string key;
  for (std::uint32_t i = 0; i < seals_; ++i) {
    key = seal_id(seal);
    events.push_back(build_ping(builder_, key, device_ms(seal, round_), ++sequence_[seal], place_of(seal, round_),
                                false, is_alarm(seal, round_)));
    if (events.size() == batch || i + 1 == seals_) {
      builder_.Finish(schema::CreateSealBatch(builder_, builder_.CreateVector(events)), schema::SealBatchIdentifier());
      InputRecord record;
      record.topic = seal_topic;
      record.offset = Offset{offset_++};
      record.broker_ms = broker_ms(i);
      out.add(record, key, bytes_of(builder_));
      builder_.Clear();
      events.clear();
    }
    seal = static_cast<std::uint32_t>((std::uint64_t{seal} + stride) % seals_);
  }
  ++round_;
}

}  // namespace vigia::bench
