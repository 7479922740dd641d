// The plain data that the naive recomputation works on. Nothing here is shared with the engine but the rules, so that a
// mistake in the engine's own types can't hide itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/identity.h"
#include "operators/rule.h"

namespace vigia::reference {

struct Point {
  double lat_deg = 0;
  double lon_deg = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

// One event as it arrived: a seal's ping or a trip's event. Text fields are the names of the schema.
struct Event {
  bool is_trip = false;
  std::string seal_id;
  TimeMs time_ms = 0;       // as sent
  TimeMs broker_ms = 0;     // of the record that brought it
  std::size_t arrival = 0;  // its place in the order of reading
  std::string canonical;    // semantics 1.1

  // seal
  std::uint32_t sequence = 0;
  bool buffered = false;
  std::optional<Point> position;
  std::string lock;  // empty: absent
  std::vector<std::string> conditions;
  std::string provider_id;

  // trip
  std::string trip_id;
  std::string action;
  std::map<std::string, std::string> text;  // route_id, origin_depot_id, ...
  std::optional<TimeMs> due_ms, from_ms, until_ms;
  std::optional<double> weight_kg;
};

using Ring = std::vector<Point>;  // closed: the last point is the first

struct PlainZone {
  std::string id, kind, site;
  std::vector<std::vector<Ring>> polygons;  // each: the outer ring, then holes; empty: a circle
  Point center;
  double radius_m = 0;
};

struct PlainRoute {
  std::string id;
  std::vector<std::vector<Point>> lines;
  double half_width_m = 0;
};

struct PlainSite {
  std::vector<PlainZone> zones;
  std::vector<PlainRoute> routes;

  [[nodiscard]] const PlainZone* zone(const std::string& id) const;
  [[nodiscard]] const PlainRoute* route(const std::string& id) const;
};

struct Settings {
  TimeMs horizon_ms = 24 * 3'600'000LL;
  TimeMs allowed_lateness_ms = 10 * 60'000LL;
  TimeMs max_clock_skew_ms = 5 * 60'000LL;
  std::string timezone = "UTC";
};

}  // namespace vigia::reference
