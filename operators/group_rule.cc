#include "operators/group_rule.h"

#include <algorithm>
#include <typeinfo>
#include <utility>

#include "operators/alert_words.h"
#include "operators/emergency.h"
#include "operators/numbered_names.h"
#include "operators/rule_hash.h"
#include "operators/zone_choice.h"

namespace vigia {
namespace {

std::string_view named(std::uint32_t hash, std::span<const std::string_view> device_ids) {
  const auto found = std::ranges::find(device_ids, hash, name_hash);
  return hash == 0 || found == device_ids.end() ? std::string_view() : *found;
}

}  // namespace

GroupRule::GroupRule(const RuleSpec& spec, std::shared_ptr<const SiteModel> site)
    : spec_(spec), hash_(hash_of(spec)), site_(std::move(site)) {}
GroupRule::~GroupRule() = default;

bool GroupRule::is_like(const GroupRule& other) const { return typeid(*this) == typeid(other); }

const Door* GroupRule::find_door(std::string_view door_id) const {
  const auto at = site_->equipment.find_door(id_hash(door_id));
  return at == Equipment::npos ? nullptr : &site_->equipment.doors()[at];
}

bool GroupRule::concerns(std::string_view door_id) const {
  const auto& only = spec_.only;
  if (!ZoneChoice::matches(only.id, door_id)) return false;
  if (only.site.empty() && only.zone.empty()) return true;
  const auto* door = find_door(door_id);
  return ZoneChoice::matches_site(only.site, door == nullptr ? std::string_view() : std::string_view(door->site)) &&
         ZoneChoice::matches_site(only.zone, door == nullptr ? std::string_view() : std::string_view(door->area));
}

void GroupRule::add_part(std::vector<GroupPart>& parts, std::vector<std::string> group, std::uint32_t marks,
                         std::uint64_t value) const {
  parts.push_back({spec_.id, std::move(group), marks, value});
}

Episode GroupRule::instant(const GroupEvent& event, const GroupEvent* before) {
  Episode episode;
  episode.start_ms = episode.end_ms = event.at_ms;
  episode.discriminator = name_hash(event.device_id);
  episode.context = device_note(event.device_id, before == nullptr ? std::string_view() : before->device_id);
  if (before != nullptr) episode.evidence[0] = before->evidence;
  episode.evidence[1] = event.evidence;
  return episode;
}

void GroupRule::describe_holder(std::string_view holder_id, std::string_view door_id, Alert& alert) const {
  alert.subject_type = "holder";
  alert.subject_id = holder_id;
  if (!door_id.empty()) add_attribute(alert, "door_id", std::string(door_id));
  describe_place(door_id, alert);
}

void GroupRule::describe_place(std::string_view door_id, Alert& alert) const {
  const auto* door = find_door(door_id);
  if (door == nullptr) return;
  alert.site_id = door->site;
  if (!door->area.empty()) add_attribute(alert, "area", door->area);
  if (door->place) set_position(alert, *door->place);
}

std::uint64_t device_note(std::string_view device_id, std::string_view other_id) {
  return std::uint64_t{name_hash(other_id)} << 32 | name_hash(device_id);
}
std::string_view device_of(std::uint64_t note, std::span<const std::string_view> device_ids) {
  return named(static_cast<std::uint32_t>(note), device_ids);
}
std::string_view other_device_of(std::uint64_t note, std::span<const std::string_view> device_ids) {
  return named(static_cast<std::uint32_t>(note >> 32), device_ids);
}

}  // namespace vigia
