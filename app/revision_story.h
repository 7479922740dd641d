// Why an alert has its revisions: what each one says in words, and what it changed.
#pragma once

#include <string>
#include <vector>

#include "engine/task.h"

namespace vigia {

struct RevisionChange {
  std::string what;
  std::string from, to;  // "-": nothing

  friend bool operator==(const RevisionChange&, const RevisionChange&) = default;
};

// `before` null: the first revision that is known.
[[nodiscard]] std::string why_of(const Alert* before, const Alert& now);

// What people see of an alert, in its order; detection and evidence are no changes. Times in `zone`.
[[nodiscard]] std::vector<RevisionChange> changes_of(const Alert& before, const Alert& now, const std::string& zone);

// "2026-03-04 07:15:30", and "it lasts" for the end of an alert that has none.
[[nodiscard]] std::string end_words(const Alert& alert, const std::string& zone);

}  // namespace vigia
