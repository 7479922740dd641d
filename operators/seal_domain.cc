#include "operators/seal_domain.h"

#include <algorithm>

#include <fmt/format.h>
#include <xxhash.h>

#include "operators/rule_hash.h"
#include "operators/zone_choice.h"

namespace vigia {

using schema::Condition;
using schema::Lock;

SealDomain::SealDomain(const StageConfig& config)
    : config_(config), judge_settings_{config.horizon_ms, config.allowed_lateness_ms} {
  const auto is_clock = [](const RuleSpec& rule) { return rule.kind == ClockFault::kind; };
  if (std::none_of(config_.rules.begin(), config_.rules.end(), is_clock)) {
    RuleSpec implicit;
    implicit.id = implicit.kind = ClockFault::kind;
    implicit.severity = schema::Severity::info;
    config_.rules.push_back(implicit);
  }
  for (std::uint16_t rule = 0; rule < config_.rules.size(); ++rule)
    if (!is_clock(config_.rules[rule]))
      static_cast<void>(view_for(config_.rules[rule]).add(config_.rules[rule], rule, *config_.site));
  if (views_.empty()) static_cast<void>(view_for(config_.rules.back()));
  // Every device's clock is watched, on a trip or not: in whichever view is first.
  for (std::uint16_t rule = 0; rule < config_.rules.size(); ++rule)
    if (is_clock(config_.rules[rule]))
      static_cast<void>(views_.front().view.add(config_.rules[rule], rule, *config_.site));
  for (auto& placed : views_) {
    placed.offset = state_bytes_;
    state_bytes_ += (placed.view.state_bytes() + 3) / 4 * 4;
    if (&placed != &views_.back()) state_bytes_ = (state_bytes_ + 7) / 8 * 8;
    shortest_silence_ms_ = std::min(shortest_silence_ms_, placed.view.shortest_silence_ms());
  }
  std::string all_hashes;
  for (const auto& rule : config_.rules) all_hashes += rule_hashes_.emplace_back(hash_of(rule));
  for (const auto& source : config_.sources) all_hashes += source.topic + "\n";
  all_hashes += std::to_string(config_.site->content_hash());
  counts_providers_ =
      std::ranges::any_of(config_.rules, [](const RuleSpec& r) { return r.kind == ServiceQuality::kind; });
  if (counts_providers_) all_hashes += config_.site->days.zone();
  checks_seals_ = std::ranges::any_of(config_.rules, is_seal_check);
  if (checks_seals_) all_hashes += std::to_string(config_.site->equipment.content_hash());
  fingerprint_ = XXH3_64bits(all_hashes.data(), all_hashes.size());
}

SealView& SealDomain::view_for(const RuleSpec& rule) {
  const auto speed = rule.params.find("max_speed_kmh");
  const double max_speed_kmh = speed == rule.params.end() ? 0 : std::get<double>(speed->second);
  for (auto& placed : views_)
    if (placed.view.serves(rule, max_speed_kmh)) return placed.view;
  constexpr double default_speed_kmh = 200;
  const auto suspect_rule = static_cast<std::uint16_t>(first_internal_rule + views_.size());
  views_.push_back({SealView(rule.scope, max_speed_kmh == 0 ? default_speed_kmh : max_speed_kmh, suspect_rule), 0});
  return views_.back().view;
}

void SealDomain::new_state(std::byte* state) const {
  std::memset(state, 0, state_bytes_);
  for (const auto& placed : views_) placed.view.new_state(state + placed.offset);
}

namespace {

struct KeptSeal {
  double lat_deg, lon_deg;
  std::uint8_t lock, conditions, battery_low, is_trip, provider_code, unused[3];
};

}  // namespace

void SealDomain::write_payload(const SealPayload& payload, std::string& side) const {
  if (!payload.trip_bytes.empty()) {
    // A FlatBuffer is read in place: its bytes must stand where their numbers are aligned.
    side.append(payload.trip_bytes);
    return;
  }
  const KeptSeal kept{payload.lat_deg,
                      payload.lon_deg,
                      payload.lock,
                      payload.conditions,
                      static_cast<std::uint8_t>(payload.battery_low),
                      0,
                      payload.provider_code,
                      {}};
  side.append(reinterpret_cast<const char*>(&kept), sizeof kept);
}

void SealDomain::read_payload(std::string_view side, const EventHead& head, SealPayload& out) const {
  out = {};
  if (head.stream_rank != plain_stream_rank) {
    out.trip_bytes = side;
    return;
  }
  KeptSeal kept{};
  std::memcpy(&kept, side.data(), std::min(side.size(), sizeof kept));
  out.lat_deg = kept.lat_deg;
  out.lon_deg = kept.lon_deg;
  out.lock = kept.lock;
  out.conditions = kept.conditions;
  out.battery_low = kept.battery_low != 0;
  out.provider_code = counts_providers_ ? kept.provider_code : std::uint8_t{0};
}

bool SealDomain::name_provider(std::byte* area, std::unique_ptr<SealContext>& context, const SealPayload& payload) {
  if (!context) context = std::make_unique<SealContext>();
  const auto known = context->providers.count();
  payload.provider_code = context->providers.code_of(payload.provider_hash, payload.provider);
  if (payload.provider_code == 1) reinterpret_cast<SealArea*>(area)->provider = payload.provider_hash;
  return context->providers.count() != known;
}

AbsorbEffect SealDomain::absorb(std::unique_ptr<SealContext>& context, const EventHead& head,
                                const SealPayload& payload) const {
  if (!context) context = std::make_unique<SealContext>();
  const auto redo_from_ms = context->absorb(head, *payload.trip(), *config_.site);
  if (checks_seals_) {
    if (const auto* trip = context->find(payload.trip()->trip_id()->string_view()))
      context->checks.absorb(head, *payload.trip(), trip->serial);
  }
  return {redo_from_ms};
}

void SealDomain::arrived(std::byte* area_bytes, std::unique_ptr<SealContext>& context, const EventHead& head,
                         const SealPayload& payload, Emitter& emitter) const {
  if (shortest_silence_ms_ == never_ms || head.stream_rank != plain_stream_rank) return;
  auto& area = *reinterpret_cast<SealArea*>(area_bytes);
  const auto low = payload.battery_low ? condition_bit(Condition::low_battery) : std::uint8_t{0};
  const auto conditions = static_cast<std::uint8_t>(payload.conditions | low);
  const Silences::Message message{head.broker_ms, head.sent_ms, conditions, head.clock_fault, head.evidence};
  const auto now = head.broker_ms * 256 + conditions;
  const auto heard = area.heard;
  if (heard == no_time_ms) {
    area.heard = now;
    if (!context) context = std::make_unique<SealContext>();
    context->silences.begin(message);
    emitter.deadline(head.broker_ms + shortest_silence_ms_);
    return;
  }
  const auto heard_ms = heard >> 8;
  const bool in_order = head.broker_ms >= heard_ms;
  if (in_order) area.heard = std::max(heard, now);
  emitter.deadline(std::max(head.broker_ms, heard_ms) + shortest_silence_ms_);
  const bool is_silence = in_order && head.broker_ms - heard_ms > shortest_silence_ms_;
  if (in_order && !is_silence && !message.was_kept()) return;
  if (!context) context = std::make_unique<SealContext>();
  if (context->silences.hear(message, heard, shortest_silence_ms_)) emitter.touch();
}

void SealDomain::deadlines(const std::byte* state, const std::byte* area_bytes, Deadlines& out) const {
  const auto& area = *reinterpret_cast<const SealArea*>(area_bytes);
  const bool listens = shortest_silence_ms_ != never_ms && area.heard != no_time_ms;
  if (listens) out.offer((area.heard >> 8) + shortest_silence_ms_);
  for (const auto& placed : views_) placed.view.deadlines(state + placed.offset, out);
}

void SealDomain::episodes(const JudgeInput<SealContext>& input, Judgement& out) const {
  for (const auto& placed : views_) {
    const auto* state = input.state + placed.offset;
    SealJudge judge{{*config_.site, judge_settings_, input, out},
                    SealView::view_of(state),
                    *reinterpret_cast<const SealArea*>(input.area)};
    placed.view.judge(state, judge);
  }
  std::erase_if(out.episodes, [&](const Episode& episode) { return !concerns(episode, input.key); });
}

// What the rule's `only` says; zone rules have tried their zones already.
bool SealDomain::concerns(const Episode& episode, std::string_view key) const {
  const auto& rule = config_.rules[episode.rule];
  if (!ZoneChoice::matches(rule.only.id, key)) return false;
  if ((rule.only.site.empty() && rule.only.zone.empty()) || rule.kind.starts_with("zone_")) return true;
  if (std::isnan(episode.lat_deg)) return false;
  const LatLon where{episode.lat_deg, episode.lon_deg};
  if (!ZoneChoice::matches_site(rule.only.site, config_.site->smallest_site_at(where))) return false;
  if (rule.only.zone.empty()) return true;
  std::vector<std::uint32_t> zones;
  config_.site->index.zones_at(where, zones);
  return std::any_of(zones.begin(), zones.end(), [&](std::uint32_t zone) {
    return ZoneChoice::matches(rule.only.zone, config_.site->zones[zone].id);
  });
}

// Instant alarms are never too late: each is judged by itself, at its own time.
void SealDomain::judge_alone(const EventRow& row, std::vector<Episode>& out) const {
  const auto raised = [&](std::string_view kind) {
    switch (static_cast<Lock>(row.payload.lock)) {
      case Lock::opened:
        if (kind == SealOpened::kind) return true;
        break;
      case Lock::tampered:
        if (kind == SealTampered::kind) return true;
        break;
      case Lock::removed:
        if (kind == SealRemoved::kind) return true;
        break;
      default: break;
    }
    return kind == SealPanic::kind && (row.payload.conditions & condition_bit(Condition::panic)) != 0;
  };
  for (std::uint16_t rule = 0; rule < config_.rules.size(); ++rule) {
    if (!raised(config_.rules[rule].kind)) continue;
    Episode episode;
    episode.rule = rule;
    episode.start_ms = episode.end_ms = row.head.time_ms;
    episode.detected_ms = row.head.broker_ms;
    episode.late_by_ms = std::max<TimeMs>(0, row.head.broker_ms - row.head.time_ms);
    episode.lat_deg = row.payload.lat_deg;
    episode.lon_deg = row.payload.lon_deg;
    episode.evidence[0] = row.head.evidence;
    episode.is_alone = true;
    if (concerns(episode, row.key)) out.push_back(episode);
  }
}

}  // namespace vigia
