#include "operators/triage.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace vigia {

bool TriageCommand::before(const TriageCommand& other) const {
  return std::tie(time_ms, sent_ms, action, by, note) <
         std::tie(other.time_ms, other.sent_ms, other.action, other.by, other.note);
}

bool TriageCommands::has(const TriageCommand& command) const {
  return std::ranges::any_of(commands_, [&](const TriageCommand& known) { return known.same_as(command); });
}

bool TriageCommands::add(TriageCommand command) {
  if (has(command)) return false;
  const auto place = std::ranges::upper_bound(
      commands_, command, [](const TriageCommand& a, const TriageCommand& b) { return a.before(b); });
  commands_.insert(place, std::move(command));
  return true;
}

TriageStatus TriageCommands::status() const {
  for (auto at = commands_.rbegin(); at != commands_.rend(); ++at) {
    switch (at->action) {
      case CommandAction::acknowledge: return TriageStatus::acknowledged;
      case CommandAction::attend: return TriageStatus::attended;
      case CommandAction::false_positive: return TriageStatus::false_positive;
      default: break;
    }
  }
  return TriageStatus::new_;
}

TimeMs TriageCommands::closed_ms(TimeMs at_ms) const {
  for (auto at = commands_.rbegin(); at != commands_.rend(); ++at)
    if (at->time_ms < at_ms && at->action != CommandAction::note) return closes(at->action) ? at->time_ms : no_time_ms;
  return no_time_ms;
}

void TriageCommands::tell(Alert& alert) const {
  alert.triage_status = status();
  alert.triage_revision = revision();
  if (commands_.empty()) return;
  alert.triage_by = commands_.back().by;
  alert.triage_ms = commands_.back().time_ms;
  const auto noted = std::find_if(commands_.rbegin(), commands_.rend(),
                                  [](const TriageCommand& command) { return !command.note.empty(); });
  if (noted != commands_.rend()) alert.triage_note = noted->note;
}

}  // namespace vigia
