#include "engine/signal_task.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "engine/result_order.h"
#include "engine/signal_record.h"
#include "schemas/verify.h"

namespace vigia {
namespace {

constexpr TimeMs hour_ms = 3'600'000;

std::optional<SignalId> id_of(const flatbuffers::String* text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  SignalId id{};
  if (text->size() != 2 * id.size()) return std::nullopt;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const int high = digit(text->c_str()[2 * i]), low = digit(text->c_str()[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return id;
}

}  // namespace

SignalTask::SignalTask(std::unique_ptr<const SignalRules> rules, SignalTaskOptions options)
    : rules_(std::move(rules)), keep_ms_(options.keep_ms), at_once_(options.at_once) {}
SignalTask::~SignalTask() = default;

EpochResult SignalTask::process(std::span<const InputRecord> records, std::span<const TimeMs>, TimeMs clock_ms) {
  EpochResult result;
  clock_ms_ = std::max(clock_ms_, clock_ms);
  for (const auto& record : records) {
    auto reason = apply(record, result.account);
    if (reason.empty()) continue;
    ++result.account.unreadable;
    ++result.account.dead_letter;
    result.rejected.push_back({RejectKind::dead_letter, &record, -1, std::move(reason)});
  }
  while (!due_.empty() && is_due(due_.begin()->first)) judge(groups_.find(due_.begin()->second), result.alerts);
  put_in_order(result.alerts);
  rules_->tell_alerts(result.alerts, result.signals);
  if (clock_ms_ - hour_ms >= let_go_ms_) let_go();
  total_ += result.account;
  return result;
}

// Empty, or why the record can't be read.
std::string SignalTask::apply(const InputRecord& record, Account& account) {
  const auto* signal = schema::verify_signal_record(record.value);
  if (signal == nullptr) return "no valid signal of this version";
  const auto id = id_of(signal->signal_id());
  if (!id) return fmt::format("signal_id is {}, expected 32 hex digits", signal->signal_id()->string_view());
  const int rule = rules_->find_rule(signal->rule_id()->string_view());
  if (rule < 0) return fmt::format("rule_id is {}, expected one of the pipeline's", signal->rule_id()->string_view());
  ++account.decoded;
  const auto at = group_of(*signal, rule);
  auto& entry = at->second;
  auto& known = entry.group.signals[*id];
  if (known.revision >= signal->revision()) {
    ++account.duplicate;
    return {};
  }
  ++account.applied;
  if (known.revision == 0) bytes_ += signal_bytes;
  known = {signal->revision(),  signal->is_retracted(),  signal->start_ms(),  signal->end_ms(),
           signal->broker_ms(), signal->without_delay(), signal->with_delay()};
  changed_.insert(image_key(at->first, *id));
  entry.newest_ms = std::max(entry.newest_ms, known.broker_ms);
  entry.touched_hour = hour_;
  schedule(at, std::min(entry.due_ms, known.broker_ms));
  return {};
}

SignalTask::Groups::iterator SignalTask::group_of(const schema::Signal& signal, int rule) {
  std::vector<std::string> values;
  for (const auto* value : *signal.group()) values.push_back(value->str());
  const auto [at, is_new] = groups_.try_emplace(key_of_group(signal.rule_id()->string_view(), values));
  if (is_new) {
    at->second.group = {signal.rule_id()->str(), std::move(values), {}};
    at->second.rule = rule;
    bytes_ += group_bytes;
  }
  return at;
}

void SignalTask::schedule(Groups::iterator at, TimeMs due_ms) {
  auto& entry = at->second;
  changed_.insert(image_key(at->first));
  if (entry.due_ms != never_ms) due_.erase({entry.due_ms, at->first});
  entry.due_ms = due_ms;
  if (due_ms != never_ms) due_.emplace(due_ms, at->first);
}

void SignalTask::judge(Groups::iterator at, std::vector<Alert>& alerts) {
  auto& entry = at->second;
  if (entry.rule < 0) return schedule(at, never_ms);
  Judgement judgement;
  rules_->judge(entry.rule, entry.group, clock_ms_, judgement);
  const auto cause_ms = entry.newest_ms == no_time_ms ? entry.due_ms : entry.newest_ms;
  for (auto& episode : judgement.episodes) episode.detected_ms = cause_ms;
  entry.book.reconcile(
      judgement.episodes, rules_->subject_of(entry.rule, entry.group), {cause_ms, 0, no_time_ms},
      [&](std::uint16_t) { return std::pair(rules_->application(), std::string_view(entry.group.rule_id)); },
      [&](const ToldAlert& told) { alerts.push_back(rules_->describe(entry.rule, entry.group, told)); });
  entry.newest_ms = no_time_ms;
  schedule(at, is_due(judgement.due_ms) ? never_ms : judgement.due_ms);
}

// Groups of which nothing has been heard for long, and which are as old themselves.
void SignalTask::let_go() {
  let_go_ms_ = clock_ms_;
  ++hour_;
  for (auto at = groups_.begin(); at != groups_.end();) {
    const auto& [key, entry] = *at;
    auto newest_ms = no_time_ms;
    for (const auto& [id, signal] : entry.group.signals) newest_ms = std::max(newest_ms, signal.end_ms);
    const bool is_heard_of = hour_ - entry.touched_hour <= keep_ms_ / hour_ms;
    if (entry.due_ms != never_ms || is_heard_of || newest_ms >= clock_ms_ - keep_ms_) {
      ++at;
      continue;
    }
    for (const auto& [id, signal] : entry.group.signals) changed_.insert(image_key(key, id));
    changed_.insert(image_key(key));
    bytes_ -= group_bytes + signal_bytes * entry.group.signals.size();
    at = groups_.erase(at);
  }
}

EpochResult SignalTask::take_over(Task& task) {
  auto& before = static_cast<SignalTask&>(task);
  groups_ = std::move(before.groups_);
  due_ = std::move(before.due_);
  clock_ms_ = before.clock_ms_;
  let_go_ms_ = before.let_go_ms_;
  total_ = before.total_;
  bytes_ = before.bytes_;
  for (auto& [key, entry] : groups_) {
    entry.rule = rules_->find_rule(entry.group.rule_id);
    for (auto& told : entry.book.alerts) told.last.rule = static_cast<std::uint16_t>(std::max(0, entry.rule));
  }
  return {};
}

std::string SignalTask::describe_key(std::string_view key) const {
  for (const auto& [name, entry] : groups_) {
    std::string text = entry.group.rule_id;
    for (const auto& value : entry.group.values) text += "|" + value;
    if (text != key) continue;
    std::uint64_t live = 0;
    for (const auto& [id, signal] : entry.group.signals) live += signal.is_retracted ? 0 : 1;
    return fmt::format("{{\"signals\":{},\"retracted\":{},\"alerts\":{}}}", live, entry.group.signals.size() - live,
                       entry.book.alerts.size());
  }
  return {};
}

}  // namespace vigia
