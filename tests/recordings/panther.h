// Panther's correlation rules and their unit tests, as Sigma rules and lines for `vigia replay`.
//
// A rule there is a group of signals, which are other rules' findings, within a look-back window: each at least so often, or not
// at all, joined by a field of each. Here a signal is an event of the security stream that names the rule that found it, so
//
//   all of them          temporal over the detections
//   MinMatchCount: 5     event_count over the detection, which temporal refers to instead
//   Absence              neither before nor after: an absence of each direction, and temporal over the two, which begin with
//                        the same event when both are true of it
//   MatchCriteria        group-by with aliases
//
// `EventEvaluationOrder` is not read: its rules' own unit tests expect an alert in either order.
#pragma once

#include <string>
#include <vector>

#include "tests/reference/load.h"

namespace vigia::recordings {

struct PantherTest {
  std::string name;
  bool alerts = false;                 // what Panther expects
  std::vector<reference::Line> lines;  // by time
};

struct PantherRule {
  std::string id;
  std::string sigma;    // YAML documents without those of `signals`
  std::string why_not;  // not empty: it can't be said in Sigma's format, and why
  std::vector<std::string> signals;
  std::vector<PantherTest> tests;
};

// By file name. REQUIRES: the recording's folder; what is no rule throws YAML::Exception or std::runtime_error.
[[nodiscard]] std::vector<PantherRule> read_panther(const std::string& folder);

// All rules that can be said and each signal once, for one file.
[[nodiscard]] std::string sigma_of(const std::vector<PantherRule>& rules);

// The tests of all rules one after the other, each about people and things of its own, and so long after the one before that
// none has to do with another.
inline constexpr TimeMs test_apart_ms = 10 * 86'400'000LL;
[[nodiscard]] std::vector<PantherRule> in_a_row(std::vector<PantherRule> rules);
[[nodiscard]] std::vector<reference::Line> lines_of(const std::vector<PantherRule>& rules);

}  // namespace vigia::recordings
