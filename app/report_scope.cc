#include "app/report_scope.h"

#include <algorithm>
#include <utility>

namespace vigia {
namespace {

// Of attributes only those that name what the alert is about, or where it was: others are counts and measures, whose texts
// may be somebody's id, and the camera next to an emergency is not where it was.
constexpr std::string_view naming[] = {"area",    "camera_id",        "door_id",          "holder_id",
                                       "zone_id", "previous_door_id", "previous_site_id", "seal_number"};

// The group of an incident has its values with | between.
std::vector<std::string> names_in(const Alert& alert) {
  std::vector<std::string> names{alert.site_id, alert.trip_id};
  for (std::size_t from = 0; from <= alert.subject_id.size();) {
    const std::size_t end = std::min(alert.subject_id.find('|', from), alert.subject_id.size());
    names.push_back(alert.subject_id.substr(from, end - from));
    from = end + 1;
  }
  for (const auto& attribute : alert.attributes)
    if (std::ranges::find(naming, attribute->key) != std::end(naming)) names.push_back(attribute->value);
  return names;
}

}  // namespace

ReportScope::ReportScope(const SiteModel& model, const std::string& site, std::string subject)
    : site_(site), subject_(std::move(subject)) {
  if (site_.empty()) return;
  places_.insert(site_);
  for (const Door& door : model.equipment.doors())
    if (door.site == site_) places_.insert(door.id);
  for (const Camera& camera : model.equipment.cameras())
    if (camera.site == site_) places_.insert(camera.id);
  for (const Zone& zone : model.zones)
    if (zone.site == site_) places_.insert(zone.id);
}

bool ReportScope::is_there(const std::vector<std::string>& names) const {
  const bool at_site =
      site_.empty() || std::ranges::any_of(names, [&](const std::string& name) { return places_.contains(name); });
  return at_site && (subject_.empty() || std::ranges::find(names, subject_) != names.end());
}

bool ReportScope::covers(const Alert& alert) const {
  std::vector<std::string> names = names_in(alert);
  names.push_back(alert.subject_id);
  return is_there(names);
}

bool ReportScope::covers(const KeptEvent& event) const { return is_there(names_of(event)); }

std::vector<std::string> ReportScope::names() const {
  if (!subject_.empty()) return {subject_};
  return {places_.begin(), places_.end()};
}

std::string_view attribute_of(const Alert& alert, std::string_view name) {
  const auto found = std::ranges::find_if(alert.attributes, [&](const auto& one) { return one->key == name; });
  return found == alert.attributes.end() ? std::string_view() : std::string_view((*found)->value);
}

}  // namespace vigia
