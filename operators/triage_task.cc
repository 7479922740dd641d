#include "operators/triage_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "operators/alert_words.h"
#include "schemas/command_reader.h"
#include "schemas/enum_names.h"
#include "schemas/json_writer.h"
#include "schemas/verify.h"

namespace vigia {
namespace {

constexpr TimeMs hour_ms = 3'600'000;
constexpr std::uint16_t alert_topic = 0;
constexpr std::size_t longest_id_bytes = 64;

Alert unpacked(const std::string& bytes) {
  Alert alert;
  schema::GetAlert(bytes.data())->UnPackTo(&alert);
  return alert;
}

schema::CommandT command_of(std::string_view alert_id, const TriageCommand& command) {
  schema::CommandT out;
  out.alert_id = alert_id;
  out.action = command.action;
  out.by = command.by;
  out.note = command.note;
  return out;
}

}  // namespace

TriageTask::TriageTask(const StageConfig& config, TriageOptions options)
    : policy_(config), options_(std::move(options)) {}
TriageTask::~TriageTask() = default;

EpochResult TriageTask::process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                                TimeMs clock_ms) {
  EpochResult result;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& record = records[i];
    clock_ms_ = std::max(clock_ms_, record_clock_ms[i]);
    auto reason = record.topic.value == alert_topic ? take_alert(record, result) : take_command(record, result);
    if (reason.empty()) continue;
    ++result.account.unreadable;
    ++result.account.dead_letter;
    result.rejected.push_back({RejectKind::dead_letter, &record, -1, std::move(reason)});
  }
  clock_ms_ = std::max(clock_ms_, clock_ms);
  while (!due_.empty() && due_.begin()->first <= clock_ms_) look_again(entries_.find(due_.begin()->second), result);
  if (clock_ms_ - hour_ms >= let_go_ms_) let_go();
  while (bytes_ > options_.bytes_max && !over_.empty()) erase(entries_.find(over_.begin()->second));
  total_ += result.account;
  return result;
}

// Empty, or why the record can't be read.
std::string TriageTask::take_alert(const InputRecord& record, EpochResult& result) {
  const auto* alert = schema::verify_alert_record(record.value);
  if (alert == nullptr || alert->revision() == 0) return "no valid alert of this version";
  ++result.account.decoded;
  const auto at = entry_of(alert->alert_id()->str());
  auto& entry = at->second;
  if (alert->revision() <= entry.revision) {
    ++result.account.duplicate;
    return {};
  }
  ++result.account.applied;
  const bool is_new = entry.alert.empty();
  if (can_come_back(entry)) forget_raised(at);
  bytes_ -= bytes_of(entry);
  entry.alert = record.value;
  entry.revision = alert->revision();
  entry.is_over = alert->end_ms() != 0 || alert->status() == schema::AlertStatus::withdrawn;
  if (is_new) entry.raised_ms = alert->detected_ms();
  bytes_ += bytes_of(entry);
  if (can_come_back(entry)) remember_raised(at);
  if (can_come_back(entry) && is_new) static_cast<void>(find_reactivated(at));
  touch(at);
  tell(at, result);
  for (const auto& one : std::exchange(entry.waiting, {})) judge(at, one, result);
  schedule(at);
  return {};
}

std::string TriageTask::take_command(const InputRecord& record, EpochResult& result) {
  schema::CommandT command;
  if (auto error = read_command(record.value, command); !error.empty()) return error;
  ++result.account.decoded;
  ++result.account.applied;
  if (command.action == CommandAction::reload) return {};
  Waiting one;
  one.command.sent_ms = command.event_time_ms != 0 ? command.event_time_ms : record.broker_ms;
  one.command.time_ms =
      std::clamp(one.command.sent_ms, record.broker_ms - options_.allowed_lateness_ms, record.broker_ms);
  one.command.action = command.action;
  one.command.by = command.by;
  one.command.note = command.note;
  one.due_ms = record.broker_ms + options_.patience_ms;
  one.topic = record.topic.value;
  one.partition = record.partition.value;
  one.offset = record.offset.value;
  auto problem = policy_.problem(command);
  if (problem.empty() && command.alert_id.size() > longest_id_bytes) problem = "alert_id is longer than 64 characters";
  if (problem.empty() && options_.misplaced) problem = options_.misplaced(command.alert_id, record.partition);
  if (!problem.empty()) {
    answer(command.alert_id, one, schema::CommandResult::refused, std::move(problem), result);
    return {};
  }
  const auto at = entry_of(command.alert_id);
  auto& entry = at->second;
  touch(at);
  if (!entry.alert.empty()) {
    judge(at, one, result);
  } else if (entry.waiting.size() < TriageCommands::commands_max) {
    bytes_ -= bytes_of(entry);
    entry.waiting.push_back(std::move(one));
    bytes_ += bytes_of(entry);
  } else {
    answer(at->first, one, schema::CommandResult::refused, "too many commands wait for this alert", result);
  }
  schedule(at);
  return {};
}

TriageTask::Entries::iterator TriageTask::entry_of(const std::string& alert_id) {
  const auto [at, is_new] = entries_.try_emplace(alert_id);
  if (is_new) bytes_ += bytes_of(at->second);
  return at;
}

// REQUIRES: the alert is known.
void TriageTask::judge(Entries::iterator at, const Waiting& one, EpochResult& result) {
  auto& entry = at->second;
  if (entry.commands.has(one.command)) {
    ++result.account.duplicate;
    --result.account.applied;
    return answer(at->first, one, schema::CommandResult::duplicate, {}, result);
  }
  auto problem = policy_.problem(command_of(at->first, one.command), unpacked(entry.alert));
  if (problem.empty() && entry.commands.is_full())
    problem = fmt::format("the alert has had {} commands, and takes no more", TriageCommands::commands_max);
  if (!problem.empty()) return answer(at->first, one, schema::CommandResult::refused, std::move(problem), result);
  bytes_ -= bytes_of(entry);
  static_cast<void>(entry.commands.add(one.command));
  bytes_ += bytes_of(entry);
  answer(at->first, one, schema::CommandResult::accepted, {}, result);
  tell(at, result);
  if (can_come_back(entry)) reconsider_kin(at, one.command, result);
}

void TriageTask::tell(Entries::iterator at, EpochResult& result) {
  auto& entry = at->second;
  auto& state = result.states.emplace_back(unpacked(entry.alert));
  entry.changes_ms = policy_.annotate(state, clock_ms_);
  entry.commands.tell(state);
  if (entry.reactivates.empty()) return;
  add_attribute(state, "reactivates", entry.reactivates);
  add_attribute(state, "reactivations", std::to_string(entry.reactivations));
}

void TriageTask::answer(std::string_view alert_id, const Waiting& one, schema::CommandResult verdict,
                        std::string reason, EpochResult& result) const {
  auto& reply = result.replies.emplace_back();
  reply.alert_id = alert_id;
  reply.action = one.command.action;
  reply.by = one.command.by;
  reply.note = one.command.note;
  reply.event_time_ms = one.command.time_ms;
  reply.result = verdict;
  reply.reason = std::move(reason);
  if (const auto at = entries_.find(alert_id); at != entries_.end()) {
    reply.triage_status = at->second.commands.status();
    reply.triage_revision = at->second.commands.revision();
  }
  reply.evidence = std::make_unique<schema::EvidenceT>();
  if (one.topic < options_.topics.size()) reply.evidence->topic = options_.topics[one.topic];
  reply.evidence->partition = one.partition;
  reply.evidence->offset = one.offset;
}

// Its time has come: commands have waited long enough, or its silence is over.
void TriageTask::look_again(Entries::iterator at, EpochResult& result) {
  auto& entry = at->second;
  bytes_ -= bytes_of(entry);
  std::erase_if(entry.waiting, [&](const Waiting& one) {
    if (one.due_ms > clock_ms_) return false;
    answer(at->first, one, schema::CommandResult::refused,
           "no such alert: there never was one, or it was over, and nothing was heard of it, for too long", result);
    return true;
  });
  bytes_ += bytes_of(entry);
  if (entry.alert.empty() && entry.waiting.empty()) return erase(at);
  if (!entry.alert.empty() && entry.changes_ms <= clock_ms_) tell(at, result);
  schedule(at);
}

void TriageTask::schedule(Entries::iterator at) {
  auto& entry = at->second;
  changed_.insert(at->first);
  TimeMs due_ms = entry.changes_ms;
  for (const auto& one : entry.waiting) due_ms = std::min(due_ms, one.due_ms);
  if (entry.due_ms != never_ms) due_.erase({entry.due_ms, at->first});
  entry.due_ms = due_ms;
  if (due_ms != never_ms) due_.emplace(due_ms, at->first);
}

void TriageTask::touch(Entries::iterator at) {
  auto& entry = at->second;
  over_.erase({entry.touch, at->first});
  entry.touch = ++touches_;
  entry.heard_hour = hour_;
  if (entry.is_over) over_.emplace(entry.touch, at->first);
}

void TriageTask::erase(Entries::iterator at) {
  over_.erase({at->second.touch, at->first});
  if (at->second.due_ms != never_ms) due_.erase({at->second.due_ms, at->first});
  if (can_come_back(at->second)) forget_raised(at);
  bytes_ -= bytes_of(at->second);
  changed_.insert(at->first);
  entries_.erase(at);
}

void TriageTask::let_go() {
  let_go_ms_ = clock_ms_;
  ++hour_;
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto next = std::next(at);
    if (at->second.is_over && hour_ - at->second.heard_hour > options_.keep_ms / hour_ms) erase(at);
    at = next;
  }
}

std::uint64_t TriageTask::bytes_of(const Entry& entry) const {
  std::uint64_t bytes = entry_bytes + entry.alert.size();
  if (options_.reactivate_within_ms > 0) bytes += kin_bytes * (1 + entry.commands.all().size());
  for (const auto& command : entry.commands.all()) bytes += command_bytes + command.by.size() + command.note.size();
  for (const auto& one : entry.waiting) bytes += command_bytes + one.command.by.size() + one.command.note.size();
  return bytes;
}

EpochResult TriageTask::take_over(Task& task) {
  auto& before = static_cast<TriageTask&>(task);
  entries_ = std::move(before.entries_);
  due_ = std::move(before.due_);
  over_ = std::move(before.over_);
  raised_ = std::move(before.raised_);
  closed_ = std::move(before.closed_);
  touches_ = before.touches_;
  changed_ = std::move(before.changed_);
  clock_ms_ = before.clock_ms_;
  let_go_ms_ = before.let_go_ms_;
  hour_ = before.hour_;
  total_ = before.total_;
  bytes_ = before.bytes_;
  return {};
}

std::string TriageTask::describe_key(std::string_view alert_id) const {
  const auto at = entries_.find(alert_id);
  if (at == entries_.end()) return {};
  const auto& entry = at->second;
  return fmt::format(R"({{"revision":{},"triage_status":"{}","triage_revision":{},"waiting":{}}})", entry.revision,
                     schema::name_of(entry.commands.status()), entry.commands.revision(), entry.waiting.size());
}

}  // namespace vigia
