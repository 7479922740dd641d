#include "operators/camera_device.h"

#include <algorithm>

#include <fmt/format.h>

#include "operators/alert_words.h"
#include "operators/emergency.h"

namespace vigia {
namespace {

// Bits 0-3: kind; 4-8: code of the zone; 9-12: code of the class.
constexpr std::uint8_t zone_codes = 31, class_codes = 15;  // the first of a key; others do not fit

std::string own_words(const RuleSpec& rule, const Episode& episode) {
  const bool lasts = episode.end_ms == 0;
  const auto length = lasts ? std::string() : duration_text(episode.end_ms - episode.start_ms);
  const auto& kind = rule.kind;
  if (kind == CameraOffline::kind) return lasts ? "camera offline" : "camera offline for " + length;
  if (kind == CameraDegraded::kind) return lasts ? "image degraded" : "image degraded for " + length;
  if (kind == MotionAfterHours::kind) return "motion outside of the zone's hours";
  if (kind == Loitering::kind)
    return lasts ? fmt::format("in the zone for longer than {}", duration_text(rule.duration_ms("limit")))
                 : "in the zone for " + length;
  if (kind == RestrictedObject::kind)
    return lasts ? "an object that may not be in the zone" : "an object that may not be in the zone, for " + length;
  return "the device's clock is wrong: its events are taken at the time they arrived";
}

std::string_view cause_name(std::uint16_t cause) {
  switch (static_cast<CameraCause>(cause)) {
    case CameraCause::link: return "link";
    case CameraCause::equipment: return "equipment";
    case CameraCause::power: return "power";
    case CameraCause::none: break;
  }
  return {};
}

const Camera* camera_at(const SiteModel& site, std::uint32_t at) {
  return at == Equipment::npos ? nullptr : &site.equipment.cameras()[at];
}

// Of the rules', the shortest.
TimeMs shortest_ms(const CameraDevice::Wishes& wishes, const SiteModel& site, std::uint32_t place) {
  TimeMs shortest = never_ms;
  for (const auto limit_ms : wishes.limits_ms)
    shortest = std::min(shortest, CameraOffline::limit_ms(limit_ms, site, place));
  return shortest;
}

}  // namespace

CameraDevice::Wishes::Wishes(const StageConfig& config) : keep_ms(name_keep_ms(config.horizon_ms)) {
  for (const RuleSpec& rule : config.rules) {
    objects |= rule.kind == MotionAfterHours::kind;
    if (rule.kind == CameraOffline::kind) limits_ms.push_back(rule.duration_ms("heartbeat_limit"));
    if (rule.kind != Loitering::kind && rule.kind != RestrictedObject::kind) continue;
    for (const auto& object_class : rule.strings("classes")) classes.push_back(name_hash(object_class));
  }
}

bool CameraDevice::compact(const CameraPayload& payload, CompactPayload& out) {
  if (payload.zone_code > zone_codes || payload.class_code > class_codes) return false;
  out.bits =
      static_cast<std::uint16_t>(static_cast<unsigned>(payload.kind) | static_cast<unsigned>(payload.zone_code) << 4 |
                                 static_cast<unsigned>(payload.class_code) << 9);
  out.a = static_cast<std::int32_t>(payload.track >> 32);
  out.b = static_cast<std::int32_t>(payload.track);
  return true;
}

void CameraDevice::expand(const CompactPayload& compact, CameraPayload& out) {
  out = {};
  out.kind = static_cast<CameraKind>(compact.bits & 15);
  out.zone_code = compact.bits >> 4 & zone_codes;
  out.class_code = compact.bits >> 9 & class_codes;
  out.track =
      static_cast<std::uint64_t>(static_cast<std::uint32_t>(compact.a)) << 32 | static_cast<std::uint32_t>(compact.b);
}

bool CameraDevice::name(const Wishes& wishes, std::unique_ptr<CameraContext>& context, const CameraPayload& payload) {
  if (!context) context = std::make_unique<CameraContext>();
  const auto known = context->zones.count() + context->classes.count();
  if (payload.zone_hash != 0) payload.zone_code = context->zones.code_of(payload.zone_hash, payload.zone_id);
  if (payload.class_hash != 0) payload.class_code = context->classes.code_of(payload.class_hash, payload.object_class);
  bool has_grown = context->zones.count() + context->classes.count() != known;
  const bool is_named =
      payload.track != 0 &&
      (wishes.objects || std::ranges::find(wishes.classes, payload.class_hash) != wishes.classes.end());
  if (is_named) has_grown |= context->tracks.hear(payload.track, payload.track_id, payload.named_ms, wishes.keep_ms);
  return has_grown;
}

void CameraDevice::heard(const Wishes& wishes, const SiteModel& site, DeviceArea& area,
                         std::unique_ptr<CameraContext>& context, const EventHead& head, Emitter& emitter) {
  const auto silence_ms = shortest_ms(wishes, site, area.place);
  if (silence_ms == never_ms) return;
  const Silences::Message message{head.broker_ms, head.broker_ms, 0, false, head.evidence};
  const auto heard_ms = area.heard_ms;
  area.heard_ms = std::max(heard_ms, head.broker_ms);
  emitter.deadline(area.heard_ms + silence_ms);
  if (heard_ms != no_time_ms && head.broker_ms >= heard_ms && head.broker_ms - heard_ms <= silence_ms) return;
  if (!context) context = std::make_unique<CameraContext>();
  if (heard_ms == no_time_ms) return context->silences.begin(message);
  if (context->silences.hear(message, heard_ms * 256, silence_ms)) emitter.touch();
}

TimeMs CameraDevice::silence_due_ms(const Wishes& wishes, const SiteModel& site, const DeviceArea& area) {
  const auto silence_ms = shortest_ms(wishes, site, area.place);
  return area.heard_ms == no_time_ms || silence_ms == never_ms ? never_ms : area.heard_ms + silence_ms;
}

std::pair<std::string_view, std::string_view> CameraDevice::where(const SiteModel& site, std::string_view key,
                                                                  const Episode& episode,
                                                                  const CameraContext* context) {
  const auto* camera = camera_at(site, site.equipment.find_camera(id_hash(key)));
  const auto code = CameraNote::unpack(episode.context).zone_code;
  const auto named = code != 0 && context != nullptr ? context->zones.name_at(code) : std::string_view();
  if (camera == nullptr) return {{}, named};
  return {camera->site, code != 0 ? named : std::string_view(camera->zone)};
}

void CameraDevice::describe(const SiteModel& site, const RuleSpec& rule, const Episode& episode, std::string_view key,
                            const CameraContext* context, Alert& alert) {
  alert.subject_type = "camera";
  alert.subject_id = key;
  alert.message = own_words(rule, episode);
  alert.cause = cause_name(episode.cause);
  if (!alert.cause.empty()) alert.message += ": " + alert.cause;
  const auto note = CameraNote::unpack(episode.context);
  const auto [site_id, zone] = where(site, key, episode, context);
  alert.site_id = site_id;
  if (const auto track = context == nullptr ? std::string_view() : context->tracks.name_of(note.track); !track.empty())
    add_attribute(alert, "track_id", std::string(track));
  if (!zone.empty()) add_attribute(alert, "zone_id", std::string(zone));
  const auto* camera = camera_at(site, site.equipment.find_camera(id_hash(key)));
  if (camera != nullptr && camera->place) set_position(alert, *camera->place);
}

}  // namespace vigia
