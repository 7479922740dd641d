// Trucks on the roads of config/site, each with a seal on a trip: what the benchmarks feed to the engine.
//
// A seal pings every 30 s and drives about 12 m/s, back and forth along its route; its receiver errs by some metres. Each
// round brings one ping of every seal, in another order each time, so that neither the records of the keys nor their
// histories are met in the order of their addresses. The same seed gives the same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <flatbuffers/flatbuffers.h>

#include "bench/record_list.h"
#include "connectors/simulated_route.h"

namespace vigia::bench {

inline constexpr TimeMs ping_every_ms = 30'000;
inline constexpr TimeMs fleet_begin_ms = 1'750'000'000'000;

class Fleet {
 public:
  // `first_seal` numbers the seals, so that two fleets have no seal in common. One ping of `alarm_every` says that the seal
  // is being tampered with; 0: none.
  Fleet(const std::vector<SimulatedRoute>& routes, std::uint32_t seals, std::uint32_t first_seal = 0,
        std::uint32_t alarm_every = 0);

  // The start of each seal's trip.
  void append_trip_starts(RecordList& out);
  // One ping of each seal, or of each n-th: what `takes_part(seal)` says.
  template <class TakesPart>
  void append_round(RecordList& out, TakesPart&& takes_part) {
    const auto stride = next_stride();
    std::uint32_t seal = stride % seals_;
    for (std::uint32_t i = 0; i < seals_; ++i) {
      if (takes_part(seal)) append_ping(out, seal, i);
      seal = static_cast<std::uint32_t>((std::uint64_t{seal} + stride) % seals_);
    }
    ++round_;
  }
  void append_round(RecordList& out) {
    append_round(out, [](std::uint32_t) { return true; });
  }
  // The next ping of the same; a round is over with its last one. REQUIRES: no other round is appended before that.
  void append_next(RecordList& out);
  // The same pings as one record for each `batch` seals.
  void append_round_of_batches(RecordList& out, std::uint32_t batch);

  // One ping of one seal: made in `round`, read at `broker_ms`.
  void append_ping(RecordList& out, std::uint32_t seal, std::uint32_t round, std::uint32_t sequence, TimeMs broker_ms,
                   bool buffered);

  [[nodiscard]] std::string seal_id(std::uint32_t seal) const;
  [[nodiscard]] TimeMs device_ms(std::uint32_t seal, std::uint32_t round) const;
  [[nodiscard]] std::uint32_t seals() const { return seals_; }
  [[nodiscard]] std::uint32_t rounds() const { return round_; }

 private:
  void append_ping(RecordList& out, std::uint32_t seal, std::uint32_t place);
  [[nodiscard]] std::uint32_t next_stride();
  [[nodiscard]] bool is_alarm(std::uint32_t seal, std::uint32_t round) const;
  [[nodiscard]] LatLon place_of(std::uint32_t seal, std::uint32_t round) const;
  [[nodiscard]] TimeMs broker_ms(std::uint32_t place) const;

  const std::vector<SimulatedRoute>& routes_;
  std::uint32_t seals_;
  std::uint32_t first_seal_;
  std::uint32_t alarm_every_;
  std::uint32_t round_ = 1;
  std::uint32_t next_place_ = 0, next_seal_ = 0, stride_ = 0;  // of append_next
  std::int64_t offset_ = 0;
  std::vector<std::uint32_t> sequence_;  // last number sent of each seal
  flatbuffers::FlatBufferBuilder builder_;
};

}  // namespace vigia::bench
