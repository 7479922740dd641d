// A seal event in the ten bytes of a plain history entry. Degrees are whole ten-millionths there; an event whose degrees are
// anything else does not fit.
#pragma once

#include <cmath>
#include <cstdint>

#include "engine/history.h"
#include "operators/seal_payload.h"

namespace vigia {
namespace seal_compact_internal {

inline constexpr double fixed_per_degree = 1e7;
inline constexpr std::uint16_t bit_fix = 1u << 11;  // bits 0-2: lock; 3-8: conditions; 9-10: code of the provider
inline constexpr std::uint16_t bit_battery = 1u << 12;
static_assert(bit_battery < history_bits_end);
inline constexpr std::uint8_t conditions_mask = 0x3f;
inline constexpr std::uint8_t provider_codes = 3;  // the first of a key; others do not fit

[[nodiscard]] inline bool to_fixed(double degrees, std::int32_t& out) {
  out = static_cast<std::int32_t>(std::lrint(degrees * fixed_per_degree));
  return static_cast<double>(out) / fixed_per_degree == degrees;
}

}  // namespace seal_compact_internal

// False when it does not fit. REQUIRES: not a trip event.
[[nodiscard]] inline bool compact_seal(const SealPayload& payload, CompactPayload& out) {
  using namespace seal_compact_internal;
  if (payload.provider_code > provider_codes) return false;
  out.bits = static_cast<std::uint16_t>((payload.lock & 7) | (payload.conditions & conditions_mask) << 3 |
                                        payload.provider_code << 9 | (payload.battery_low ? bit_battery : 0));
  if (!payload.has_fix()) {
    out.a = out.b = 0;
    return true;
  }
  out.bits |= bit_fix;
  return to_fixed(payload.lat_deg, out.a) && to_fixed(payload.lon_deg, out.b);
}

inline void expand_seal(const CompactPayload& compact, SealPayload& out) {
  using namespace seal_compact_internal;
  out = {};
  out.lock = compact.bits & 7;
  out.conditions = compact.bits >> 3 & conditions_mask;
  out.provider_code = compact.bits >> 9 & provider_codes;
  out.battery_low = (compact.bits & bit_battery) != 0;
  if ((compact.bits & bit_fix) == 0) return;
  out.lat_deg = compact.a / fixed_per_degree;
  out.lon_deg = compact.b / fixed_per_degree;
}

}  // namespace vigia
