#include "operators/site_model.h"

#include <xxhash.h>

#include <array>
#include <bit>
#include <map>
#include <utility>

namespace vigia {
namespace {

constexpr std::array<std::string_view, 5> zone_kind_names = {"depot", "exempt", "restricted", "cargo", "area"};

// The canonical bytes of a zone or route: texts and lists with their lengths in front, numbers as 8 bytes, little
// endian. Longitudes are on the turn [-180, 180], so that how a line was unwrapped makes no difference.
class Canonical {
 public:
  void add(std::string_view text) {
    add_count(text.size());
    bytes_ += text;
  }
  void add(double number) { add_count(std::bit_cast<std::uint64_t>(number + 0.0)); }  // -0 is 0
  void add_count(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(value >> shift);
  }
  void add(const std::vector<LatLon>& line) {
    add_count(line.size());
    for (const LatLon p : line) {
      add(p.lat_deg);
      add(wrap_lon_deg(p.lon_deg));
    }
  }
  [[nodiscard]] std::uint64_t hash() const { return XXH3_64bits(bytes_.data(), bytes_.size()); }

 private:
  std::string bytes_;
};

std::uint64_t hash_of(const Zone& zone, const ZoneShape& shape) {
  Canonical out;
  out.add(zone.id);
  out.add(name_of(zone.kind));
  out.add(zone.site);
  out.add(zone.hours);
  out.add_count(shape.polygons.size());
  for (const Polygon& polygon : shape.polygons) {
    out.add_count(polygon.rings.size());
    for (const Ring& ring : polygon.rings) out.add(ring);
  }
  if (shape.circle) {
    out.add(shape.circle->centre.lat_deg);
    out.add(wrap_lon_deg(shape.circle->centre.lon_deg));
    out.add(shape.circle->radius_m);
  }
  return out.hash();
}

}  // namespace

std::string_view name_of(ZoneKind kind) { return zone_kind_names[static_cast<std::size_t>(kind)]; }

std::optional<ZoneKind> zone_kind_of(std::string_view name) {
  for (std::size_t i = 0; i < zone_kind_names.size(); ++i) {
    if (zone_kind_names[i] == name) return static_cast<ZoneKind>(i);
  }
  return std::nullopt;
}

std::string_view SiteModel::smallest_site_at(LatLon position) const {
  if (index.none_near(position, position)) return {};
  thread_local std::vector<std::uint32_t> at;
  index.zones_at(position, at);
  const Zone* smallest = nullptr;
  for (const std::uint32_t i : at) {
    const Zone& zone = zones[i];
    if (zone.site.empty()) continue;
    if (smallest == nullptr || zone.area_m2 < smallest->area_m2 ||
        (zone.area_m2 == smallest->area_m2 && zone.id < smallest->id)) {
      smallest = &zone;
    }
  }
  return smallest == nullptr ? std::string_view{} : std::string_view{smallest->site};
}

bool SiteModelBuilder::add_zone(std::string id, ZoneKind kind, std::string site, std::string hours, ZoneShape shape) {
  const auto position = static_cast<std::uint32_t>(model_.zones.size());
  if (!model_.zone_ids_.try_emplace(id, position).second) return false;
  for (Polygon& polygon : shape.polygons) unwrap(polygon);
  Zone zone{std::move(id), kind, std::move(site), std::move(hours), area_m2(shape), 0, 0};
  zone.content_hash = hash_of(zone, shape);
  model_.zones.push_back(std::move(zone));
  shapes_.push_back(std::move(shape));
  return true;
}

bool SiteModelBuilder::add_route(std::string id, const std::vector<std::vector<LatLon>>& lines, double half_width_m) {
  const auto position = static_cast<std::uint32_t>(model_.routes.size());
  if (!model_.route_ids_.try_emplace(id, position).second) return false;
  Canonical canonical;
  canonical.add(id);
  canonical.add(half_width_m);
  canonical.add_count(lines.size());
  for (const auto& line : lines) canonical.add(line);
  model_.routes.push_back({std::move(id), Corridor(lines, half_width_m), canonical.hash()});
  return true;
}

std::uint64_t SiteModel::content_hash() const {
  Canonical out;
  for (const Zone& zone : zones) out.add_count(zone.content_hash);
  for (const Route& route : routes) out.add_count(route.content_hash);
  return out.hash();
}

// Two ids with the same number: the one that is less keeps it.
void SiteModelBuilder::number_zones() {
  std::map<std::string_view, std::uint32_t> by_id;
  for (std::uint32_t i = 0; i < model_.zones.size(); ++i) by_id.emplace(model_.zones[i].id, i);
  for (const auto& [id, position] : by_id) {
    auto number = static_cast<std::uint32_t>(XXH3_64bits(id.data(), id.size()));
    while (!model_.zone_numbers_.try_emplace(number, position).second) ++number;
    model_.zones[position].number = number;
  }
}

SiteModel SiteModelBuilder::build() {
  number_zones();
  model_.index = ZoneIndex(shapes_);
  shapes_.clear();
  return std::exchange(model_, {});
}

}  // namespace vigia
