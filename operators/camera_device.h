// What the stage of cameras has of its own (operators/device_stage.h), and the table of its operators. A new operator is its
// file, its test, one line here, and one in the table of kinds (operators/catalog_table.cc).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/task.h"
#include "operators/camera_degraded.h"
#include "operators/camera_offline.h"
#include "operators/motion_after_hours.h"
#include "operators/stage_config.h"
#include "operators/track_stay.h"
#include "schemas/enum_names.h"

namespace vigia {

struct CameraDevice : CameraFacts {
  using Facts = CameraFacts;
  using Event = schema::CameraEvent;
  static constexpr StreamId stream = StreamId::camera;
  using Operators = OperatorSet<CameraOffline, CameraDegraded, MotionAfterHours, Loitering, RestrictedObject,
                                DeviceClockFault<CameraFacts>>;

  // What the rules make worth remembering.
  struct Wishes {
    TimeMs keep_ms = 0;                  // names of tracks
    bool objects = false;                // motion_after_hours: of all classes
    std::vector<std::uint32_t> classes;  // whose tracks' names are kept
    std::vector<TimeMs> limits_ms;       // of camera_offline's rules; 0: the camera's own
    explicit Wishes(const StageConfig& config);
  };

  using Listed = Camera;
  static constexpr bool zone_is_fixed = false;  // an event may name another one
  [[nodiscard]] static const std::vector<Camera>& all(const Equipment& equipment) { return equipment.cameras(); }
  [[nodiscard]] static std::uint32_t find(const Equipment& equipment, std::uint64_t hash) {
    return equipment.find_camera(hash);
  }
  template <class Keep>
  static void fill(const schema::CameraEvent& event, Keep&& keep, CameraPayload& out);
  static constexpr std::string_view listed_name = "camera";
  // Zones that an event names: those of the site, and its camera's own.
  static void count_unlisted(const SiteModel& site, const schema::CameraEvent& event, const CameraPayload& payload,
                             UnlistedIds& out);
  [[nodiscard]] static bool compact(const CameraPayload& payload, CompactPayload& out);
  static void expand(const CompactPayload& compact, CameraPayload& out);
  [[nodiscard]] static bool enter(const Wishes& wishes, const SiteModel&, std::unique_ptr<CameraContext>& context,
                                  const CameraPayload& payload) {
    if (payload.zone_hash == 0 && payload.class_hash == 0) return false;
    return name(wishes, context, payload);
  }
  static void follow(CameraState&, const CameraFold&) {}

  // Silence, by broker time.
  [[nodiscard]] static bool listens(const Wishes& wishes) { return !wishes.limits_ms.empty(); }
  static void heard(const Wishes& wishes, const SiteModel& site, DeviceArea& area,
                    std::unique_ptr<CameraContext>& context, const EventHead& head, Emitter& emitter);
  [[nodiscard]] static TimeMs silence_due_ms(const Wishes& wishes, const SiteModel& site, const DeviceArea& area);

  [[nodiscard]] static bool is_alarm(std::string_view, const CameraPayload&) { return false; }
  // Site and zone of a finding.
  [[nodiscard]] static std::pair<std::string_view, std::string_view> where(const SiteModel& site, std::string_view key,
                                                                           const Episode& episode,
                                                                           const CameraContext* context);
  static void describe(const SiteModel& site, const RuleSpec& rule, const Episode& episode, std::string_view key,
                       const CameraContext* context, Alert& alert);
  static void describe_state(const CameraState&, std::string&) {}

 private:
  [[nodiscard]] static bool name(const Wishes& wishes, std::unique_ptr<CameraContext>& context,
                                 const CameraPayload& payload);
};

template <class Keep>
void CameraDevice::fill(const schema::CameraEvent& event, Keep&& keep, CameraPayload& out) {
  out.kind = schema::is_known(event.kind()) ? event.kind() : CameraKind::unknown;
  out.zone_id = keep(event.zone_id());
  out.zone_hash = name_hash(out.zone_id);
  if (out.kind != CameraKind::object) return;
  out.object_class = keep(event.object_class());
  out.class_hash = name_hash(out.object_class);
  out.track_id = keep(event.track_id());
  out.track = id_hash(out.track_id) >> 8;
}

inline void CameraDevice::count_unlisted(const SiteModel& site, const schema::CameraEvent&,
                                         const CameraPayload& payload, UnlistedIds& out) {
  if (payload.zone_id.empty() || site.zones.empty() || site.find_zone(payload.zone_id) != SiteModel::npos) return;
  const auto& lists = site.equipment;
  const auto place = lists.find_camera(payload.device);
  if (place == Equipment::npos || lists.cameras()[place].zone != payload.zone_id) out.add("zone", payload.zone_id);
}

}  // namespace vigia
