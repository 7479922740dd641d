// What the rules look at: the events of one seal in their order, cut into trips, and each scope's good fixes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/reference/plain.h"

namespace vigia::reference {

// An event as it counts: `time_ms` is corrected where the clock was at fault or a trip event came too late.
struct Counted {
  Event event;
  TimeMs time_ms = 0;
  bool clock_fault = false;
};

struct History {
  std::vector<Counted> events;  // of one seal: no duplicates, in the order of semantics 1.1
  std::vector<Event> alone;     // too late, but an alarm: judged by itself
  std::size_t duplicates = 0;
  std::size_t too_late = 0;
};

// Sorts out duplicates, too-late events and bad clocks (semantics 1.2, 1.4, 1.5; design section 5). `arrived` holds the
// events of one seal in any order; `Event::arrival` says which came first.
[[nodiscard]] History make_history(std::vector<Event> arrived, const Settings& settings);

struct Window {
  TimeMs from_ms = 0, until_ms = 0;  // inclusive
};

enum class TripEnd { none, finish, cancel, next_start };

// One trip: the events at [first, last) of the history, trip events included.
struct Trip {
  std::string id;
  TimeMs start_ms = 0;
  std::optional<TimeMs> end_ms;
  TripEnd how = TripEnd::none;
  std::size_t first = 0, last = 0;
  std::map<std::string, std::string> text;  // each field from the latest event of this trip_id that has it
  std::optional<TimeMs> due_ms;
  std::vector<Window> authorised_stops, officers;
};

[[nodiscard]] std::vector<Trip> trips_of(const History& history);

// A seal's message within a scope.
struct Message {
  const Event* event = nullptr;
  TimeMs time_ms = 0;
  bool clock_fault = false;
  std::optional<Point> fix;  // only when good (semantics 3.6)
};

// The seal's messages at [first, last), with the fix filter begun afresh there.
[[nodiscard]] std::vector<Message> messages_of(const History& history, std::size_t first, std::size_t last,
                                               double max_speed_kmh = 200);

}  // namespace vigia::reference
