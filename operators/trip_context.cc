#include "operators/trip_context.h"

#include <algorithm>
#include <tuple>

namespace vigia {

using schema::TripAction;

Trip& SealContext::find_or_add(std::string_view id) {
  for (auto& trip : trips)
    if (trip.id == id) return trip;
  trips.push_back({});
  trips.back().id = id;
  trips.back().serial = next_serial++;
  return trips.back();
}

const Trip* SealContext::find(std::uint16_t serial) const {
  for (const auto& trip : trips)
    if (trip.serial == serial) return &trip;
  return nullptr;
}

const Trip* SealContext::find(std::string_view id) const {
  for (const auto& trip : trips)
    if (trip.id == id) return &trip;
  return nullptr;
}

namespace {

std::string_view text_of(const flatbuffers::String* text) { return text ? text->string_view() : std::string_view(); }

template <class Element, class Less>
void insert_once(std::vector<Element>& elements, const Element& element, Less less) {
  const auto place = std::lower_bound(elements.begin(), elements.end(), element, less);
  if (place != elements.end() && !less(element, *place)) return;
  elements.insert(place, element);
}

}  // namespace

TimeMs SealContext::absorb(const EventHead& head, const schema::TripEvent& event, const SiteModel& site) {
  auto& trip = find_or_add(text_of(event.trip_id()));
  const auto at_ms = head.time_ms;
  trip.newest_ms = std::max(trip.newest_ms, at_ms);
  bool route_changed = false;
  if (const auto id = text_of(event.route_id()); !id.empty())
    route_changed = trip.route.offer(site.find_route(id), at_ms);
  if (const auto id = text_of(event.origin_depot_id()); !id.empty()) trip.origin.offer(site.find_zone(id), at_ms);
  if (const auto id = text_of(event.destination_depot_id()); !id.empty())
    trip.destination.offer(site.find_zone(id), at_ms);
  if (event.due_ms()) trip.due_ms.offer(*event.due_ms(), at_ms);

  switch (event.action()) {
    case TripAction::authorize_stop:
    case TripAction::officer_present: {
      const TripWindow window{event.from_ms().value_or(at_ms), event.until_ms().value_or(never_ms),
                              event.action() == TripAction::officer_present};
      insert_once(trip.windows, window, std::less<>());
      break;
    }
    case TripAction::weigh:
      if (event.weight_kg())
        insert_once(trip.weighings, {head.broker_ms, at_ms, *event.weight_kg(), head.evidence},
                    [](const Weighing& a, const Weighing& b) {
                      return std::tie(a.at_ms, a.weight_kg) < std::tie(b.at_ms, b.weight_kg);
                    });
      break;
    case TripAction::start:
    case TripAction::finish:
    case TripAction::cancel: {
      const auto kind = event.action() == TripAction::start    ? TripMarkKind::start
                        : event.action() == TripAction::finish ? TripMarkKind::finish
                                                               : TripMarkKind::cancel;
      insert_once(marks, {at_ms, trip.serial, kind, head.evidence, head.broker_ms},
                  [&](const TripMark& a, const TripMark& b) {
                    if (a.at_ms != b.at_ms) return a.at_ms < b.at_ms;
                    if (a.trip != b.trip) return find(a.trip)->id < find(b.trip)->id;
                    return a.kind < b.kind;
                  });
      break;
    }
    default: break;
  }
  if (!route_changed) return never_ms;
  for (const auto& mark : marks)
    if (mark.trip == trip.serial && mark.kind == TripMarkKind::start) return std::min(mark.at_ms, at_ms);
  return never_ms;
}

std::vector<TripSpan> SealContext::spans() const {
  std::vector<TripSpan> spans;
  bool running = false;
  for (const auto& mark : marks) {
    if (mark.kind != TripMarkKind::start && (!running || spans.back().trip != mark.trip)) continue;
    if (running) {
      spans.back().end_ms = mark.at_ms;
      spans.back().ended_by = &mark;
    }
    running = mark.kind == TripMarkKind::start;
    if (running) spans.push_back({mark.trip, mark.at_ms, never_ms, nullptr});
  }
  return spans;
}

void SealContext::trim(TimeMs before_ms) {
  silences.trim(before_ms);
  auto ended = spans();
  std::erase_if(ended, [&](const TripSpan& span) { return span.end_ms >= before_ms; });
  if (!ended.empty()) {
    const auto until_ms = ended.back().end_ms;  // marks of spans are in order: what came before the last end is over
    std::erase_if(marks, [&](const TripMark& mark) {
      return mark.at_ms < until_ms || (mark.at_ms == until_ms && mark.kind != TripMarkKind::start);
    });
  }
  std::erase_if(trips, [&](const Trip& trip) {
    const bool marked =
        std::any_of(marks.begin(), marks.end(), [&](const TripMark& m) { return m.trip == trip.serial; });
    return !marked && trip.newest_ms < before_ms;
  });
  checks.forget([&](std::uint16_t serial) { return find(serial) == nullptr; });
}

std::size_t SealContext::memory_bytes() const {
  auto bytes =
      sizeof(*this) + trips.capacity() * sizeof(Trip) + marks.capacity() * sizeof(TripMark) + silences.memory_bytes();
  for (const auto& trip : trips)
    bytes += (trip.id.capacity() > 15 ? trip.id.capacity() + 1 : 0) + trip.windows.capacity() * sizeof(TripWindow) +
             trip.weighings.capacity() * sizeof(Weighing);
  return bytes + providers.memory_bytes() + checks.memory_bytes();
}

namespace {

template <class Element>
void put_elements(ByteWriter& out, const std::vector<Element>& elements) {
  out.put(static_cast<std::uint32_t>(elements.size()));
  for (const auto& element : elements) out.put(element);
}

template <class Element>
void get_elements(ByteReader& in, std::vector<Element>& elements) {
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) elements.push_back(in.get<Element>());
}

// Indices belong to one site model: a snapshot holds ids.
std::string_view zone_id(const SiteModel& site, std::uint32_t zone) {
  return zone == SiteModel::npos ? std::string_view() : std::string_view(site.zones[zone].id);
}

}  // namespace

void SealContext::write(ByteWriter& out, const SiteModel& site) const {
  out.put(next_serial);
  out.put(static_cast<std::uint32_t>(trips.size()));
  for (const auto& trip : trips) {
    out.put_text(trip.id);
    out.put(trip.serial);
    out.put(trip.newest_ms);
    out.put_text(trip.route.value == SiteModel::npos ? std::string_view()
                                                     : std::string_view(site.routes[trip.route.value].id));
    out.put(trip.route.at_ms);
    out.put_text(zone_id(site, trip.origin.value));
    out.put(trip.origin.at_ms);
    out.put_text(zone_id(site, trip.destination.value));
    out.put(trip.destination.at_ms);
    out.put(trip.due_ms);
    put_elements(out, trip.windows);
    put_elements(out, trip.weighings);
  }
  put_elements(out, marks);
  silences.write(out);
}

void SealContext::read(ByteReader& in, std::uint8_t version, const SiteModel& site) {
  next_serial = in.get<std::uint16_t>();
  const TimeMs first_heard_ms = version == 1 ? in.get<TimeMs>() : 0;
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
    Trip trip;
    trip.id = in.get_text();
    trip.serial = in.get<std::uint16_t>();
    trip.newest_ms = in.get<TimeMs>();
    const auto dated = [&](auto&& find) {
      const auto id = in.get_text();
      return Dated<std::uint32_t>{id.empty() ? SiteModel::npos : find(id), in.get<TimeMs>()};
    };
    trip.route = dated([&](std::string_view id) { return site.find_route(id); });
    trip.origin = dated([&](std::string_view id) { return site.find_zone(id); });
    trip.destination = dated([&](std::string_view id) { return site.find_zone(id); });
    trip.due_ms = in.get<Dated<TimeMs>>();
    get_elements(in, trip.windows);
    get_elements(in, trip.weighings);
    trips.push_back(std::move(trip));
  }
  get_elements(in, marks);
  if (version == 1)
    silences.read_summed(in, first_heard_ms);
  else
    silences.read(in);
}

TimeMs covered_ms(const Trip* trip, TimeMs from_ms, TimeMs until_ms) {
  TimeMs covered = 0;
  auto at_ms = from_ms;
  if (trip == nullptr) return 0;
  for (const auto& window : trip->windows) {
    if (window.is_officer) continue;
    const auto begin = std::max(window.from_ms, at_ms);
    const auto end = std::min(window.until_ms, until_ms);
    if (end <= begin) continue;
    covered += end - begin;
    at_ms = end;
  }
  return covered;
}

TimeMs uncovered_until_ms(const Trip* trip, TimeMs from_ms, TimeMs limit_ms) {
  auto left_ms = limit_ms;
  auto at_ms = from_ms;
  if (trip != nullptr) {
    for (const auto& window : trip->windows) {
      if (window.is_officer || window.until_ms <= at_ms) continue;
      const auto before_ms = std::max<TimeMs>(0, window.from_ms - at_ms);
      if (before_ms > left_ms) break;
      left_ms -= before_ms;
      at_ms = window.until_ms;
      if (at_ms == never_ms) return never_ms;
    }
  }
  return at_ms + left_ms;
}

bool officer_present(const Trip* trip, TimeMs at_ms) {
  if (trip == nullptr) return false;
  return std::any_of(trip->windows.begin(), trip->windows.end(), [&](const TripWindow& window) {
    return window.is_officer && window.from_ms <= at_ms && at_ms <= window.until_ms;
  });
}

}  // namespace vigia
