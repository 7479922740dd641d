// SignalTask and its snapshots. Images, integers as in memory, texts with their length before them:
//   "g" key_of_group       rule_id, number of values, values, due_ms, newest_ms, touched_hour, number of alerts, alerts as
//                          the book has them in memory
//   "s" key_of_group ID    a KnownSignal, field by field; ID: 16 bytes
#include <algorithm>

#include "engine/signal_task.h"

namespace vigia {
namespace {

constexpr std::uint8_t signal_image_version = 1;
constexpr char group_mark = 'g';
constexpr char signal_mark = 's';
constexpr std::size_t id_bytes = sizeof(SignalId);
constexpr const char* damaged = "the image of a group of signals is damaged";

}  // namespace

std::string SignalTask::image_key(std::string_view group) { return group_mark + std::string(group); }

std::string SignalTask::image_key(std::string_view group, const SignalId& id) {
  auto key = signal_mark + std::string(group);
  key.append(id.begin(), id.end());
  return key;
}

KeyImage SignalTask::image_of(const std::string& key) const {
  KeyImage image{key, {}};
  ByteWriter out(image.bytes);
  auto name = std::string_view(key).substr(1);
  if (key[0] == group_mark) {
    const auto at = groups_.find(name);
    if (at == groups_.end()) return image;
    const auto& entry = at->second;
    out.put_text(entry.group.rule_id);
    out.put(static_cast<std::uint32_t>(entry.group.values.size()));
    for (const auto& value : entry.group.values) out.put_text(value);
    out.put(entry.due_ms);
    out.put(entry.newest_ms);
    out.put(entry.touched_hour);
    out.put(static_cast<std::uint32_t>(entry.book.alerts.size()));
    for (const auto& alert : entry.book.alerts) out.put(alert);
    return image;
  }
  SignalId id{};
  std::ranges::copy(name.substr(name.size() - id_bytes), id.begin());
  const auto at = groups_.find(name.substr(0, name.size() - id_bytes));
  if (at == groups_.end()) return image;
  const auto found = at->second.group.signals.find(id);
  if (found == at->second.group.signals.end()) return image;  // the group was let go of, and has come anew
  const auto& signal = found->second;
  out.put(signal.revision);
  out.put(static_cast<std::uint8_t>(signal.is_retracted));
  for (const auto number : {signal.start_ms, signal.end_ms, signal.broker_ms}) out.put(number);
  for (const auto number : {signal.without_delay, signal.with_delay}) out.put(number);
  return image;
}

void SignalTask::begin_snapshot(bool all, std::string& meta) {
  meta.clear();
  ByteWriter out(meta);
  out.put(signal_image_version);
  out.put(rules_->fingerprint());
  out.put(clock_ms_);
  out.put(let_go_ms_);
  out.put(hour_);
  out.put(total_);
  if (all) {
    for (const auto& [key, entry] : groups_) {
      changed_.insert(image_key(key));
      for (const auto& [id, signal] : entry.group.signals) changed_.insert(image_key(key, id));
    }
  }
  saving_.clear();
  saving_at_ = 0;
  for (const auto& key : changed_) saving_.push_back(image_of(key));
  changed_.clear();
}

bool SignalTask::continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) {
  for (; keys_max > 0 && saving_at_ < saving_.size(); --keys_max) sink(std::move(saving_[saving_at_++]));
  if (saving_at_ < saving_.size()) return false;
  saving_.clear();
  saving_at_ = 0;
  return true;
}

std::string SignalTask::restore_meta(std::string_view meta) {
  ByteReader in(meta);
  if (in.get<std::uint8_t>() != signal_image_version) return "the snapshot of signals is not of this version";
  if (in.get<std::uint64_t>() != rules_->fingerprint())
    return "the snapshot was made under other rules; start with those, or with another state directory to read the "
           "topics again from their beginning";
  clock_ms_ = in.get<TimeMs>();
  let_go_ms_ = in.get<TimeMs>();
  hour_ = in.get<std::int64_t>();
  total_ = in.get<Account>();
  return in.failed || !in.at_end() ? "the snapshot's header is damaged" : "";
}

std::string SignalTask::restore_key(std::string_view key, std::string_view bytes) {
  if (key.starts_with(group_mark)) return restore_group(key.substr(1), bytes);
  const bool is_signal = key.starts_with(signal_mark) && key.size() > id_bytes;
  return is_signal ? restore_signal(key.substr(1), bytes) : damaged;
}

std::string SignalTask::restore_group(std::string_view key, std::string_view bytes) {
  ByteReader in(bytes);
  auto& entry = groups_[std::string(key)];  // its signals may have come before it
  entry.group.rule_id = in.get_text();
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count)
    entry.group.values.emplace_back(in.get_text());
  entry.due_ms = in.get<TimeMs>();
  entry.newest_ms = in.get<TimeMs>();
  entry.touched_hour = in.get<std::int64_t>();
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count)
    entry.book.alerts.push_back(in.get<ToldAlert>());
  entry.rule = rules_->find_rule(entry.group.rule_id);
  if (entry.due_ms != never_ms) due_.emplace(entry.due_ms, std::string(key));
  bytes_ += group_bytes;
  return in.failed || !in.at_end() ? damaged : "";
}

std::string SignalTask::restore_signal(std::string_view key, std::string_view bytes) {
  ByteReader in(bytes);
  SignalId id{};
  std::ranges::copy(key.substr(key.size() - id_bytes), id.begin());
  KnownSignal signal;
  signal.revision = in.get<std::uint32_t>();
  signal.is_retracted = in.get<std::uint8_t>() != 0;
  for (auto* number : {&signal.start_ms, &signal.end_ms, &signal.broker_ms}) *number = in.get<TimeMs>();
  for (auto* number : {&signal.without_delay, &signal.with_delay}) *number = in.get<std::uint64_t>();
  groups_[std::string(key.substr(0, key.size() - id_bytes))].group.signals[id] = signal;
  bytes_ += signal_bytes;
  return in.failed || !in.at_end() ? damaged : "";
}

}  // namespace vigia
