// What people have done about an alert: the set of their commands, and what it amounts to. Pure: by whatever way the commands
// come, the same set gives the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/task.h"

namespace vigia {

using schema::CommandAction;
using schema::TriageStatus;

[[nodiscard]] inline bool closes(CommandAction action) {
  return action == CommandAction::attend || action == CommandAction::false_positive;
}

struct TriageCommand {
  TimeMs time_ms = 0;  // that it counts at
  TimeMs sent_ms = 0;  // that it says of itself; part of its identity
  CommandAction action = CommandAction::note;
  std::string by, note;

  // The order in which commands count, and which of them are one.
  [[nodiscard]] bool before(const TriageCommand& other) const;
  [[nodiscard]] bool same_as(const TriageCommand& other) const {
    return sent_ms == other.sent_ms && action == other.action && by == other.by && note == other.note;
  }
};

// The commands about one alert, in the order of their times. One given twice is one.
class TriageCommands {
 public:
  static constexpr std::size_t commands_max = 1000;

  // False: it is known.
  [[nodiscard]] bool add(TriageCommand command);
  [[nodiscard]] bool has(const TriageCommand& command) const;
  [[nodiscard]] bool is_full() const { return commands_.size() >= commands_max; }

  // acknowledge, attend and false_positive each set their status, the last one counts; a note changes none. By whom and when:
  // of the last command. The note: of the last that has one. Each command is a revision.
  void tell(Alert& alert) const;
  [[nodiscard]] TriageStatus status() const;
  // Since when it was closed (attended, a false positive) as of at_ms, by the commands before that; no_time_ms: it was not.
  [[nodiscard]] TimeMs closed_ms(TimeMs at_ms) const;
  [[nodiscard]] std::uint32_t revision() const { return static_cast<std::uint32_t>(commands_.size()); }

  [[nodiscard]] const std::vector<TriageCommand>& all() const { return commands_; }

 private:
  std::vector<TriageCommand> commands_;
};

}  // namespace vigia
