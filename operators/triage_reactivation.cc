// TriageTask and alerts that come back. Alerts of one rule and subject are kin. One that was raised within
// `reactivate_within_ms` after some of its kin had been closed, and not opened again by then, names the one closed last.
//
// What others do later changes nothing of it; a command that counts at an earlier time does, so in whatever order things come, the
// same is said in the end.
#include <tuple>

#include "operators/triage_task.h"

namespace vigia {
namespace {

std::string kin_of(const std::string& bytes) {
  const auto* alert = schema::GetAlert(bytes.data());
  std::string kin;
  for (const auto* name : {alert->rule_id(), alert->subject_id()}) {
    if (name != nullptr) kin += name->string_view();
    kin += '\0';
  }
  return kin;
}

}  // namespace

bool TriageTask::can_come_back(const Entry& entry) const {
  return options_.reactivate_within_ms > 0 && !entry.alert.empty();
}

void TriageTask::remember_raised(Entries::iterator at) {
  const auto kin = kin_of(at->second.alert);
  raised_.emplace(kin, at->second.raised_ms, at->first);
  for (const auto& command : at->second.commands.all())
    if (closes(command.action)) closed_.emplace(kin, command.time_ms, at->first);
}

void TriageTask::forget_raised(Entries::iterator at) {
  const auto kin = kin_of(at->second.alert);
  raised_.erase({kin, at->second.raised_ms, at->first});
  for (const auto& command : at->second.commands.all()) closed_.erase({kin, command.time_ms, at->first});
}

// Which of its kin it brings back. True: something else than before.
bool TriageTask::find_reactivated(Entries::iterator at) {
  auto& entry = at->second;
  const auto kin = kin_of(entry.alert);
  std::string reactivates;
  std::uint32_t reactivations = 0;
  const auto first = closed_.lower_bound({kin, entry.raised_ms - options_.reactivate_within_ms, std::string()});
  for (auto closing = closed_.lower_bound({kin, entry.raised_ms, std::string()}); closing != first;) {
    const auto& [its_kin, closed_ms, id] = *--closing;
    const auto& other = entries_.find(id)->second;
    if (other.raised_ms >= entry.raised_ms || other.commands.closed_ms(entry.raised_ms) != closed_ms) continue;
    if (reactivations++ == 0) reactivates = id;
  }
  if (std::tie(reactivates, reactivations) == std::tie(entry.reactivates, entry.reactivations)) return false;
  entry.reactivates = std::move(reactivates);
  entry.reactivations = reactivations;
  return true;
}

// After a command about `at`: those that were raised after it may bring it back, or not any more.
void TriageTask::reconsider_kin(Entries::iterator at, const TriageCommand& command, EpochResult& result) {
  if (command.action == CommandAction::note) return;
  const auto kin = kin_of(at->second.alert);
  if (closes(command.action)) closed_.emplace(kin, command.time_ms, at->first);
  const TimeMs last_ms = command.time_ms + options_.reactivate_within_ms;
  for (auto raised = raised_.lower_bound({kin, command.time_ms + 1, std::string()});
       raised != raised_.end() && std::get<0>(*raised) == kin && std::get<1>(*raised) <= last_ms; ++raised) {
    const auto other = entries_.find(std::get<2>(*raised));
    if (other == at || !find_reactivated(other)) continue;
    tell(other, result);
    schedule(other);
  }
}

}  // namespace vigia
