#include "operators/equipment.h"

#include <bit>
#include <tuple>

#include <fmt/format.h>
#include <xxhash.h>

namespace vigia {
namespace {

template <class Thing>
IdIndex index_of(const std::vector<Thing>& things) {
  IdIndex index;
  index.reserve(things.size());
  for (std::uint32_t i = 0; i < things.size(); ++i) index.add(id_hash(things[i].id), i);
  return index;
}

// Quoted by length, so that no text can pass for the structure around it.
void append(std::string& out, std::string_view text) { out += fmt::format("{}:{};", text.size(), text); }

void append(std::string& out, const std::optional<LatLon>& place) {
  out += place ? fmt::format("{},{};", place->lat_deg, place->lon_deg) : ";";
}

// The order of the lists counts: what is kept of a key knows positions.
std::uint64_t hash_of_all(const SiteEquipment& lists) {
  std::vector<std::uint64_t> hashes;
  const auto add = [&](const auto& things) {
    for (const auto& thing : things) hashes.push_back(content_hash(thing));
  };
  add(lists.doors);
  add(lists.cameras);
  add(lists.holders);
  return XXH3_64bits(hashes.data(), hashes.size() * sizeof(std::uint64_t));
}

}  // namespace

std::uint64_t content_hash(const Door& door) {
  std::string text = "door;";
  for (const auto* part : {&door.id, &door.site, &door.area, &door.panel, &door.hours}) append(text, *part);
  append(text, door.closed_permanently ? "closed" : "");
  append(text, door.place);
  return XXH3_64bits(text.data(), text.size());
}

std::uint64_t content_hash(const Camera& camera) {
  std::string text = "camera;";
  for (const auto* part : {&camera.id, &camera.site, &camera.zone}) append(text, *part);
  append(text, camera.place);
  text += fmt::format("{};", camera.heartbeat_every_ms);
  return XXH3_64bits(text.data(), text.size());
}

std::uint64_t content_hash(const Holder& holder) {
  std::string text = "holder;";
  append(text, holder.id);
  text += fmt::format("{};", static_cast<int>(holder.holder_class));
  for (const auto& area : holder.areas) append(text, area);
  return XXH3_64bits(text.data(), text.size());
}

std::string canonical_text(const StaffMember& member) {
  std::string text = member.is_deputy ? "deputy;" : "administrator;";
  append(text, member.id);
  for (const auto& pattern : member.site) append(text, pattern);
  return text;
}

std::uint64_t id_hash(std::string_view id) {
  const auto hash = XXH3_64bits(id.data(), id.size());
  return id.empty() ? 0 : hash == 0 ? 1 : hash;
}

void IdIndex::reserve(std::size_t count) {
  slots_.assign(std::bit_ceil(2 * count + 2), {0, npos});
  mask_ = slots_.size() - 1;
}

void IdIndex::add(std::uint64_t hash, std::uint32_t position) {
  auto at = hash & mask_;
  while (slots_[at].first != 0) at = (at + 1) & mask_;
  slots_[at] = {hash, position};
}

Equipment::Equipment(SiteEquipment lists)
    : lists_(std::move(lists)),
      doors_(index_of(lists_.doors)),
      cameras_(index_of(lists_.cameras)),
      holders_(index_of(lists_.holders)),
      content_hash_(hash_of_all(lists_)) {
  for (Door& door : lists_.doors) door.spans = parse_opening_hours(door.hours).value_or(std::vector<OpenSpan>());
}

const Camera* Equipment::nearest_camera(LatLon place) const {
  const Camera* nearest = nullptr;
  double nearest_m = 0;
  for (const Camera& camera : lists_.cameras) {
    if (!camera.place) continue;
    const double away_m = distance_m(place, *camera.place);
    if (nearest != nullptr && std::tie(nearest_m, nearest->id) <= std::tie(away_m, camera.id)) continue;
    nearest = &camera;
    nearest_m = away_m;
  }
  return nearest;
}

}  // namespace vigia
