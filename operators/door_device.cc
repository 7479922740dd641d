#include "operators/door_device.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "operators/alert_words.h"
#include "operators/emergency.h"

namespace vigia {
namespace {

// Bits 0-3: kind; 4-6: class of the holder; 7-8: direction; 9: the words are a path, not a holder.
constexpr std::uint16_t bit_path = 1u << 9;
static_assert(bit_path < history_bits_end);

std::string own_words(const RuleSpec& rule, const Episode& episode) {
  const bool lasts = episode.end_ms == 0;
  const auto length = lasts ? std::string() : duration_text(episode.end_ms - episode.start_ms);
  const auto& kind = rule.kind;
  if (kind == DoorForced::kind) return "door opened without a grant or a request to exit";
  if (kind == DoorHeld::kind)
    return lasts ? fmt::format("door open for longer than {}", duration_text(rule.duration_ms("held_limit")))
                 : "door open for " + length;
  if (kind == AfterHours::kind) return "used outside of the door's hours";
  if (kind == GrantedNotEntered::kind) return "granted, and the door was not opened";
  if (kind == RepeatedDenials::kind) return lasts ? "badges refused again and again" : "badges refused for " + length;
  if (kind == TwoPersonMissing::kind) return "opened with fewer than two people's grants";
  if (kind == VisitorUnescorted::kind) return "visitor without an escort";
  if (kind == AreaNotPermitted::kind) return "badge used at an area that its holder may not enter";
  if (kind == Duress::kind) return "duress: somebody was forced to open; silent alarm";
  if (kind == DoorPanic::kind) return "panic button";
  if (kind == Vibration::kind) return "vibration detector";
  if (kind == Heat::kind) return "heat detector";
  if (kind == Smoke::kind) return "smoke detector";
  if (kind == PanelTamper::kind) return lasts ? "panel tampered with" : "panel tampered with, cleared after " + length;
  if (kind == PanelOffline::kind) return lasts ? "panel offline" : "panel offline for " + length;
  return "the device's clock is wrong: its events are taken at the time they arrived";
}

std::string_view name_of_holder(const SiteModel& site, std::uint64_t hash, const DoorContext* context) {
  if (const auto* holder = site.equipment.find_holder(hash)) return holder->id;
  return context == nullptr ? std::string_view() : context->holders.name_of(hash);
}

}  // namespace

DoorDevice::Wishes::Wishes(const StageConfig& config)
    : visitors(
          std::ranges::any_of(config.rules, [](const RuleSpec& rule) { return rule.kind == VisitorUnescorted::kind; })),
      keep_ms(name_keep_ms(config.horizon_ms)) {}

bool DoorDevice::compact(const DoorPayload& payload, CompactPayload& out) {
  if (payload.escort != 0 || (payload.path != 0 && payload.holder != 0)) return false;
  out.bits = static_cast<std::uint16_t>(
      static_cast<unsigned>(payload.kind) | static_cast<unsigned>(payload.holder_class) << 4 |
      static_cast<unsigned>(payload.direction) << 7 | (payload.path != 0 ? bit_path : 0u));
  const auto word = payload.path != 0 ? payload.path : payload.holder;
  out.a = static_cast<std::int32_t>(word >> 32);
  out.b = static_cast<std::int32_t>(word);
  return true;
}

void DoorDevice::expand(const CompactPayload& compact, DoorPayload& out) {
  out = {};
  out.kind = static_cast<AccessKind>(compact.bits & 15);
  out.holder_class = static_cast<HolderClass>(compact.bits >> 4 & 7);
  out.direction = static_cast<Direction>(compact.bits >> 7 & 3);
  const auto word =
      static_cast<std::uint64_t>(static_cast<std::uint32_t>(compact.a)) << 32 | static_cast<std::uint32_t>(compact.b);
  if ((compact.bits & bit_path) != 0)
    out.path = static_cast<std::uint32_t>(word);
  else
    out.holder = word;
}

bool DoorDevice::name_visitor(const Wishes& wishes, const SiteModel& site, std::unique_ptr<DoorContext>& context,
                              const DoorPayload& payload) {
  if (site.equipment.find_holder(payload.holder) != nullptr) return false;
  if (!context) context = std::make_unique<DoorContext>();
  return context->holders.hear(payload.holder, payload.holder_id, payload.named_ms, wishes.keep_ms);
}

bool DoorDevice::is_alarm(std::string_view kind, const DoorPayload& payload) {
  switch (payload.kind) {
    case AccessKind::duress: return kind == Duress::kind;
    case AccessKind::panic: return kind == DoorPanic::kind;
    case AccessKind::vibration: return kind == Vibration::kind;
    case AccessKind::heat: return kind == Heat::kind;
    case AccessKind::smoke: return kind == Smoke::kind;
    default: return false;
  }
}

std::pair<std::string_view, std::string_view> DoorDevice::where(const SiteModel& site, std::string_view key,
                                                                const Episode&, const DoorContext*) {
  const auto at = site.equipment.find_door(id_hash(key));
  if (at == Equipment::npos) return {};
  const auto& door = site.equipment.doors()[at];
  return {door.site, door.area};
}

void DoorDevice::describe(const SiteModel& site, const RuleSpec& rule, const Episode& episode, std::string_view key,
                          const DoorContext* context, Alert& alert) {
  alert.subject_type = "door";
  alert.subject_id = key;
  alert.message = own_words(rule, episode);
  const std::string holder(name_of_holder(site, episode.context, context));
  if (rule.kind == AreaNotPermitted::kind) {
    alert.subject_type = "holder";
    alert.subject_id = holder;
    add_attribute(alert, "door_id", std::string(key));
  }
  if (rule.kind == VisitorUnescorted::kind && !holder.empty()) add_attribute(alert, "holder_id", holder);
  if (rule.kind == Duress::kind) add_attribute(alert, "silent", "true");
  if (rule.kind == DoorForced::kind && episode.value != 0) add_attribute(alert, "door", "open");
  const auto at = site.equipment.find_door(id_hash(key));
  if (at == Equipment::npos) return;
  const auto& door = site.equipment.doors()[at];
  alert.site_id = door.site;
  if (!door.area.empty()) add_attribute(alert, "area", door.area);
  if (!door.place) return;
  set_position(alert, *door.place);
  if (rule.kind == Duress::kind || rule.kind == DoorPanic::kind) add_nearest_camera(alert, site, *door.place);
}

void DoorDevice::describe_state(const DoorState& door, std::string& json) {
  if (door.is_open())
    fmt::format_to(std::back_inserter(json), ",\"open_since_ms\":{}", door.opened_ms);
  else
    json += ",\"open_since_ms\":null";
}

}  // namespace vigia
