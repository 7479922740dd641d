// What the fold needs of an event of a seal or its trip.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "schemas/seal_event_generated.h"
#include "schemas/trip_event_generated.h"

namespace vigia {

struct SealPayload {
  double lat_deg = NAN;  // NaN: no fix
  double lon_deg = NAN;
  std::uint8_t lock = 0;        // schema::Lock; 0: unknown or absent
  std::uint8_t conditions = 0;  // bit i: schema::Condition i
  bool battery_low = false;
  mutable std::uint8_t provider_code =
      0;                            // the key's own number of the provider, written by SealDomain::enter; 0: none
  std::uint32_t provider_hash = 0;  // of the name; 0 when there is none, or no rule asks
  std::string_view trip_bytes;      // of a trip event: its FlatBuffer, verified; empty for a seal event
  std::string_view provider;        // its name; only until the event has entered its key

  [[nodiscard]] bool has_fix() const { return !std::isnan(lat_deg); }
  [[nodiscard]] const schema::TripEvent* trip() const {
    return trip_bytes.empty() ? nullptr : flatbuffers::GetRoot<schema::TripEvent>(trip_bytes.data());
  }
};

inline constexpr std::uint8_t condition_bit(schema::Condition condition) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(condition));
}

// Below this a battery is taken for the cause of a silence.
inline constexpr std::uint8_t battery_low_percent = 10;

}  // namespace vigia
