// A door as its operators see it: what its events say, and what is known of it before each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "operators/device_fold.h"
#include "operators/heard_names.h"
#include "schemas/access_event_generated.h"

namespace vigia {

using schema::AccessKind;
using schema::Direction;

struct DoorPayload {
  // As it is kept where it does not fit the plain form.
  struct Kept {
    std::uint64_t holder, escort;
    std::uint32_t path;
    AccessKind kind;
    HolderClass holder_class;
    Direction direction;
    std::uint8_t unused;
  };

  std::uint64_t holder = 0;  // id_hash; 0: nobody
  std::uint64_t escort = 0;
  std::uint32_t path = 0;  // name_hash of an alarm's communication path; 0: it names none
  AccessKind kind = AccessKind::unknown;
  HolderClass holder_class = HolderClass::unknown;
  Direction direction = Direction::unknown;
  // Only until the event has entered its key.
  std::uint64_t device = 0;
  TimeMs named_ms = 0;
  std::string_view holder_id;

  DoorPayload() = default;
  explicit DoorPayload(const Kept& kept)
      : holder(kept.holder),
        escort(kept.escort),
        path(kept.path),
        kind(kept.kind),
        holder_class(kept.holder_class),
        direction(kept.direction) {}
  [[nodiscard]] Kept kept() const { return {holder, escort, path, kind, holder_class, direction, 0}; }
};

// The causal state that all of a door's operators share.
struct DoorState {
  TimeMs opened_ms = no_time_ms;  // no_time_ms: it is closed, as far as is known

  [[nodiscard]] bool is_open() const { return opened_ms != no_time_ms; }
};

class DoorContext {
 public:
  HeardNames holders;  // of those that the site does not list and a finding may be about

  void trim(TimeMs before_ms) { holders.trim(before_ms); }
  [[nodiscard]] std::size_t memory_bytes() const { return sizeof *this + holders.memory_bytes(); }
  void write(ByteWriter& out) const { holders.write(out); }
  void read(ByteReader& in) { holders.read(in); }
};

struct DoorFacts {
  using Payload = DoorPayload;
  using State = DoorState;
  using Context = DoorContext;
};

using DoorFold = DeviceFold<DoorFacts>;
using DoorJudge = DeviceJudge<DoorFacts>;

[[nodiscard]] inline bool opens(const DoorFold& fold) {
  return fold.event.kind == AccessKind::door_opened && !fold.device.is_open();
}
// Null: the site does not list it.
[[nodiscard]] inline const Door* door_of(const DoorFold& fold) {
  return fold.place == Equipment::npos ? nullptr : &fold.site.equipment.doors()[fold.place];
}
// What the event says of the holder, or else the site's list.
[[nodiscard]] inline HolderClass class_of(const DoorPayload& event, const SiteModel& site) {
  if (event.holder_class != HolderClass::unknown) return event.holder_class;
  const auto* holder = site.equipment.find_holder(event.holder);
  return holder == nullptr ? HolderClass::unknown : holder->holder_class;
}

// An instant at the time of the event.
inline Candidate& raise(const DoorFold& fold, std::uint16_t rule, std::uint32_t discriminator = 0,
                        std::uint64_t context = 0) {
  return fold.emitter.instant(rule, discriminator, fold.now_ms(), fold.now_ms(), NAN, NAN, context);
}

}  // namespace vigia
