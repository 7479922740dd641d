// A camera as its operators see it: what its events say, and what is known of it before each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "operators/device_fold.h"
#include "operators/heard_names.h"
#include "operators/numbered_names.h"
#include "operators/silences.h"
#include "schemas/camera_event_generated.h"

namespace vigia {

using schema::CameraKind;

struct CameraPayload {
  // As it is kept where it does not fit the plain form.
  struct Kept {
    std::uint64_t track;
    std::uint8_t zone_code, class_code;
    CameraKind kind;
    std::uint8_t unused[5];
  };

  std::uint64_t track = 0;  // 56 bits of id_hash; 0: the object has none
  // The key's own numbers of names, written when the event enters its key; 0: none.
  mutable std::uint8_t zone_code = 0, class_code = 0;
  CameraKind kind = CameraKind::unknown;
  // Only until the event has entered its key.
  std::uint64_t device = 0;
  TimeMs named_ms = 0;
  std::uint32_t zone_hash = 0, class_hash = 0;
  std::string_view zone_id, object_class, track_id;

  CameraPayload() = default;
  explicit CameraPayload(const Kept& kept)
      : track(kept.track), zone_code(kept.zone_code), class_code(kept.class_code), kind(kept.kind) {}
  [[nodiscard]] Kept kept() const { return {track, zone_code, class_code, kind, {}}; }
};

// Nothing that all of a camera's operators share.
struct CameraState {
  std::uint64_t unused = 0;
};

class CameraContext {
 public:
  NumberedNames zones, classes;
  HeardNames tracks;  // of objects that a finding may be about
  Silences silences;

  // A silence is judged with the losses that it touches for as long as it is kept.
  [[nodiscard]] bool needs(const Candidate& candidate) const {
    return std::ranges::any_of(silences.all(), [&](const Silence& silence) {
      return candidate.start_ms <= silence.to_ms && silence.from_ms <= std::max(candidate.start_ms, candidate.end_ms);
    });
  }
  void trim(TimeMs before_ms) {
    tracks.trim(before_ms);
    silences.trim(before_ms);
  }
  [[nodiscard]] std::size_t memory_bytes() const {
    return sizeof *this + zones.memory_bytes() + classes.memory_bytes() + tracks.memory_bytes() +
           silences.memory_bytes();
  }
  void write(ByteWriter& out) const {
    zones.write(out);
    classes.write(out);
    tracks.write(out);
    silences.write(out);
  }
  void read(ByteReader& in) {
    zones.read(in);
    classes.read(in);
    tracks.read(in);
    silences.read(in);
  }
};

struct CameraFacts {
  using Payload = CameraPayload;
  using State = CameraState;
  using Context = CameraContext;
};
using CameraFold = DeviceFold<CameraFacts>;
using CameraJudge = DeviceJudge<CameraFacts>;

// What a finding is about: in its `context`.
struct CameraNote {
  std::uint64_t track = 0;     // 56 bits; 0: of no object
  std::uint8_t zone_code = 0;  // 0: the camera's own zone

  [[nodiscard]] std::uint64_t packed() const { return track << 8 | zone_code; }
  [[nodiscard]] static CameraNote unpack(std::uint64_t packed) {
    return {packed >> 8, static_cast<std::uint8_t>(packed)};
  }
  // Tells apart findings of one rule at one time.
  [[nodiscard]] std::uint32_t discriminator() const {
    const auto mixed = packed() * 0x9E3779B97F4A7C15;
    return static_cast<std::uint32_t>(mixed >> 32);
  }
};

// The zone that the event names, else the camera's; empty: none.
[[nodiscard]] inline std::string_view zone_of(const CameraFold& fold) {
  if (fold.event.zone_code != 0) return fold.context->zones.name_at(fold.event.zone_code);
  return fold.place == Equipment::npos ? std::string_view()
                                       : std::string_view(fold.site.equipment.cameras()[fold.place].zone);
}
[[nodiscard]] inline std::uint32_t class_of(const CameraFold& fold) {
  return fold.event.class_code == 0 ? 0 : fold.context->classes.hash_of(fold.event.class_code);
}

}  // namespace vigia
