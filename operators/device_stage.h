// A stage of devices that stand at a site, doors or cameras, as engine/stage.h wants it. `Device` says what is theirs alone
// (operators/door_device.h, operators/camera_device.h).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <xxhash.h>

#include "engine/stage.h"
#include "operators/alert_signals.h"
#include "operators/alert_words.h"
#include "operators/device_fold.h"
#include "operators/group_rules.h"
#include "operators/record_decoder.h"
#include "operators/rule_hash.h"
#include "operators/rule_mask.h"
#include "operators/stage_config.h"
#include "operators/zone_choice.h"
#include "schemas/json_object.h"

namespace vigia {

template <class Device>
class DeviceDecoder;
template <class Device>
class DeviceChange;

template <class Device>
class DeviceStage {
 public:
  using Payload = typename Device::Payload;
  using Context = typename Device::Context;
  using Decoder = DeviceDecoder<Device>;
  using Change = DeviceChange<Device>;
  using DeviceState = typename Device::State;
  static constexpr std::uint8_t plain_stream_rank = static_cast<std::uint8_t>(Device::stream);

  explicit DeviceStage(const StageConfig& config)
      : config_(config),
        judge_settings_{config.horizon_ms, config.allowed_lateness_ms},
        group_rules_(make_group_rules(config.rules, config.site)),
        wishes_(config),
        operators_(sizeof(DeviceState)) {
    std::string all_hashes;
    for (std::uint16_t rule = 0; rule < config_.rules.size(); ++rule) {
      static_cast<void>(operators_.add(config_.rules[rule], rule, *config_.site, [](const auto&) {}));
      all_hashes += rule_hashes_.emplace_back(hash_of(config_.rules[rule]));
    }
    for (const auto& source : config_.sources) all_hashes += source.topic + "\n";
    all_hashes += std::to_string(config_.site->content_hash()) + "\n";
    all_hashes += std::to_string(config_.site->equipment.content_hash()) + "\n" + config_.site->days.zone();
    all_hashes += std::to_string(operators_.state_bytes());
    fingerprint_ = XXH3_64bits(all_hashes.data(), all_hashes.size());
    state_bytes_ = (operators_.state_bytes() + 7) / 8 * 8;
    const auto& equipment = config_.site->equipment;
    for (const auto& device : Device::all(equipment)) masks_.add(mask_of(&device));
    masks_.set_unlisted(mask_of(nullptr));
  }

  [[nodiscard]] static KeyHash hash(std::string_view key) { return KeyHash{XXH3_64bits(key.data(), key.size())}; }
  [[nodiscard]] const std::vector<StageSource>& sources() const { return config_.sources; }
  [[nodiscard]] const SigmaPlan* sigma() const { return config_.sigma.get(); }
  [[nodiscard]] const SiteModel& site() const { return *config_.site; }
  [[nodiscard]] const GroupRules& group_rules() const { return group_rules_; }
  // Of everything that the bytes of a state depend on.
  [[nodiscard]] std::uint64_t fingerprint() const { return fingerprint_; }

  [[nodiscard]] std::size_t area_bytes() const { return sizeof(DeviceArea); }
  [[nodiscard]] std::size_t state_bytes() const { return state_bytes_; }
  void new_area(std::byte* area) const { new (area) DeviceArea; }
  void new_state(std::byte* state) const {
    std::memset(state, 0, state_bytes_);
    new (state) DeviceState;
    operators_.new_state(state);
  }

  [[nodiscard]] static bool compact(const Payload& payload, CompactPayload& out) {
    return Device::compact(payload, out);
  }
  static void expand(const CompactPayload& compact, Payload& out) { Device::expand(compact, out); }
  void write_payload(const Payload& payload, std::string& side) const {
    const auto kept = payload.kept();
    side.append(reinterpret_cast<const char*>(&kept), sizeof kept);
  }
  void read_payload(std::string_view side, const EventHead&, Payload& out) const {
    typename Payload::Kept kept{};
    std::memcpy(&kept, side.data(), std::min(side.size(), sizeof kept));
    out = Payload(kept);
  }

  [[nodiscard]] bool enter(std::byte* area_bytes, std::unique_ptr<Context>& context, const Payload& payload) const {
    auto& area = *reinterpret_cast<DeviceArea*>(area_bytes);
    if (area.device == 0) {
      area.device = payload.device;
      area.place = Device::find(config_.site->equipment, area.device);
    }
    return Device::enter(wishes_, *config_.site, context, payload);
  }
  // A site that lists none has none missing.
  void count_unlisted(const std::byte* area, std::string_view key, UnlistedIds& out) const {
    if (reinterpret_cast<const DeviceArea*>(area)->place != Equipment::npos) return;
    if (!Device::all(config_.site->equipment).empty()) out.add(Device::listed_name, key);
  }
  [[nodiscard]] AbsorbEffect absorb(std::unique_ptr<Context>&, const EventHead&, const Payload&) const { return {}; }
  void arrived(std::byte* area, std::unique_ptr<Context>& context, const EventHead& head, const Payload&,
               Emitter& emitter) const {
    if constexpr (requires { Device::listens(wishes_); })
      if (Device::listens(wishes_))
        Device::heard(wishes_, *config_.site, *reinterpret_cast<DeviceArea*>(area), context, head, emitter);
  }
  void apply(std::byte* state, std::byte* area, const EventHead&, const Payload& payload,
             const std::unique_ptr<Context>& context, Emitter& emitter) const {
    auto& device = *reinterpret_cast<DeviceState*>(state);
    const auto place = reinterpret_cast<DeviceArea*>(area)->place;
    const DeviceFold<typename Device::Facts> fold{*config_.site, device, payload, place, emitter, context.get()};
    const auto rules = masks_.of(place);
    operators_.each(state, [&]<class Operator>(const Operator& op, [[maybe_unused]] std::byte* bytes) {
      if (!rules.holds(op.rule)) return;
      if constexpr (HasState<Operator>)
        op.on_event(state_of<Operator>(bytes), fold);
      else
        op.on_event(fold);
    });
    Device::follow(device, fold);
  }

  void deadlines(const std::byte* state, const std::byte* area, Deadlines& out) const {
    const auto& device = *reinterpret_cast<const DeviceState*>(state);
    const auto rules = masks_.of(reinterpret_cast<const DeviceArea*>(area)->place);
    operators_.each(const_cast<std::byte*>(state),
                    [&]<class Operator>(const Operator& op, [[maybe_unused]] std::byte* bytes) {
                      if (!rules.holds(op.rule)) return;
                      if constexpr (HasState<Operator>) {
                        if constexpr (requires { op.due(std::as_const(state_of<Operator>(bytes)), device); })
                          out.offer(op.due(std::as_const(state_of<Operator>(bytes)), device));
                      } else if constexpr (requires { op.due(device); }) {
                        out.offer(op.due(device));
                      }
                    });
    if constexpr (requires { Device::listens(wishes_); })
      out.offer(Device::silence_due_ms(wishes_, *config_.site, *reinterpret_cast<const DeviceArea*>(area)));
  }
  void episodes(const JudgeInput<Context>& input, Judgement& out) const {
    DeviceJudge<typename Device::Facts> judge{{*config_.site, judge_settings_, input, out},
                                              *reinterpret_cast<const DeviceState*>(input.state),
                                              *reinterpret_cast<const DeviceArea*>(input.area)};
    const auto rules = masks_.of(judge.area.place);
    operators_.each(const_cast<std::byte*>(input.state), [&]<class Operator>(const Operator& op, std::byte* bytes) {
      if (!rules.holds(op.rule)) return;
      judge.rule = op.rule;
      if constexpr (HasState<Operator>)
        op.judge(std::as_const(state_of<Operator>(bytes)), judge);
      else
        op.judge(judge);
    });
    std::erase_if(out.episodes, [&](const Episode& episode) { return !concerns(episode, input.key, input.context); });
  }
  void tell_findings(const EventHead& head, std::string_view key, std::vector<Alert>& alerts,
                     std::vector<Signal>& signals) const {
    vigia::tell_findings(config_, head, key, alerts, signals);
  }
  void tell_alerts(const std::vector<Alert>& alerts, std::vector<Signal>& signals) const {
    signal_alerts(config_.sigma.get(), alerts, signals);
  }
  // Instant alarms are never too late: each is judged by itself, at its own time.
  void judge_alone(const Row<Payload>& row, std::vector<Episode>& out) const {
    for (std::uint16_t rule = 0; rule < config_.rules.size(); ++rule) {
      if (!Device::is_alarm(config_.rules[rule].kind, row.payload)) continue;
      Episode episode;
      episode.rule = rule;
      episode.start_ms = episode.end_ms = row.head.time_ms;
      episode.detected_ms = row.head.broker_ms;
      episode.late_by_ms = std::max<TimeMs>(0, row.head.broker_ms - row.head.time_ms);
      episode.evidence[0] = row.head.evidence;
      episode.is_alone = true;
      if (concerns(episode, row.key, nullptr)) out.push_back(episode);
    }
  }

  [[nodiscard]] std::pair<std::string_view, std::string_view> names_of(std::uint16_t rule) const {
    return {config_.application, config_.rules[rule].id};
  }
  [[nodiscard]] bool is_internal(std::uint16_t rule) const { return is_internal_rule(rule); }
  [[nodiscard]] Alert describe(const ToldAlert& told, std::string_view key, const Context* context) const {
    const auto& rule = config_.rules[told.last.rule];
    auto alert = alert_of(rule, rule_hashes_[told.last.rule], told);
    Device::describe(*config_.site, rule, told.last, key, context, alert);
    if (!rule.message.empty()) alert.message = rule.message;
    if (told.last.is_alone) add_attribute(alert, "context", "unknown");
    add_evidence(told.last, config_.sources, alert.evidence);
    return alert;
  }

  // Whether something else is still judged with it.
  [[nodiscard]] bool needs(const Context& context, const Candidate& candidate) const requires requires {
    context.needs(candidate);
  }
  { return context.needs(candidate); }
  void trim(Context& context, TimeMs before_ms) const { context.trim(before_ms); }
  [[nodiscard]] std::size_t context_bytes(const Context& context) const { return context.memory_bytes(); }
  void write_context(const Context& context, ByteWriter& out) const { context.write(out); }
  [[nodiscard]] std::unique_ptr<Context> read_context(ByteReader& in, std::uint8_t) const {
    auto context = std::make_unique<Context>();
    context->read(in);
    return context;
  }

  // For people, as JSON. (engine/keyed_task.h)
  struct KeyFacts {
    std::string_view key;
    TimeMs last_ms, clock_ms;
    const Context* context;
    const Ledger* ledger;
    const AlertBook* book;
    const std::byte* state;
    const std::byte* area;
    std::uint32_t owed_numbers;
    std::uint32_t kept_events;
  };
  [[nodiscard]] std::string describe_key(const KeyFacts& facts) const {
    std::string out = fmt::format("{{\"{}\":", EventKind<typename Device::Event>::key_name);
    json::append_json_string(facts.key, out);
    fmt::format_to(std::back_inserter(out), ",\"last_event_ms\":{},\"clock_ms\":{}", facts.last_ms, facts.clock_ms);
    Device::describe_state(*reinterpret_cast<const DeviceState*>(facts.state), out);
    fmt::format_to(std::back_inserter(out), ",\"owed_messages\":{},\"events_in_history\":{}", facts.owed_numbers,
                   facts.kept_events);
    append_told(facts.book, config_.rules, out);
    return out;
  }

 private:
  friend class DeviceChange<Device>;

  // The rules that may concern a device of the site's list; null: one that it does not list, of which the id is not known here.
  [[nodiscard]] RuleMask mask_of(const typename Device::Listed* device) const {
    RuleMask mask;
    operators_.each(nullptr, [&]<class Operator>(const Operator& op, std::byte*) {
      const auto& only = config_.rules[op.rule].only;
      if (device != nullptr && !ZoneChoice::matches(only.id, device->id)) return;
      if (!ZoneChoice::matches_site(only.site, device == nullptr ? std::string_view() : device->site)) return;
      if constexpr (Device::zone_is_fixed)
        if (!ZoneChoice::matches_site(only.zone, device == nullptr ? std::string_view() : Device::zone_of(*device)))
          return;
      if constexpr (requires { Operator::may_concern(device); })
        if (!Operator::may_concern(device)) return;
      mask.add(op.rule);
    });
    return mask;
  }
  // What the rule's `only` says.
  [[nodiscard]] bool concerns(const Episode& episode, std::string_view key, const Context* context) const {
    const auto& only = config_.rules[episode.rule].only;
    if (!ZoneChoice::matches(only.id, key)) return false;
    if (only.site.empty() && only.zone.empty()) return true;
    const auto [site, zone] = Device::where(*config_.site, key, episode, context);
    return ZoneChoice::matches_site(only.site, site) && ZoneChoice::matches_site(only.zone, zone);
  }

  StageConfig config_;
  JudgeSettings judge_settings_;
  GroupRules group_rules_;
  typename Device::Wishes wishes_;
  typename Device::Operators operators_;
  std::vector<std::string> rule_hashes_;
  RuleMasks masks_;
  std::size_t state_bytes_ = 0;
  std::uint64_t fingerprint_ = 0;
};

template <class Device>
class alignas(128) DeviceDecoder : public RecordDecoder {
 public:
  explicit DeviceDecoder(const DeviceStage<Device>& stage)
      : RecordDecoder(stage.sigma(), stage.site(), stage.group_rules()), stage_(stage) {}

  // Calls emit(row) for each good event. `row` comes with the record's index and clock; the rest is overwritten.
  template <class Emit>
  void decode(const InputRecord& record, Row<typename Device::Payload>& row, Emit&& emit,
              std::vector<RejectedRecord>& rejected, Account& account) {
    using Event = typename Device::Event;
    const auto filled = [&](const Event& event, bool copy) {
      row.key = kept(EventKind<Event>::key(event), copy);
      row.hash = stage_.hash(row.key);
      fill_head(event, Device::stream, row);
      row.payload = {};
      Device::fill(
          event, [&](const flatbuffers::String* text) { return kept(text, copy); }, row.payload);
      row.payload.device = row.hash.value == 0 ? 1 : row.hash.value;
      row.payload.named_ms = std::max(row.head.broker_ms, row.head.time_ms);
      Device::count_unlisted(stage_.site(), event, row.payload, unlisted());
      emit(std::as_const(row));
    };
    RecordDecoder::decode<Event>(record, stage_.sources()[record.topic.value], row, filled, rejected, account);
  }

 private:
  const DeviceStage<Device>& stage_;
};

}  // namespace vigia
