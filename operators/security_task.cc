#include "operators/security_task.h"

#include <fmt/format.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cstring>

#include "engine/bytes.h"
#include "engine/parallel.h"
#include "engine/result_order.h"

namespace vigia {
namespace {

constexpr std::uint8_t security_image_version = 1;
constexpr TimeMs minute_ms = 60'000;
// Records of several topics and gateways do not come quite in the order of their times.
constexpr TimeMs broker_disorder_ms = 60'000;

std::int64_t minute_of(TimeMs time_ms) {
  return time_ms >= 0 ? time_ms / minute_ms : (time_ms - minute_ms + 1) / minute_ms;
}

}  // namespace

SecurityTask::SecurityTask(const StageConfig& config)
    : config_(config), group_rules_(make_group_rules(config.rules, config.site)) {
  if (!config_.sigma) config_.sigma = plan_sigma({}, {});  // no rules: events are only counted
  for (unsigned i = 0; i < std::max(1u, config_.threads); ++i)
    decoders_.push_back(std::make_unique<SecurityDecoder>(config_.sigma->streams[SigmaPlan::security], group_rules_));
}
SecurityTask::~SecurityTask() = default;

EpochResult SecurityTask::process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                                  TimeMs clock_ms) {
  EpochResult result;
  clock_ms_ = std::max(clock_ms_, clock_ms);
  // In equal pieces, one a thread; an event says the same whoever reads it.
  std::vector<std::vector<SecurityEvent>> pieces(decoders_.size());
  const auto decode = [&](std::size_t piece) {
    const auto begin = records.size() * piece / pieces.size(), end = records.size() * (piece + 1) / pieces.size();
    for (auto i = begin; i < end; ++i) {
      const auto& record = records[i];
      const auto* placement = config_.sources[record.topic.value].placement.get();
      if (placement == nullptr || record.key.empty() || placement->fits(record.key, record.partition)) {
        decoders_[piece]->decode(record, static_cast<std::uint32_t>(i), pieces[piece]);
        continue;
      }
      auto& refused = pieces[piece].emplace_back();
      refused.record_index = static_cast<std::uint32_t>(i);
      refused.is_record = true;
      refused.reason = "key " + placement->problem(record.key, record.partition);
    }
  };
  tbb::task_arena arena(static_cast<int>(decoders_.size()));
  arena.execute([&] { for_each_index(pieces.size(), decode); });
  for (auto& piece : pieces)
    for (auto& event : piece) apply(event, records[event.record_index], record_clock_ms[event.record_index], result);
  forget();
  put_in_order(result.alerts);
  put_in_order(result.signals);
  total_ += result.account;
  return result;
}

void SecurityTask::apply(SecurityEvent& event, const InputRecord& record, TimeMs clock_ms, EpochResult& result) {
  auto& account = result.account;
  ++(event.is_record ? account.unreadable : account.decoded);
  if (!event.reason.empty()) {
    ++account.dead_letter;
    result.rejected.push_back({RejectKind::dead_letter, &record, event.event_index, std::move(event.reason)});
    return;
  }
  std::uint64_t identity = 0;
  std::memcpy(&identity, event.identity.data(), sizeof identity);
  // From the future: its clock is wrong, and it is taken at the time it came.
  const bool is_ahead = event.time_ms > record.broker_ms + config_.max_clock_skew_ms;
  const auto time_ms = is_ahead ? record.broker_ms : event.time_ms;
  const auto known = known_.find(identity);
  if (known != known_.end() && known->second >= oldest_minute(clock_ms)) {
    ++account.duplicate;
    return;
  }
  if (event.time_ms < record.broker_ms - config_.allowed_lateness_ms) {
    ++account.too_late;
    result.rejected.push_back(
        {RejectKind::too_late, &record, event.event_index,
         fmt::format("event time {} is {} ms before its record's time {}, later than its time allows", event.time_ms,
                     record.broker_ms - event.time_ms, record.broker_ms)});
    return;
  }
  ++account.applied;
  const auto minute = minute_of(clock_ms);
  known_.insert_or_assign(identity, minute);
  heard_[minute].identities.push_back(identity);
  if (event.findings.empty()) return;
  SigmaOrigin origin{event.identity, record.key, time_ms, record.broker_ms, {}};
  origin.evidence.topic = config_.sources[record.topic.value].topic;
  origin.evidence.partition = record.partition.value;
  origin.evidence.offset = record.offset.value;
  const auto& stream = config_.sigma->streams[SigmaPlan::security];
  for (const auto detection : event.findings.raised)
    result.alerts.push_back(incident_of(config_.application, stream.detections[detection].head, origin));
  for (const auto& part : event.findings.parts) result.signals.push_back(signal_of(*config_.sigma, part, origin));
  for (const auto& part : event.findings.groups) result.signals.push_back(signal_of(part, origin));
}

SecurityTask::Minute SecurityTask::oldest_minute(TimeMs clock_ms) const {
  return minute_of(clock_ms - config_.allowed_lateness_ms - broker_disorder_ms);
}

void SecurityTask::forget() {
  const auto oldest = oldest_minute(clock_ms_);
  while (!heard_.empty() && heard_.begin()->first < oldest) {
    const auto& [minute, heard] = *heard_.begin();
    for (std::uint32_t part = 0; part < heard.saved_parts; ++part) gone_.push_back(image_key(minute, part));
    for (const auto identity : heard.identities) {
      const auto known = known_.find(identity);
      if (known != known_.end() && known->second == minute) known_.erase(known);  // else heard again since
    }
    heard_.erase(heard_.begin());
  }
}

EpochResult SecurityTask::take_over(Task& task) {
  auto& before = static_cast<SecurityTask&>(task);
  heard_ = std::move(before.heard_);
  known_ = std::move(before.known_);
  gone_ = std::move(before.gone_);
  clock_ms_ = before.clock_ms_;
  total_ = before.total_;
  return {};
}

std::string SecurityTask::image_key(Minute minute, std::uint32_t part) {
  std::string key;
  ByteWriter out(key);
  out.put(minute);
  out.put(part);
  return key;
}

void SecurityTask::begin_snapshot(bool all, std::string& meta) {
  meta.clear();
  ByteWriter out(meta);
  out.put(security_image_version);
  out.put(clock_ms_);
  out.put(total_);
  saving_.clear();
  saving_at_ = 0;
  for (auto& key : gone_) saving_.push_back({std::move(key), {}});
  gone_.clear();
  for (auto& [minute, heard] : heard_) {
    if (all) {
      heard.saved = 0;
      for (std::uint32_t part = 1; part < heard.saved_parts; ++part) saving_.push_back({image_key(minute, part), {}});
      heard.saved_parts = 0;
    }
    const std::span unsaved = std::span(heard.identities).subspan(heard.saved);
    if (unsaved.empty()) continue;
    KeyImage image{image_key(minute, heard.saved_parts++), {}};
    image.bytes.append(reinterpret_cast<const char*>(unsaved.data()), unsaved.size_bytes());
    heard.saved = heard.identities.size();
    saving_.push_back(std::move(image));
  }
}

bool SecurityTask::continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) {
  for (; keys_max > 0 && saving_at_ < saving_.size(); --keys_max) sink(std::move(saving_[saving_at_++]));
  if (saving_at_ < saving_.size()) return false;
  saving_.clear();
  saving_at_ = 0;
  return true;
}

std::string SecurityTask::restore_meta(std::string_view meta) {
  ByteReader in(meta);
  if (in.get<std::uint8_t>() != security_image_version) return "the snapshot of security events is not of this version";
  clock_ms_ = in.get<TimeMs>();
  total_ = in.get<Account>();
  return in.failed || !in.at_end() ? "the snapshot's header is damaged" : "";
}

std::string SecurityTask::restore_key(std::string_view key, std::string_view bytes) {
  ByteReader name(key);
  const auto minute = name.get<Minute>();
  const auto part = name.get<std::uint32_t>();
  if (name.failed || !name.at_end() || bytes.size() % sizeof(std::uint64_t) != 0)
    return "the image of events that were heard is damaged";
  auto& heard = heard_[minute];
  heard.saved_parts = std::max(heard.saved_parts, part + 1);
  ByteReader in(bytes);
  while (!in.at_end()) {
    heard.identities.push_back(in.get<std::uint64_t>());
    auto& last = known_.try_emplace(heard.identities.back(), minute).first->second;
    last = std::max(last, minute);
  }
  heard.saved = heard.identities.size();
  return {};
}

std::uint64_t SecurityTask::memory_bytes() const {
  constexpr std::uint64_t event_bytes = 56, minute_bytes = 200;  // about, with the nodes
  return known_.size() * event_bytes + heard_.size() * minute_bytes;
}

std::unique_ptr<Task> make_security_task(const StageConfig& config) { return std::make_unique<SecurityTask>(config); }

}  // namespace vigia
