// The fixed things of the world that rules speak of: zones and routes, by index and by id, doors, cameras and holders, and the
// local days.
//
// Built once from files or a topic, then immutable: any number of threads may read it. Indices are positions in
// `zones` and `routes` and belong to one model; what outlives it (snapshots, alerts) holds ids.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "operators/corridor.h"
#include "operators/equipment.h"
#include "operators/local_days.h"
#include "operators/shape.h"
#include "operators/zones.h"

namespace vigia {

enum class ZoneKind : std::uint8_t { depot, exempt, restricted, cargo, area };

[[nodiscard]] std::string_view name_of(ZoneKind kind);
[[nodiscard]] std::optional<ZoneKind> zone_kind_of(std::string_view name);

struct Zone {
  std::string id;
  ZoneKind kind = ZoneKind::area;
  std::string site;   // empty: of no site
  std::string hours;  // as written, e.g. "Mon-Fri 06:00-20:00"; empty: always
  double area_m2 = 0;
  std::uint64_t content_hash = 0;  // of everything above and the shape, whatever file it came from
  std::uint32_t number = 0;        // told from the id alone: names the zone in alerts' ids and in snapshots
};

struct Route {
  std::string id;
  Corridor corridor;
  std::uint64_t content_hash = 0;
};

// Looks up std::string keys by std::string_view without a copy.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using IdMap = std::unordered_map<std::string, std::uint32_t, StringHash, std::equal_to<>>;

class SiteModel {
 public:
  static constexpr std::uint32_t npos = UINT32_MAX;  // "there is none"

  std::vector<Zone> zones;
  std::vector<Route> routes;
  ZoneIndex index;  // zone i of the index is zones[i]
  LocalDays days;   // of the pipeline's time zone
  Equipment equipment;

  // The index of a zone or route, `npos` when the id is unknown.
  [[nodiscard]] std::uint32_t find_zone(std::string_view id) const { return find(zone_ids_, id); }
  [[nodiscard]] std::uint32_t find_route(std::string_view id) const { return find(route_ids_, id); }
  // REQUIRES: a number of one of the zones.
  [[nodiscard]] const Zone& zone_numbered(std::uint32_t number) const { return zones[zone_numbers_.at(number)]; }
  // Of all zones and routes.
  [[nodiscard]] std::uint64_t content_hash() const;

  // The site of the smallest zone with a site at the position (of equals, the smaller id); empty when there is none.
  // The view lives as long as the model.
  [[nodiscard]] std::string_view smallest_site_at(LatLon position) const;

 private:
  friend class SiteModelBuilder;
  [[nodiscard]] static std::uint32_t find(const IdMap& ids, std::string_view id) {
    const auto found = ids.find(id);
    return found == ids.end() ? npos : found->second;
  }

  IdMap zone_ids_, route_ids_;
  std::unordered_map<std::uint32_t, std::uint32_t> zone_numbers_;  // to the index
};

// Collects zones and routes. Not thread safe.
class SiteModelBuilder {
 public:
  // Add one thing; false, and nothing is added, when the id is taken. Zones and routes have ids of their own.
  // REQUIRES: the limits of ZoneShape and Corridor (the loader checks them).
  [[nodiscard]] bool add_zone(std::string id, ZoneKind kind, std::string site, std::string hours, ZoneShape shape);
  [[nodiscard]] bool add_route(std::string id, const std::vector<std::vector<LatLon>>& lines, double half_width_m);

  // The model of all that was added, in that order. The builder is empty afterwards.
  [[nodiscard]] SiteModel build();

 private:
  void number_zones();

  SiteModel model_;
  std::vector<ZoneShape> shapes_;
};

}  // namespace vigia
