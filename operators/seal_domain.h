// The stage of seals and trips, as engine/stage.h wants it.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <xxhash.h>

#include "engine/stage.h"
#include "operators/alert_signals.h"
#include "operators/seal_compact.h"
#include "operators/seal_stage.h"
#include "operators/seal_view.h"
#include "operators/sigma_event_reader.h"

namespace vigia {

class SealDecoder;
class SealChange;

class SealDomain {
 public:
  using Payload = SealPayload;
  using Context = SealContext;
  using Decoder = SealDecoder;
  using Change = SealChange;
  using EventRow = Row<SealPayload>;
  static constexpr std::uint8_t plain_stream_rank = static_cast<std::uint8_t>(StreamId::seal);

  explicit SealDomain(const StageConfig& config);

  [[nodiscard]] static KeyHash hash(std::string_view key) { return KeyHash{XXH3_64bits(key.data(), key.size())}; }
  [[nodiscard]] const std::vector<StageSource>& sources() const { return config_.sources; }
  [[nodiscard]] const SigmaPlan* sigma() const { return config_.sigma.get(); }
  [[nodiscard]] const SiteModel& site() const { return *config_.site; }

  // Of everything that the bytes of a state depend on: rules and sources in their order, zones and routes.
  [[nodiscard]] std::uint64_t fingerprint() const { return fingerprint_; }

  // Without its last member where nobody asks for providers: a key then fits in two cache lines.
  [[nodiscard]] std::size_t area_bytes() const {
    return counts_providers_ ? sizeof(SealArea) : offsetof(SealArea, provider);
  }
  [[nodiscard]] std::size_t state_bytes() const { return state_bytes_; }
  void new_area(std::byte* area) const {
    const SealArea fresh;
    std::memcpy(area, &fresh, area_bytes());
  }
  void new_state(std::byte* state) const;

  [[nodiscard]] static bool compact(const SealPayload& payload, CompactPayload& out) {
    return compact_seal(payload, out);
  }
  static void expand(const CompactPayload& compact, SealPayload& out) { expand_seal(compact, out); }
  void write_payload(const SealPayload& payload, std::string& side) const;
  void read_payload(std::string_view side, const EventHead& head, SealPayload& out) const;

  // Whether anybody asks which provider a message came from.
  [[nodiscard]] bool counts_providers() const { return counts_providers_; }
  // Gives the message its provider's code. True: the provider was not known.
  [[nodiscard]] bool enter(std::byte* area, std::unique_ptr<SealContext>& context, const SealPayload& payload) const {
    if (payload.provider_hash == 0) return false;
    if (payload.provider_hash != reinterpret_cast<const SealArea*>(area)->provider)
      return name_provider(area, context, payload);
    payload.provider_code = 1;
    return false;
  }

  [[nodiscard]] AbsorbEffect absorb(std::unique_ptr<SealContext>& context, const EventHead& head,
                                    const SealPayload& payload) const;
  void arrived(std::byte* area, std::unique_ptr<SealContext>& context, const EventHead& head,
               const SealPayload& payload, Emitter& emitter) const;
  void apply(std::byte* state, std::byte* area, const EventHead& head, const SealPayload& payload,
             const std::unique_ptr<SealContext>& context, Emitter& emitter) const {
    for (const auto& placed : views_)
      placed.view.apply(state + placed.offset, head, payload, *config_.site, judge_settings_,
                        *reinterpret_cast<SealArea*>(area), context, emitter);
  }
  void deadlines(const std::byte* state, const std::byte* area, Deadlines& out) const;
  void episodes(const JudgeInput<SealContext>& input, Judgement& out) const;
  void tell_findings(const EventHead& head, std::string_view key, std::vector<Alert>& alerts,
                     std::vector<Signal>& signals) const {
    vigia::tell_findings(config_, head, key, alerts, signals);
  }
  void tell_alerts(const std::vector<Alert>& alerts, std::vector<Signal>& signals) const {
    signal_alerts(config_.sigma.get(), alerts, signals);
  }
  void judge_alone(const EventRow& row, std::vector<Episode>& out) const;

  // Application and id of a rule: what an alert's id is made of.
  [[nodiscard]] std::pair<std::string_view, std::string_view> names_of(std::uint16_t rule) const {
    return {config_.application, config_.rules[rule].id};
  }
  [[nodiscard]] bool is_internal(std::uint16_t rule) const { return rule >= first_internal_rule; }
  [[nodiscard]] Alert describe(const ToldAlert& told, std::string_view key, const SealContext* context) const;
  [[nodiscard]] bool is_signal(std::uint16_t rule) const { return config_.rules[rule].kind == ServiceQuality::kind; }
  [[nodiscard]] Signal describe_signal(const ToldAlert& told, std::string_view key, const SealContext* context) const;

  void trim(SealContext& context, TimeMs before_ms) const { context.trim(before_ms); }
  [[nodiscard]] std::size_t context_bytes(const SealContext& context) const { return context.memory_bytes(); }
  void write_context(const SealContext& context, ByteWriter& out) const {
    context.write(out, *config_.site);
    if (counts_providers_) context.providers.write(out);
    if (checks_seals_) context.checks.write(out);
  }
  [[nodiscard]] std::unique_ptr<SealContext> read_context(ByteReader& in, std::uint8_t version) const {
    auto context = std::make_unique<SealContext>();
    context->read(in, version, *config_.site);
    if (counts_providers_) context->providers.read(in);
    if (checks_seals_) context->checks.read(in);
    return context;
  }

  // For people, as JSON: what is known of a seal. (engine/keyed_task.h)
  struct KeyFacts {
    std::string_view key;
    TimeMs last_ms, clock_ms;
    const SealContext* context;
    const Ledger* ledger;
    const AlertBook* book;
    const std::byte* state;
    const std::byte* area;
    std::uint32_t owed_numbers;
    std::uint32_t kept_events;
    struct Place {
      LatLon at;
      TimeMs at_ms;
    };
    std::vector<Place> path = {};  // what the history holds, oldest first
  };
  void add_to_path(const EventHead& head, const SealPayload& payload, KeyFacts& facts) const {
    if (payload.has_fix()) facts.path.push_back({{payload.lat_deg, payload.lon_deg}, head.time_ms});
  }
  [[nodiscard]] std::string describe_key(const KeyFacts& facts) const;

 private:
  friend class SealChange;
  static constexpr std::uint16_t first_internal_rule = 0xff00;
  struct PlacedView {
    SealView view;
    std::size_t offset;
  };

  [[nodiscard]] static bool name_provider(std::byte* area, std::unique_ptr<SealContext>& context,
                                          const SealPayload& payload);
  [[nodiscard]] bool concerns(const Episode& episode, std::string_view key) const;
  [[nodiscard]] SealView& view_for(const RuleSpec& rule);

  StageConfig config_;
  JudgeSettings judge_settings_;
  std::vector<PlacedView> views_;
  std::vector<std::string> rule_hashes_;
  std::size_t state_bytes_ = 0;
  std::uint64_t fingerprint_ = 0;
  TimeMs shortest_silence_ms_ = never_ms;
  bool counts_providers_ = false;
  bool checks_seals_ = false;
};

}  // namespace vigia
