// TriageTask and its snapshots. An image, under the alert's id, integers as in memory, texts with their length before them:
//   alert, revision, is_over, changes_ms, heard_hour, touch, number of commands, commands, number of waiting ones, these,
//   raised_ms, reactivates, reactivations
// A command: time_ms, sent_ms, action, by, note; a waiting one has due_ms, topic, partition and offset behind it.
#include <algorithm>

#include "engine/bytes.h"
#include "operators/triage_task.h"
#include "schemas/verify.h"

namespace vigia {
namespace {

constexpr std::uint8_t triage_image_version = 1;
constexpr const char* damaged = "the image of an alert's triage is damaged";

void put(ByteWriter& out, const TriageCommand& command) {
  out.put(command.time_ms);
  out.put(command.sent_ms);
  out.put(static_cast<std::uint8_t>(command.action));
  out.put_text(command.by);
  out.put_text(command.note);
}

TriageCommand get_command(ByteReader& in) {
  TriageCommand command;
  command.time_ms = in.get<TimeMs>();
  command.sent_ms = in.get<TimeMs>();
  command.action = static_cast<CommandAction>(in.get<std::uint8_t>());
  command.by = in.get_text();
  command.note = in.get_text();
  return command;
}

}  // namespace

std::string TriageTask::image_of(const Entry& entry) {
  std::string bytes;
  ByteWriter out(bytes);
  out.put_text(entry.alert);
  out.put(entry.revision);
  out.put(static_cast<std::uint8_t>(entry.is_over));
  out.put(entry.changes_ms);
  out.put(entry.heard_hour);
  out.put(entry.touch);
  out.put(static_cast<std::uint32_t>(entry.commands.all().size()));
  for (const auto& command : entry.commands.all()) put(out, command);
  out.put(static_cast<std::uint32_t>(entry.waiting.size()));
  for (const auto& one : entry.waiting) {
    put(out, one.command);
    out.put(one.due_ms);
    out.put(one.topic);
    out.put(one.partition);
    out.put(one.offset);
  }
  out.put(entry.raised_ms);
  out.put_text(entry.reactivates);
  out.put(entry.reactivations);
  return bytes;
}

void TriageTask::begin_snapshot(bool all, std::string& meta) {
  meta.clear();
  ByteWriter out(meta);
  out.put(triage_image_version);
  out.put(clock_ms_);
  out.put(let_go_ms_);
  out.put(hour_);
  out.put(touches_);
  out.put(total_);
  saving_.clear();
  saving_at_ = 0;
  if (all)
    for (const auto& [id, entry] : entries_) changed_.insert(id);
  for (const auto& id : changed_) {
    const auto at = entries_.find(id);
    saving_.push_back({id, at == entries_.end() ? std::string() : image_of(at->second)});
  }
  changed_.clear();
}

bool TriageTask::continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) {
  for (; keys_max > 0 && saving_at_ < saving_.size(); --keys_max) sink(std::move(saving_[saving_at_++]));
  if (saving_at_ < saving_.size()) return false;
  saving_.clear();
  saving_at_ = 0;
  return true;
}

std::string TriageTask::restore_meta(std::string_view meta) {
  ByteReader in(meta);
  if (in.get<std::uint8_t>() != triage_image_version) return "the snapshot of triage is not of this version";
  clock_ms_ = in.get<TimeMs>();
  let_go_ms_ = in.get<TimeMs>();
  hour_ = in.get<std::int64_t>();
  touches_ = in.get<std::uint64_t>();
  total_ = in.get<Account>();
  return in.failed || !in.at_end() ? "the snapshot's header is damaged" : "";
}

std::string TriageTask::restore_key(std::string_view key, std::string_view bytes) {
  ByteReader in(bytes);
  Entry entry;
  entry.alert = in.get_text();
  entry.revision = in.get<std::uint32_t>();
  entry.is_over = in.get<std::uint8_t>() != 0;
  entry.changes_ms = in.get<TimeMs>();
  entry.heard_hour = in.get<std::int64_t>();
  entry.touch = in.get<std::uint64_t>();
  for (auto left = in.get<std::uint32_t>(); left > 0 && !in.failed; --left)
    static_cast<void>(entry.commands.add(get_command(in)));
  for (auto left = in.get<std::uint32_t>(); left > 0 && !in.failed; --left) {
    auto& one = entry.waiting.emplace_back();
    one.command = get_command(in);
    one.due_ms = in.get<TimeMs>();
    one.topic = in.get<std::uint16_t>();
    one.partition = in.get<std::int32_t>();
    one.offset = in.get<std::int64_t>();
  }
  entry.raised_ms = in.get<TimeMs>();
  entry.reactivates = in.get_text();
  entry.reactivations = in.get<std::uint32_t>();
  if (in.failed || !in.at_end()) return damaged;
  if (!entry.alert.empty() && schema::verify_alert_record(entry.alert) == nullptr) return damaged;
  bytes_ += bytes_of(entry);
  const auto [at, is_new] = entries_.insert_or_assign(std::string(key), std::move(entry));
  if (!is_new) return "an alert's triage is there twice";
  if (at->second.is_over) over_.emplace(at->second.touch, at->first);
  if (can_come_back(at->second)) remember_raised(at);
  schedule(at);
  changed_.erase(at->first);
  return {};
}

}  // namespace vigia
