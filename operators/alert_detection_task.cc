#include "operators/alert_detection_task.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "engine/bytes.h"
#include "engine/result_order.h"
#include "operators/alert_signals.h"
#include "operators/sigma_findings.h"
#include "schemas/json_writer.h"
#include "schemas/verify.h"

namespace vigia {
namespace {

constexpr TimeMs hour_ms = 3'600'000;
constexpr std::uint8_t image_version = 1;

// What detections see: not what differs between two runs over the same events.
std::string content_of(const Alert& alert) {
  auto seen = alert;
  seen.alert_id.clear();
  seen.evidence.clear();
  seen.rule_hash.clear();
  std::string json;
  json::append_json(seen, json);
  return json;
}

}  // namespace

AlertDetectionTask::AlertDetectionTask(std::shared_ptr<const SigmaPlan> plan, TimeMs keep_ms)
    : plan_(std::move(plan)), keep_ms_(keep_ms), reader_(plan_->streams[SigmaPlan::alert]) {}

EpochResult AlertDetectionTask::process(std::span<const InputRecord> records, std::span<const TimeMs>,
                                        TimeMs clock_ms) {
  EpochResult result;
  clock_ms_ = std::max(clock_ms_, clock_ms);
  for (const auto& record : records) {
    auto reason = apply(record, result);
    if (reason.empty()) continue;
    ++result.account.unreadable;
    ++result.account.dead_letter;
    result.rejected.push_back({RejectKind::dead_letter, &record, -1, std::move(reason)});
  }
  if (clock_ms_ - hour_ms >= let_go_ms_) let_go();
  put_in_order(result.signals);
  total_ += result.account;
  return result;
}

// Empty, or why the record can't be read.
std::string AlertDetectionTask::apply(const InputRecord& record, EpochResult& result) {
  const auto* signal = schema::verify_signal_record(record.value);
  if (signal == nullptr || signal->alert() == nullptr) return "no valid signal of an alert of this version";
  ++result.account.decoded;
  Alert alert;
  signal->alert()->UnPackTo(&alert);
  auto& known = known_[alert.alert_id];
  if (known.revision >= alert.revision) {
    ++result.account.duplicate;
    return {};
  }
  ++result.account.applied;
  known.revision = alert.revision;
  known.lasts = alert.end_ms == 0 && alert.status != schema::AlertStatus::withdrawn;
  known.touched_hour = hour_;
  changed_.insert(alert.alert_id);

  auto signals = signals_of(alert);
  std::vector<Told> told;
  for (const auto& one : signals) told.push_back({one.signal_id, one.rule_id, one.group});
  for (const auto& before : known.told) {
    if (std::ranges::find(told, before) != told.end()) continue;
    Signal& back = signals.emplace_back();
    back.signal_id = before.signal_id;
    back.revision = alert.revision;
    back.is_retracted = true;
    back.rule_id = before.rule_id;
    back.group = before.group;
    back.subject_id = alert.subject_id;
    back.start_ms = alert.start_ms;
    back.end_ms = alert.end_ms;
    back.broker_ms = alert.detected_ms;
    if (is_of_one_alert(before.rule_id)) back.content = alert.site_id;
  }
  known.told = std::move(told);
  std::ranges::move(signals, std::back_inserter(result.signals));
  return {};
}

// The incident then has the alert's site, which is none of its group.
bool AlertDetectionTask::is_of_one_alert(const std::string& rule_id) const {
  const int number = plan_->find_correlation(rule_id);
  return number >= 0 && plan_->correlations[static_cast<std::size_t>(number)].is_instant;
}

// What this revision says: nothing when it is withdrawn.
std::vector<Signal> AlertDetectionTask::signals_of(const Alert& alert) {
  if (alert.status == schema::AlertStatus::withdrawn) return {};
  reader_.begin();
  const auto* found = reader_.find(content_of(alert));
  if (found == nullptr) return {};
  auto parts = found->parts;
  for (const auto detection : found->raised) {
    const auto number = plan_->streams[SigmaPlan::alert].detections[detection].incident;
    parts.push_back({static_cast<std::uint16_t>(number), 1, {alert.subject_id, alert.alert_id}, 0});
  }
  SigmaOrigin origin{{}, alert.subject_id, alert.start_ms, alert.detected_ms, {}};
  const auto hash = XXH3_128bits(alert.alert_id.data(), alert.alert_id.size());
  std::memcpy(origin.identity.data(), &hash, sizeof hash);
  std::vector<Signal> signals;
  for (const auto& part : parts) {
    auto& signal = signals.emplace_back(signal_of(*plan_, part, origin));
    if (plan_->correlations[part.correlation].is_instant) signal.content = alert.site_id;
    signal.revision = alert.revision;
    signal.end_ms = alert.end_ms;
    signal.evidence.clear();
    for (const auto& one : alert.evidence) signal.evidence.push_back(std::make_unique<schema::EvidenceT>(*one));
  }
  return signals;
}

void AlertDetectionTask::let_go() {
  let_go_ms_ = clock_ms_;
  ++hour_;
  for (auto at = known_.begin(); at != known_.end();) {
    if (at->second.lasts || hour_ - at->second.touched_hour <= keep_ms_ / hour_ms + 1) {
      ++at;
      continue;
    }
    changed_.insert(at->first);
    at = known_.erase(at);
  }
}

EpochResult AlertDetectionTask::take_over(Task& task) {
  auto& before = static_cast<AlertDetectionTask&>(task);
  known_ = std::move(before.known_);
  changed_ = std::move(before.changed_);
  clock_ms_ = before.clock_ms_;
  let_go_ms_ = before.let_go_ms_;
  hour_ = before.hour_;
  total_ = before.total_;
  for (auto& [id, known] : known_) {
    const auto is_gone = [&](const Told& told) { return plan_->find_correlation(told.rule_id) < 0; };
    if (std::erase_if(known.told, is_gone) > 0) changed_.insert(id);
  }
  return {};
}

// An image, under the alert's id: revision, whether it lasts, touched_hour, and where it was told: signal_id, rule_id, group.
std::string AlertDetectionTask::image_of(const Known& known) {
  std::string bytes;
  ByteWriter out(bytes);
  out.put(known.revision);
  out.put(static_cast<std::uint8_t>(known.lasts));
  out.put(known.touched_hour);
  out.put(static_cast<std::uint32_t>(known.told.size()));
  for (const auto& told : known.told) {
    out.put_text(told.signal_id);
    out.put_text(told.rule_id);
    out.put(static_cast<std::uint32_t>(told.group.size()));
    for (const auto& value : told.group) out.put_text(value);
  }
  return bytes;
}

void AlertDetectionTask::begin_snapshot(bool all, std::string& meta) {
  meta.clear();
  ByteWriter out(meta);
  out.put(image_version);
  out.put(plan_->hash);
  out.put(clock_ms_);
  out.put(let_go_ms_);
  out.put(hour_);
  out.put(total_);
  if (all)
    for (const auto& [id, known] : known_) changed_.insert(id);
  saving_.clear();
  saving_at_ = 0;
  for (const auto& id : changed_) {
    const auto known = known_.find(id);
    saving_.push_back({id, known == known_.end() ? std::string() : image_of(known->second)});
  }
  changed_.clear();
}

bool AlertDetectionTask::continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) {
  for (; keys_max > 0 && saving_at_ < saving_.size(); --keys_max) sink(std::move(saving_[saving_at_++]));
  if (saving_at_ < saving_.size()) return false;
  saving_.clear();
  saving_at_ = 0;
  return true;
}

std::string AlertDetectionTask::restore_meta(std::string_view meta) {
  ByteReader in(meta);
  if (in.get<std::uint8_t>() != image_version) return "the snapshot of detections over alerts is not of this version";
  if (in.get<std::uint64_t>() != plan_->hash)
    return "the snapshot was made under other rules; start with those, or with another state directory to read the "
           "topics again from their beginning";
  clock_ms_ = in.get<TimeMs>();
  let_go_ms_ = in.get<TimeMs>();
  hour_ = in.get<std::int32_t>();
  total_ = in.get<Account>();
  return in.failed || !in.at_end() ? "the snapshot's header is damaged" : "";
}

std::string AlertDetectionTask::restore_key(std::string_view key, std::string_view bytes) {
  ByteReader in(bytes);
  auto& known = known_[std::string(key)];
  known.revision = in.get<std::uint32_t>();
  known.lasts = in.get<std::uint8_t>() != 0;
  known.touched_hour = in.get<std::int32_t>();
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
    Told told{std::string(in.get_text()), std::string(in.get_text()), {}};
    for (auto values = in.get<std::uint32_t>(); values > 0 && !in.failed; --values)
      told.group.emplace_back(in.get_text());
    known.told.push_back(std::move(told));
  }
  return in.failed || !in.at_end() ? "the image of an alert is damaged" : "";
}

std::string AlertDetectionTask::describe_key(std::string_view alert_id) const {
  const auto known = known_.find(alert_id);
  if (known == known_.end()) return {};
  return fmt::format("{{\"revision\":{},\"correlations\":{}}}", known->second.revision, known->second.told.size());
}

}  // namespace vigia
