#include "connectors/simulated_site_day.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "connectors/simulated_random.h"

namespace vigia {
namespace {

using schema::AccessKind;
using schema::CameraKind;

constexpr TimeMs second_ms = 1'000, minute_ms = 60'000, hour_ms = 60 * minute_ms;
constexpr int people = 40;

class SiteDay {
 public:
  SiteDay(const SimulatorOptions& options, std::vector<GroundTruth>& truth)
      : options_(options), truth_(truth), random_(options.seed ^ 0x51'7E'0DA7) {}

  void open_door(const Door& door) {
    for (TimeMs at_ms = options_.start_ms + 6 * hour_ms; at_ms < options_.start_ms + 20 * hour_ms;
         at_ms += random_.between_ms(5 * minute_ms, 40 * minute_ms)) {
      // Now and then the grant is kept in a controller without network, and the opening comes first.
      const bool is_late = random_.chance(0.05);
      const auto holder = fmt::format("H-{:04}", random_.between_ms(1, people));
      access(door, AccessKind::badge_granted, at_ms, is_late ? at_ms + 6 * minute_ms : at_ms, holder);
      access(door, AccessKind::door_opened, at_ms + 2 * second_ms, at_ms + 2 * second_ms);
      access(door, AccessKind::door_closed, at_ms + 9 * second_ms, at_ms + 9 * second_ms);
    }
  }

  // The door's camera goes dark at two, the door is forced minutes later, and by dawn somebody has found the fuse.
  void break_in(const Door& door, const Camera& camera) {
    const auto dark_ms = options_.start_ms + 2 * hour_ms + random_.between_ms(0, 30 * minute_ms);
    const auto forced_ms = dark_ms + random_.between_ms(minute_ms, 4 * minute_ms);
    const auto light_ms = dark_ms + 3 * hour_ms;
    picture(camera, CameraKind::power_lost, dark_ms);
    access(door, AccessKind::door_opened, forced_ms, forced_ms);
    access(door, AccessKind::door_closed, forced_ms + 20 * second_ms, forced_ms + 20 * second_ms);
    picture(camera, CameraKind::power_restored, light_ms);
    if (light_ms >= end_ms()) return;
    truth_.push_back({"camera_offline", camera.id, {}, dark_ms, light_ms});
    truth_.push_back({"door_forced", door.id, {}, forced_ms, forced_ms});
    truth_.push_back({"incident", door.site + "|" + door.area, {}, dark_ms, forced_ms});
  }

  std::vector<SimulatedEvent> take() {
    std::ranges::stable_sort(events_, {}, &SimulatedEvent::broker_ms);
    return std::move(events_);
  }

 private:
  [[nodiscard]] TimeMs end_ms() const { return options_.start_ms + options_.duration_ms; }

  void access(const Door& door, AccessKind kind, TimeMs at_ms, TimeMs broker_ms, std::string holder = {}) {
    if (broker_ms >= end_ms()) return;
    schema::AccessEventT event;
    event.door_id = door.id;
    event.device_time_ms = at_ms;
    event.kind = kind;
    event.buffered = broker_ms != at_ms;
    event.holder_id = std::move(holder);
    events_.push_back({broker_ms, std::move(event)});
  }
  void picture(const Camera& camera, CameraKind kind, TimeMs at_ms) {
    if (at_ms >= end_ms()) return;
    schema::CameraEventT event;
    event.camera_id = camera.id;
    event.device_time_ms = at_ms;
    event.kind = kind;
    events_.push_back({at_ms, std::move(event)});
  }

  const SimulatorOptions& options_;
  std::vector<GroundTruth>& truth_;
  SimulatedRandom random_;
  std::vector<SimulatedEvent> events_;
};

}  // namespace

std::vector<SimulatedEvent> simulate_sites(const Equipment& equipment, const SimulatorOptions& options,
                                           std::vector<GroundTruth>& truth) {
  SiteDay day(options, truth);
  for (const Door& door : equipment.doors()) {
    day.open_door(door);
    const bool is_first = std::ranges::find(equipment.doors(), door.site, &Door::site)->id == door.id;
    const auto camera = std::ranges::find_if(equipment.cameras(), [&](const Camera& one) {
      return one.site == door.site && one.zone == door.area && !one.zone.empty();
    });
    if (is_first && !door.site.empty() && camera != equipment.cameras().end()) day.break_in(door, *camera);
  }
  return day.take();
}

}  // namespace vigia
