// What the stage of doors has of its own (operators/device_stage.h), and the table of its operators. A new operator is its file,
// its test, one line here, and one in the table of kinds (operators/catalog_table.cc).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/task.h"
#include "operators/after_hours.h"
#include "operators/alarm_input.h"
#include "operators/area_not_permitted.h"
#include "operators/door_forced.h"
#include "operators/door_held.h"
#include "operators/granted_not_entered.h"
#include "operators/numbered_names.h"
#include "operators/panel_state.h"
#include "operators/repeated_denials.h"
#include "operators/stage_config.h"
#include "operators/two_person_missing.h"
#include "operators/visitor_unescorted.h"
#include "schemas/enum_names.h"

namespace vigia {

struct DoorDevice : DoorFacts {
  using Facts = DoorFacts;
  using Event = schema::AccessEvent;
  static constexpr StreamId stream = StreamId::access;
  using Operators = OperatorSet<DoorForced, DoorHeld, AfterHours, GrantedNotEntered, RepeatedDenials, TwoPersonMissing,
                                VisitorUnescorted, AreaNotPermitted, Duress, DoorPanic, Vibration, Heat, Smoke,
                                PanelTamper, PanelOffline, DeviceClockFault<DoorFacts>>;

  // What the rules make worth remembering.
  struct Wishes {
    bool visitors = false;  // the names of visitors that are not listed
    TimeMs keep_ms = 0;
    explicit Wishes(const StageConfig& config);
  };

  using Listed = Door;
  static constexpr bool zone_is_fixed = true;  // that of a rule's `only`
  [[nodiscard]] static std::string_view zone_of(const Door& door) { return door.area; }
  [[nodiscard]] static const std::vector<Door>& all(const Equipment& equipment) { return equipment.doors(); }
  [[nodiscard]] static std::uint32_t find(const Equipment& equipment, std::uint64_t hash) {
    return equipment.find_door(hash);
  }
  template <class Keep>
  static void fill(const schema::AccessEvent& event, Keep&& keep, DoorPayload& out);
  static constexpr std::string_view listed_name = "door";
  // Holders. A site that lists nobody has nobody missing.
  static void count_unlisted(const SiteModel& site, const schema::AccessEvent& event, const DoorPayload& payload,
                             UnlistedIds& out);
  [[nodiscard]] static bool compact(const DoorPayload& payload, CompactPayload& out);
  static void expand(const CompactPayload& compact, DoorPayload& out);
  [[nodiscard]] static bool enter(const Wishes& wishes, const SiteModel& site, std::unique_ptr<DoorContext>& context,
                                  const DoorPayload& payload) {
    if (!wishes.visitors || payload.holder_class != HolderClass::visitor || payload.holder == 0) return false;
    return name_visitor(wishes, site, context, payload);
  }
  // The door behind the event.
  static void follow(DoorState& door, const DoorFold& fold) {
    if (opens(fold)) door.opened_ms = fold.now_ms();
    if (fold.event.kind == AccessKind::door_closed) door.opened_ms = no_time_ms;
  }
  [[nodiscard]] static bool is_alarm(std::string_view kind, const DoorPayload& payload);
  // Site and zone of a finding.
  [[nodiscard]] static std::pair<std::string_view, std::string_view> where(const SiteModel& site, std::string_view key,
                                                                           const Episode& episode,
                                                                           const DoorContext* context);
  static void describe(const SiteModel& site, const RuleSpec& rule, const Episode& episode, std::string_view key,
                       const DoorContext* context, Alert& alert);
  static void describe_state(const DoorState& door, std::string& json);

 private:
  [[nodiscard]] static bool name_visitor(const Wishes& wishes, const SiteModel& site,
                                         std::unique_ptr<DoorContext>& context, const DoorPayload& payload);
};

template <class Keep>
void DoorDevice::fill(const schema::AccessEvent& event, Keep&& keep, DoorPayload& out) {
  out.kind = schema::is_known(event.kind()) ? event.kind() : AccessKind::unknown;
  out.holder_class = schema::is_known(event.holder_class()) ? event.holder_class() : HolderClass::unknown;
  out.direction = schema::is_known(event.direction()) ? event.direction() : Direction::unknown;
  out.holder_id = keep(event.holder_id());
  out.holder = id_hash(out.holder_id);
  if (const auto* escort = event.escort_id()) out.escort = id_hash(escort->string_view());
  const bool is_alarm = out.kind >= AccessKind::duress && out.kind <= AccessKind::smoke;
  if (const auto* path = event.path(); is_alarm && path != nullptr) out.path = name_hash(path->string_view());
}

inline void DoorDevice::count_unlisted(const SiteModel& site, const schema::AccessEvent& event,
                                       const DoorPayload& payload, UnlistedIds& out) {
  const auto& lists = site.equipment;
  if (lists.holders().empty()) return;
  if (payload.holder != 0 && lists.find_holder(payload.holder) == nullptr) out.add("holder", payload.holder_id);
  if (payload.escort != 0 && lists.find_holder(payload.escort) == nullptr)
    out.add("holder", event.escort_id()->string_view());
}

}  // namespace vigia
