#include "operators/tailgating.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "operators/geo.h"

namespace vigia {
namespace {

// Null: it has none.
const Camera* camera_of(const Door& door, const std::vector<const Camera*>& cameras) {
  const Camera* best = nullptr;
  auto best_rank = std::pair(true, std::numeric_limits<double>::infinity());
  for (const auto* camera : cameras) {
    const bool is_elsewhere = door.area.empty() || camera->zone != door.area;
    if (is_elsewhere && !(door.place && camera->place)) continue;
    const auto away_m =
        door.place && camera->place ? distance_m(*door.place, *camera->place) : std::numeric_limits<double>::max();
    const auto rank = std::pair(is_elsewhere, away_m);
    if (rank < best_rank || (rank == best_rank && camera->id < best->id)) {
      best = camera;
      best_rank = rank;
    }
  }
  return best;
}

}  // namespace

Tailgating::Tailgating(const RuleSpec& spec, std::shared_ptr<const SiteModel> site_model)
    : GroupRule(spec, std::move(site_model)), window_ms_(spec.duration_ms("window")) {
  std::map<std::string_view, std::vector<const Camera*>> cameras;  // by site
  for (const auto& camera : site().equipment.cameras()) cameras[camera.site].push_back(&camera);
  for (const auto& door : site().equipment.doors()) {
    const auto* camera = camera_of(door, cameras[door.site]);
    if (camera == nullptr) continue;
    camera_of_door_.emplace(door.id, camera->id);
    doors_of_camera_[camera->id].push_back(door.id);
  }
}

void Tailgating::take(const schema::AccessEvent& event, std::vector<GroupPart>& parts) const {
  if (event.kind() != schema::AccessKind::badge_granted) return;
  const auto camera = camera_of_door_.find(event.door_id()->string_view());
  if (camera == camera_of_door_.end()) return;
  for (const auto& door : doors_of_camera_.find(camera->second)->second)
    if (concerns(door)) add_part(parts, {door}, door == camera->first ? grant : grant_beside);
}

void Tailgating::take(const schema::CameraEvent& event, std::vector<GroupPart>& parts) const {
  if (event.kind() != schema::CameraKind::object || event.object_class() == nullptr) return;
  if (event.object_class()->string_view() != "person") return;
  const auto doors = doors_of_camera_.find(event.camera_id()->string_view());
  if (doors == doors_of_camera_.end()) return;
  constexpr std::uint32_t count_max = UINT32_MAX >> count_shift;
  const auto count = std::min(event.count() ? *event.count() : 1, count_max);
  const bool is_track = event.track_id() != nullptr && event.track_id()->size() > 0;
  const auto track = is_track ? id_hash(event.track_id()->string_view()) : 0;
  for (const auto& door : doors->second)
    if (concerns(door)) add_part(parts, {door}, person | count << count_shift, track);
}

void Tailgating::judge(std::span<const GroupEvent> events, TimeMs clock_ms, Judgement& out) const {
  const auto is_grant = [](const GroupEvent& event) { return (event.marks & (grant | grant_beside)) != 0; };
  for (auto at = std::ranges::find_if(events, is_grant); at != events.end();
       at = std::find_if(at, events.end(), is_grant)) {
    auto end_ms = at->at_ms;
    std::uint32_t grants = 0, count_most = 0;
    const GroupEvent *own = nullptr, *newest = nullptr;
    std::set<std::uint64_t> tracks;
    for (at = std::ranges::lower_bound(events, at->at_ms, {}, &GroupEvent::at_ms);
         at != events.end() && at->at_ms <= end_ms; ++at) {
      if (is_grant(*at)) {
        ++grants;
        end_ms = at->at_ms + window_ms_;
        if (own == nullptr && at->marks == grant) own = &*at;
      } else {
        count_most = std::max(count_most, at->marks >> count_shift);
        const bool is_new = at->value == 0 ? newest == nullptr : tracks.insert(at->value).second;
        if (is_new) newest = &*at;
      }
    }
    const auto people = std::max(count_most, static_cast<std::uint32_t>(tracks.size()));
    if (own == nullptr) continue;
    if (clock_ms <= end_ms) {
      out.due_ms = std::min(out.due_ms, end_ms);
      continue;
    }
    if (people <= grants) continue;
    auto& episode = out.episodes.emplace_back();
    episode.start_ms = own->at_ms;
    episode.end_ms = end_ms;
    episode.status = schema::AlertStatus::cleared;
    episode.context = std::uint64_t{people} << 32 | grants;
    episode.evidence[0] = own->evidence;
    episode.evidence[1] = newest->evidence;
  }
}

void Tailgating::describe(const Episode& episode, std::span<const std::string> group, std::span<const std::string_view>,
                          Alert& alert) const {
  const auto people = episode.context >> 32, grants = episode.context & UINT32_MAX;
  alert.subject_type = "door";
  alert.subject_id = group[0];
  describe_place(group[0], alert);
  if (const auto camera = camera_of_door_.find(group[0]); camera != camera_of_door_.end())
    add_attribute(alert, "camera_id", camera->second);
  add_attribute(alert, "grants", std::to_string(grants));
  add_attribute(alert, "people", std::to_string(people));
  alert.message = fmt::format("{} people seen, {} granted", people, grants);
}

}  // namespace vigia
