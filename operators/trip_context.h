// What trip events say about the whole past of a seal, in whatever order they come: the fields of each trip (for each the
// latest by event time that has it), announced stops and officers' presence, weighings, when trips ran, and when nothing
// was heard. Nothing here depends on the order of arrival.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/bytes.h"
#include "engine/event.h"
#include "operators/numbered_names.h"
#include "operators/silences.h"
#include "operators/site_model.h"
#include "operators/trip_checks.h"
#include "schemas/trip_event_generated.h"

namespace vigia {

// A value and the event time that gave it.
template <class T>
struct Dated {
  T value{};
  TimeMs at_ms = no_time_ms;

  // Takes the later value; of two from the same time the greater, so that the order of arrival does not matter.
  bool offer(const T& offered, TimeMs offered_at_ms) {
    if (offered_at_ms < at_ms || (offered_at_ms == at_ms && !(value < offered))) return false;
    const bool changed = at_ms == no_time_ms || offered != value;
    value = offered;
    at_ms = offered_at_ms;
    return changed;
  }
};

// from and until inclusive; until never_ms: to the end of the trip.
struct TripWindow {
  TimeMs from_ms = 0;
  TimeMs until_ms = never_ms;
  bool is_officer = false;  // else an announced stop
  friend auto operator<=>(const TripWindow&, const TripWindow&) = default;
};

struct Weighing {
  TimeMs broker_ms = 0;
  TimeMs at_ms = 0;
  double weight_kg = 0;
  EvidenceRef evidence;
  friend bool operator==(const Weighing& a, const Weighing& b) {
    return a.at_ms == b.at_ms && a.weight_kg == b.weight_kg;
  }
};

struct Trip {
  std::string id;
  std::uint16_t serial = 0;       // names the trip within its seal; never used again within the horizon
  TimeMs newest_ms = no_time_ms;  // of its events
  Dated<std::uint32_t> route{SiteModel::npos, no_time_ms};
  Dated<std::uint32_t> origin{SiteModel::npos, no_time_ms};
  Dated<std::uint32_t> destination{SiteModel::npos, no_time_ms};
  Dated<TimeMs> due_ms;
  std::vector<TripWindow> windows;  // sorted by from
  std::vector<Weighing> weighings;  // sorted by time
};

enum class TripMarkKind : std::uint8_t { cancel, finish, start };  // in the order of their names, as ties are

struct TripMark {
  TimeMs at_ms = 0;
  std::uint16_t trip = 0;
  TripMarkKind kind = TripMarkKind::start;
  EvidenceRef evidence;
  TimeMs broker_ms = 0;
};

// When a trip ran: start <= time < end.
struct TripSpan {
  std::uint16_t trip = 0;
  TimeMs start_ms = 0;
  TimeMs end_ms = never_ms;
  const TripMark* ended_by = nullptr;  // null: it runs; of another trip: that one's start
};

class SealContext {
 public:
  std::vector<Trip> trips;
  std::vector<TripMark> marks;  // sorted by time, trip id, kind
  Silences silences;
  NumberedNames providers;
  TripChecks checks;  // where a rule reads them
  std::uint16_t next_serial = 1;

  // Takes in a trip event. Answers from when on what was folded must be folded again (never_ms: nothing changed for it).
  TimeMs absorb(const EventHead& head, const schema::TripEvent& event, const SiteModel& site);

  [[nodiscard]] const Trip* find(std::uint16_t serial) const;
  [[nodiscard]] const Trip* find(std::string_view id) const;
  [[nodiscard]] std::vector<TripSpan> spans() const;

  // Forgets what lies before `before_ms` and can't matter any more.
  void trim(TimeMs before_ms);

  [[nodiscard]] std::size_t memory_bytes() const;
  void write(ByteWriter& out, const SiteModel& site) const;
  void read(ByteReader& in, std::uint8_t version, const SiteModel& site);  // of images of that version

 private:
  Trip& find_or_add(std::string_view id);
};

// The part of [from, until] that announced stops (or officers) of the trip cover; windows may overlap.
[[nodiscard]] TimeMs covered_ms(const Trip* trip, TimeMs from_ms, TimeMs until_ms);
// The last moment at which what is not covered of [from, moment] is no longer than limit_ms; never_ms when it never is longer.
[[nodiscard]] TimeMs uncovered_until_ms(const Trip* trip, TimeMs from_ms, TimeMs limit_ms);
[[nodiscard]] bool officer_present(const Trip* trip, TimeMs at_ms);

}  // namespace vigia
