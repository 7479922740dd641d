#include "operators/seal_change.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "engine/key_image.h"
#include "operators/alert_words.h"

namespace vigia {
namespace {

bool is_of_zones(const RuleSpec& rule) { return rule.kind.starts_with("zone_"); }

bool exempts(const Zone& zone) { return zone.kind == ZoneKind::exempt || zone.kind == ZoneKind::depot; }

bool is_alike(const RuleSpec& a, const RuleSpec& b) { return a.id == b.id && a.kind == b.kind; }

}  // namespace

SealChange::SealChange(const SealDomain& before, const SealDomain& after)
    : before_(before), after_(after), moved_{*before.config_.site, *after.config_.site, {}, {}, {}} {
  compare_sites();
  pair_rules();
  pair_views();
  for (const RuleSpec& rule : after.config_.rules) zone_choices_.emplace_back(rule.only, moved_.after);
}

void SealChange::compare_sites() {
  const auto differs = [](const auto& thing, std::uint32_t at, const auto& others) {
    return at == SiteModel::npos || others[at].content_hash != thing.content_hash;
  };
  for (const Zone& zone : moved_.before.zones) {
    if (!differs(zone, moved_.after.find_zone(zone.id), moved_.after.zones)) continue;
    old_zones_differ_ = zones_differ_ = true;
    exempting_differ_ |= exempts(zone);
  }
  for (const Zone& zone : moved_.after.zones) {
    if (!differs(zone, moved_.before.find_zone(zone.id), moved_.before.zones)) continue;
    zones_differ_ = true;
    exempting_differ_ |= exempts(zone);
  }
  moved_.sites_differ = moved_.before.content_hash() != moved_.after.content_hash();
  for (const Route& route : moved_.before.routes)
    old_routes_differ_ |= differs(route, moved_.after.find_route(route.id), moved_.after.routes);
}

// What a rule of this kind has found may be judged otherwise under the other site model.
bool SealChange::site_matters(const RuleSpec& rule) const {
  if (!rule.only.zone.empty() || !rule.only.site.empty()) return zones_differ_;
  if (rule.kind == UnauthorizedStop::kind) return exempting_differ_;
  if (rule.kind == RouteDeviation::kind) return old_routes_differ_;
  if (is_of_zones(rule)) return zones_differ_;
  if (rule.kind == InspectionOffCamera::kind)
    return moved_.before.equipment.content_hash() != moved_.after.equipment.content_hash();
  return (rule.kind == SealOpened::kind || rule.kind == SealRemoved::kind) && old_zones_differ_;
}

void SealChange::pair_rules() {
  const auto& old_rules = before_.config_.rules;
  const auto& rules = after_.config_.rules;
  moved_.from.assign(rules.size(), no_rule);
  for (std::uint16_t old = 0; old < old_rules.size(); ++old) {
    const auto found =
        std::find_if(rules.begin(), rules.end(), [&](const RuleSpec& rule) { return is_alike(rule, old_rules[old]); });
    if (found == rules.end()) {
      moved_.to.push_back(no_rule);
      moved_.is_changed.push_back(true);
      continue;
    }
    const auto now = static_cast<std::uint16_t>(found - rules.begin());
    moved_.to.push_back(now);
    moved_.from[now] = old;
    // What was counted stays as it was counted: days go on with what they have.
    const bool counts = found->kind == ServiceQuality::kind;
    const bool is_other = before_.rule_hashes_[old] != after_.rule_hashes_[now] || site_matters(*found);
    moved_.is_changed.push_back(is_other && !counts);
  }
}

// A view that is new has its facts from the one that is most like it.
void SealChange::pair_views() {
  for (const auto& placed : after_.views_) {
    ViewSource source;
    for (std::size_t old = before_.views_.size(); old-- > 0;) {
      const auto& view = before_.views_[old].view;
      if (view.scope() != placed.view.scope()) continue;
      if (source.is_its_own) break;
      source = {old, view.max_speed_kmh() == placed.view.max_speed_kmh()};
    }
    sources_.push_back(source);
  }
}

bool SealChange::hears_again() const {
  return before_.shortest_silence_ms_ == never_ms && after_.shortest_silence_ms_ != never_ms;
}

ViewState SealChange::view_state(std::size_t i, const std::byte* old_state) const {
  const auto& source = sources_[i];
  const auto& now = after_.views_[i].view;
  const auto& then = before_.views_[source.view];
  auto view = SealView::view_of(old_state + then.offset);
  if (!source.is_its_own) {
    const bool is_judged = now.scope() == Scope::always ? view.is(view_active) : view.trip != 0;
    if (!is_judged) view = {};
    view.flags &= static_cast<std::uint8_t>(~view_suspect);
    if (is_judged || now.scope() == Scope::always) view.flags |= view_active;
  }
  // Clocks are watched by the first view.
  view.flags &= static_cast<std::uint8_t>(~view_clock_fault);
  if (i == 0) view.flags |= SealView::view_of(old_state).flags & view_clock_fault;
  if (!now.follows_zones()) {
    view.zones = 0;
  } else if (zones_differ_ || !then.view.follows_zones() || !source.is_its_own) {
    std::vector<std::uint32_t> zones;
    if (view.has_fix()) moved_.after.index.zones_at(view.fix(), zones);
    view.zones = static_cast<std::uint16_t>(zones.size());
  }
  return view;
}

void SealChange::carry_context(SealContext& context) const {
  auto providers = std::move(context.providers);
  auto checks = std::move(context.checks);
  std::string bytes;
  ByteWriter out(bytes);
  context.write(out, moved_.before);
  ByteReader in(bytes);
  context = {};
  context.read(in, image_version, moved_.after);
  if (before_.counts_providers() && after_.counts_providers()) context.providers = std::move(providers);
  if (after_.checks_seals_) context.checks = std::move(checks);
}

void SealChange::carry(const std::byte* old_state, const std::byte* old_area, std::byte* state, std::byte* area_bytes,
                       std::unique_ptr<SealContext>& context, std::unique_ptr<Ledger>& ledger) const {
  after_.new_state(state);
  SealArea area;
  std::memcpy(&area, old_area, before_.area_bytes());
  area.segment_hint = SealArea().segment_hint;
  if (context) carry_context(*context);
  if (hears_again() || after_.shortest_silence_ms_ == never_ms) {
    area.heard = no_time_ms;
    if (context) context->silences = {};
  }
  std::memcpy(area_bytes, &area, after_.area_bytes());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const auto& placed = after_.views_[i];
    auto& view = *reinterpret_cast<ViewState*>(state + placed.offset);
    view = view_state(i, old_state);
    if (!sources_[i].is_its_own && !view.is(view_active)) continue;
    for (const auto& old : before_.views_)
      placed.view.carry(state + placed.offset, old.view, old_state + old.offset, moved_);
  }
  if (ledger) carry_findings(*ledger, state, context.get());
  enter_zones(state, area_bytes, context, ledger);
  if (ledger && ledger->candidates.empty()) ledger.reset();
}

void SealChange::carry_findings(Ledger& ledger, const std::byte* state, const SealContext* context) const {
  std::vector<Candidate> carried;
  for (Candidate& candidate : ledger.candidates)
    if (carry_finding(candidate, state, context)) carried.push_back(candidate);
  ledger.candidates = std::move(carried);
}

bool SealChange::is_dormant(std::uint16_t rule, const std::byte* state) const {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const auto& placed = after_.views_[i];
    if (!sources_[i].is_its_own && placed.view.has_rule(rule) &&
        !SealView::view_of(state + placed.offset).is(view_active))
      return true;
  }
  return false;
}

// False: it is of no more use.
bool SealChange::carry_finding(Candidate& candidate, const std::byte* state, const SealContext* context) const {
  if (before_.is_internal(candidate.rule)) {  // a suspect fix
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      if (!sources_[i].is_its_own || before_.views_[sources_[i].view].view.suspect_rule() != candidate.rule) continue;
      candidate.rule = after_.views_[i].view.suspect_rule();
      return true;
    }
    return false;
  }
  const auto old_rule = candidate.rule;
  const auto rule = moved_.to[old_rule];
  if (rule == no_rule || (moved_.is_changed[old_rule] && !candidate.is_open())) return false;
  candidate.rule = rule;
  const RuleSpec& spec = after_.config_.rules[rule];
  if (spec.kind != ClockFault::kind && is_dormant(rule, state)) return false;
  if (spec.kind == UnauthorizedStop::kind && exempting_differ_ && candidate.is_open())
    return !is_exempt_at(moved_.after, {candidate.lat_deg, candidate.lon_deg});
  if (spec.kind == RouteDeviation::kind) {
    const auto* trip = context ? context->find(static_cast<std::uint16_t>(candidate.context)) : nullptr;
    return trip == nullptr || trip->route.value != SiteModel::npos;
  }
  if (!is_of_zones(spec)) return true;
  const auto zone = zone_of(rule, candidate.discriminator);
  if (zone == SiteModel::npos) return false;
  candidate.discriminator = moved_.after.zones[zone].number;
  if (!moved_.is_changed[old_rule] || !candidate.is_open()) return true;
  for (const auto& placed : after_.views_) {
    const auto& view = SealView::view_of(state + placed.offset);
    if (!placed.view.has_rule(rule) || moved_.after.index.contains(zone, view.fix())) continue;
    candidate.end_ms = candidate.closed_at_ms = view.fix_ms;  // the zone has other bounds, and it is outside of them
  }
  return true;
}

std::uint32_t SealChange::zone_of(std::uint16_t rule, std::uint32_t old_number) const {
  const auto zone = moved_.after.find_zone(moved_.before.zone_numbered(old_number).id);
  return zone != SiteModel::npos && zone_choices_[rule].holds(zone) ? zone : SiteModel::npos;
}

// Who is in a zone that is new to a rule has come there without being seen.
void SealChange::enter_zones(std::byte* state, std::byte* area, const std::unique_ptr<SealContext>& context,
                             std::unique_ptr<Ledger>& ledger) const {
  std::vector<std::uint32_t> zones;
  for (const auto& placed : after_.views_) {
    auto& view = *reinterpret_cast<ViewState*>(state + placed.offset);
    if (!view.is(view_active) || view.zones == 0) continue;
    moved_.after.index.zones_at(view.fix(), zones);
    EventHead head;
    head.time_ms = head.sent_ms = head.broker_ms = view.fix_ms;
    Emitter emitter(ledger, head, view.fix_ms);
    Fold fold{moved_.after, after_.judge_settings_, view, *reinterpret_cast<SealArea*>(area), emitter, context};
    for (const auto zone : zones) placed.view.find_inside(state + placed.offset, fold, zone, moved_);
  }
}

bool SealChange::move(Episode& told, std::string_view key, const SealContext* context) const {
  if (told.rule == no_rule) return false;
  const auto rule = moved_.to[told.rule];
  if (rule == no_rule) return false;
  const RuleSpec& spec = after_.config_.rules[rule];
  auto moved = told;
  moved.rule = rule;
  if (is_of_zones(spec)) {
    const auto zone = zone_of(rule, told.discriminator);
    if (zone == SiteModel::npos) return false;
    moved.discriminator = moved_.after.zones[zone].number;
  }
  if (spec.kind == RouteDeviation::kind) {
    const auto* trip = context ? context->find(static_cast<std::uint16_t>(told.context)) : nullptr;
    const bool has_route = trip != nullptr && trip->route.value != SiteModel::npos;
    if (has_route && moved_.after.find_route(moved_.before.routes[trip->route.value].id) == SiteModel::npos)
      return false;
  }
  if (moved_.is_changed[told.rule] && !after_.concerns(moved, key)) return false;
  told = moved;
  return true;
}

Alert SealChange::describe_end(const ToldAlert& told, std::string_view key, const SealContext* context) const {
  auto alert = before_.describe(told, key, context);
  end_by_configuration(alert);
  return alert;
}

}  // namespace vigia
