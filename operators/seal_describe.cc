// The words of an alert, and of what is known of a seal.
#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "operators/alert_words.h"
#include "operators/emergency.h"
#include "operators/rule_hash.h"
#include "operators/seal_domain.h"
#include "schemas/enum_names.h"
#include "schemas/json_object.h"

namespace vigia {
namespace {

std::string_view cause_name(std::uint16_t cause) {
  switch (static_cast<SignalCause>(cause)) {
    case SignalCause::coverage: return "coverage";
    case SignalCause::jamming: return "jamming";
    case SignalCause::battery: return "battery";
    case SignalCause::device_off: return "device_off";
    case SignalCause::none: break;
  }
  return {};
}

std::string own_words(const RuleSpec& rule, const Episode& episode) {
  const auto length = episode.end_ms == 0 ? std::string() : duration_text(episode.end_ms - episode.start_ms);
  const bool lasts = episode.end_ms == 0;
  const auto& kind = rule.kind;
  if (kind == UnauthorizedStop::kind)
    return lasts ? fmt::format("stopped for longer than {}", duration_text(rule.duration_ms("limit")))
                 : "stopped for " + length;
  if (kind == RouteDeviation::kind)
    return lasts ? "left the authorised route" : "off the authorised route for " + length;
  if (kind == SealOpened::kind) return lasts ? "seal opened" : "seal opened, closed after " + length;
  if (kind == SealTampered::kind) return "seal tampered with";
  if (kind == SealRemoved::kind) return "seal removed outside its depots or without an officer";
  if (kind == SealWrongUnlock::kind) return "wrong unlock of the seal";
  if (kind == SecondPlacement::kind) return "seal placed a second time on the trip";
  if (kind == TripDelayed::kind) return lasts ? "trip not finished in time" : "trip late by " + length;
  if (kind == SignalLost::kind)
    return fmt::format("nothing heard{}: {}", lasts ? "" : " for " + length, cause_name(episode.cause));
  if (kind == ReportInterval::kind) return "no message for " + length;
  if (kind == ReportDistance::kind) return "positions too far apart";
  if (kind == ZoneEntered::kind) return "zone entered";
  if (kind == ZoneLeft::kind) return "zone left";
  if (kind == ZoneOverstay::kind) return lasts ? "in the zone for too long" : "in the zone for " + length;
  if (kind == WeightDifference::kind)
    return fmt::format("weight differs by {:+.0f} kg from the entry's", episode.value);
  if (kind == InspectionOffCamera::kind) return "inspected in a zone without a camera";
  if (kind == SealNumberMismatch::kind) return "another seal number than was last assigned";
  if (kind == ClockFault::kind) return "the device's clock is wrong: its events are taken at the time they arrived";
  return kind;
}

}  // namespace

Alert SealDomain::describe(const ToldAlert& told, std::string_view key, const SealContext* context) const {
  const auto& episode = told.last;
  const auto& rule = config_.rules[episode.rule];
  const auto* trip =
      context && episode.context != 0 ? context->find(static_cast<std::uint16_t>(episode.context)) : nullptr;
  auto alert = alert_of(rule, rule_hashes_[episode.rule], told);
  alert.subject_type = "seal";
  alert.subject_id = key;
  if (trip) alert.trip_id = trip->id;
  alert.cause = cause_name(episode.cause);
  alert.message = rule.message.empty() ? own_words(rule, episode) : rule.message;
  if (!std::isnan(episode.lat_deg)) {
    alert.position = std::make_unique<schema::PositionT>();
    alert.position->lat_deg = episode.lat_deg;
    alert.position->lon_deg = episode.lon_deg;
    alert.site_id = config_.site->smallest_site_at({episode.lat_deg, episode.lon_deg});
  }
  if (rule.kind.starts_with("zone_")) {
    const auto& zone = config_.site->zone_numbered(episode.discriminator);
    add_attribute(alert, "zone_id", zone.id);
    if (!zone.site.empty()) alert.site_id = zone.site;
    alert.rule_hash = hash_with(alert.rule_hash, zone.content_hash);
  }
  if (rule.kind == RouteDeviation::kind && trip && trip->route.value != SiteModel::npos) {
    const auto& route = config_.site->routes[trip->route.value];
    add_attribute(alert, "route_id", route.id);
    alert.rule_hash = hash_with(alert.rule_hash, route.content_hash);
  }
  if (rule.kind == SealCondition::kind)
    add_attribute(alert, "condition",
                  std::string(schema::name_of(static_cast<schema::Condition>(episode.discriminator))));
  const bool may_have_officer = rule.kind == SealOpened::kind || rule.kind == SealRemoved::kind;
  if (may_have_officer && episode.value != 0) add_attribute(alert, "officer", "present");
  if (rule.kind == WeightDifference::kind) add_attribute(alert, "difference_kg", fmt::format("{}", episode.value));
  if (is_seal_check(rule) && context != nullptr) {
    const auto action =
        rule.kind == InspectionOffCamera::kind ? schema::TripAction::inspect : schema::TripAction::check_seal;
    for (const auto& check : context->checks.all()) {
      if (check.at_ms != episode.start_ms || check.trip != episode.context || check.action != action) continue;
      add_attribute(alert, action == schema::TripAction::inspect ? "zone_id" : "seal_number", check.text);
      break;
    }
  }
  if (rule.kind == SealPanic::kind && alert.position)
    add_nearest_camera(alert, *config_.site, {episode.lat_deg, episode.lon_deg});
  if (episode.is_alone) add_attribute(alert, "context", "unknown");
  add_evidence(episode, config_.sources, alert.evidence);
  return alert;
}

// A seal's part of a provider's day. It speaks as of the mark of the last message counted: that is its broker time,
// whichever record or timer was the reason to look, and however far the clock was by then.
Signal SealDomain::describe_signal(const ToldAlert& told, std::string_view key, const SealContext* context) const {
  const auto& episode = told.last;
  const auto count = QualityCount::unpack(episode.context);
  Signal signal;
  signal.signal_id = hex(told.id);
  signal.revision = told.revision;
  signal.is_retracted = episode.status == schema::AlertStatus::withdrawn;
  signal.rule_id = config_.rules[episode.rule].id;
  signal.group = {std::string(context ? context->providers.name_of(episode.discriminator) : std::string_view()),
                  config_.site->days.date_of(episode.start_ms)};
  signal.subject_id = key;
  signal.start_ms = episode.start_ms;
  signal.end_ms = episode.end_ms;
  signal.broker_ms = static_cast<TimeMs>(episode.value);
  signal.without_delay = signal.is_retracted ? 0 : count.without_delay;
  signal.with_delay = signal.is_retracted ? 0 : count.with_delay;
  add_evidence(episode, config_.sources, signal.evidence);
  return signal;
}

namespace {

// The way that the seal has come, and how fast over its last piece.
void append_path(std::span<const SealDomain::KeyFacts::Place> path, std::string& json) {
  constexpr std::size_t places_max = 100;
  if (path.size() < 2) return;
  const auto &last = path[path.size() - 1], &before = path[path.size() - 2];
  const auto to = std::back_inserter(json);
  if (last.at_ms > before.at_ms)
    fmt::format_to(to, ",\"speed_kmh\":{:.1f}",
                   distance_m(before.at, last.at) / static_cast<double>(last.at_ms - before.at_ms) * 3600);
  json += ",\"path\":[";
  for (std::size_t i = path.size() - std::min(path.size(), places_max); i < path.size(); ++i)
    fmt::format_to(to, "{}{{\"lat_deg\":{},\"lon_deg\":{},\"at_ms\":{}}}", json.back() == '[' ? "" : ",",
                   path[i].at.lat_deg, path[i].at.lon_deg, path[i].at_ms);
  json += ']';
}

}  // namespace

std::string SealDomain::describe_key(const KeyFacts& facts) const {
  std::string out = "{\"seal_id\":";
  json::append_json_string(facts.key, out);
  const auto to = std::back_inserter(out);
  const auto& view = SealView::view_of(facts.state);
  fmt::format_to(to, ",\"last_event_ms\":{},\"clock_ms\":{}", facts.last_ms, facts.clock_ms);
  if (const auto* trip = facts.context && view.trip != 0 ? facts.context->find(view.trip) : nullptr) {
    out += ",\"trip_id\":";
    json::append_json_string(trip->id, out);
    if (trip->route.value != SiteModel::npos) {
      out += ",\"route_id\":";
      json::append_json_string(config_.site->routes[trip->route.value].id, out);
    }
    if (trip->due_ms.at_ms != no_time_ms) fmt::format_to(to, ",\"due_ms\":{}", trip->due_ms.value);
  }
  if (view.has_fix())
    fmt::format_to(to, ",\"position\":{{\"lat_deg\":{},\"lon_deg\":{},\"at_ms\":{}}}", view.lat_deg, view.lon_deg,
                   view.fix_ms);
  append_path(facts.path, out);
  if (view.is(view_active))
    fmt::format_to(to, ",\"lock\":\"{}\"", schema::name_of(static_cast<schema::Lock>(view.lock)));
  fmt::format_to(to, ",\"owed_messages\":{},\"events_in_history\":{}", facts.owed_numbers, facts.kept_events);
  append_told(facts.book, config_.rules, out);
  return out;
}

}  // namespace vigia
