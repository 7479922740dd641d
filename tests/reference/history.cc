#include "tests/reference/history.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "tests/reference/geometry.h"

namespace vigia::reference {
namespace {

bool comes_before(const Counted& a, const Counted& b) {
  const auto rank = [](const Counted& c) {
    return std::tuple(c.time_ms, c.event.sequence, c.event.is_trip ? 0 : 1, std::string_view(c.event.canonical));
  };
  return rank(a) < rank(b);
}

bool is_alarm(const Event& event) {
  const bool panic = std::find(event.conditions.begin(), event.conditions.end(), "panic") != event.conditions.end();
  return panic || event.lock == "opened" || event.lock == "tampered" || event.lock == "removed";
}

// Trip events are never too late; a seal's is, by its record alone and by when its counter began to be heard.
bool is_too_late(const Event& event, TimeMs run_start_ms, const Settings& settings) {
  const bool owed = event.sequence != 0 && event.time_ms >= run_start_ms;
  if (owed) return event.buffered && event.time_ms < event.broker_ms - settings.horizon_ms;
  return event.time_ms < event.broker_ms - settings.allowed_lateness_ms;
}

bool has_bad_clock(const Event& event, const Settings& settings) {
  if (event.time_ms > event.broker_ms + settings.max_clock_skew_ms) return true;
  return !event.buffered && event.time_ms < event.broker_ms - settings.horizon_ms;
}

// When the run of a device's counter that is heard now began: at its first contact, or where a number that was used
// comes again with a later time.
class CounterRun {
 public:
  TimeMs heard(const Event& event) {
    if (event.sequence == 0) return start_ms_;
    const bool reset = event.sequence <= highest_ && event.time_ms > newest_ms_;
    if (highest_ == 0 || reset) {
      start_ms_ = event.time_ms;
      highest_ = 0;
    }
    highest_ = std::max(highest_, event.sequence);
    newest_ms_ = std::max(newest_ms_, event.time_ms);
    return start_ms_;
  }

 private:
  TimeMs start_ms_ = no_time_ms, newest_ms_ = no_time_ms;
  std::uint32_t highest_ = 0;
};

using Identity = std::tuple<bool, std::uint32_t, TimeMs, std::string>;
Identity identity_of(const Event& event) {
  return {event.is_trip, event.sequence, event.time_ms, event.sequence != 0 ? std::string() : event.canonical};
}

}  // namespace

History make_history(std::vector<Event> arrived, const Settings& settings) {
  std::stable_sort(arrived.begin(), arrived.end(),
                   [](const Event& a, const Event& b) { return a.arrival < b.arrival; });
  CounterRun run;
  History history;
  std::set<Identity> seen;
  for (auto& event : arrived) {
    if (!seen.insert(identity_of(event)).second) {
      ++history.duplicates;
      continue;
    }
    Counted counted{event, event.time_ms, false};
    if (event.is_trip) {
      counted.time_ms = std::max(event.time_ms, event.broker_ms - settings.allowed_lateness_ms);
    } else if (has_bad_clock(event, settings)) {
      counted.time_ms = event.broker_ms;
      counted.clock_fault = true;
    } else if (is_too_late(event, run.heard(event), settings)) {
      if (is_alarm(event))
        history.alone.push_back(event);
      else
        ++history.too_late;
      continue;
    }
    history.events.push_back(std::move(counted));
  }
  std::stable_sort(history.events.begin(), history.events.end(), comes_before);
  return history;
}

namespace {

// Each field from the latest event that has it, and the windows, of every event of the trip's id.
void collect_fields(const History& history, Trip& trip) {
  const TimeMs end_ms = trip.end_ms.value_or(never_ms);
  for (const auto& [event, time_ms, fault] : history.events) {
    if (!event.is_trip || event.trip_id != trip.id) continue;
    for (const auto& [name, value] : event.text) trip.text[name] = value;
    if (event.due_ms) trip.due_ms = event.due_ms;
    const Window window{event.from_ms.value_or(time_ms), event.until_ms.value_or(end_ms)};
    if (event.action == "authorize_stop") trip.authorised_stops.push_back(window);
    if (event.action == "officer_present") trip.officers.push_back(window);
  }
}

double speed_kmh(const Message& from, const Message& to) {
  const double gap_ms = to.time_ms > from.time_ms ? static_cast<double>(to.time_ms - from.time_ms) : 1000.0;
  return haversine_m(*from.event->position, *to.event->position) / gap_ms * 3600.0;
}

}  // namespace

std::vector<Trip> trips_of(const History& history) {
  std::vector<Trip> trips;
  bool running = false;
  const auto end = [&](std::size_t at, TripEnd how) {
    trips.back().end_ms = history.events[at].time_ms;
    trips.back().last = at;
    trips.back().how = how;
    running = false;
  };
  for (std::size_t at = 0; at < history.events.size(); ++at) {
    const auto& event = history.events[at].event;
    if (!event.is_trip) continue;
    if (event.action == "start") {
      if (running) end(at, TripEnd::next_start);
      trips.push_back(
          {event.trip_id, history.events[at].time_ms, {}, TripEnd::none, at, history.events.size(), {}, {}, {}, {}});
      running = true;
    } else if (running && event.trip_id == trips.back().id) {
      if (event.action == "finish") end(at, TripEnd::finish);
      if (event.action == "cancel") end(at, TripEnd::cancel);
    }
  }
  for (auto& trip : trips) collect_fields(history, trip);
  return trips;
}

std::vector<Message> messages_of(const History& history, std::size_t first, std::size_t last, double max_speed_kmh) {
  std::vector<Message> messages;
  for (std::size_t at = first; at < last; ++at) {
    const auto& counted = history.events[at];
    if (!counted.event.is_trip) messages.push_back({&counted.event, counted.time_ms, counted.clock_fault, {}});
  }
  Message* good = nullptr;
  Message* suspect = nullptr;
  const auto accept = [&](Message& message) {
    message.fix = message.event->position;
    good = &message;
  };
  for (auto& message : messages) {
    if (!message.event->position) continue;
    if (suspect) {
      const Point here = *message.event->position;
      const bool nearer = haversine_m(here, *suspect->event->position) < haversine_m(here, *good->event->position);
      if (nearer && speed_kmh(*suspect, message) <= max_speed_kmh) accept(*suspect);
      suspect = nullptr;
    }
    if (!good || speed_kmh(*good, message) <= max_speed_kmh)
      accept(message);
    else
      suspect = &message;
  }
  return messages;
}

}  // namespace vigia::reference
