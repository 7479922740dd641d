// One rule applied to one scope of one seal. A rule is a function from the scope to its alerts.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/reference/history.h"
#include "tests/reference/reference.h"

namespace vigia::reference {

// What a rule sees: a trip, or (scope: always) everything, with `trip` null.
struct View {
  const RuleSpec& rule;
  const PlainSite& site;
  const Settings& settings;
  const History& history;
  const Trip* trip = nullptr;
  std::vector<Message> messages;
  TimeMs until_ms = 0;

  [[nodiscard]] std::optional<TimeMs> end_ms() const { return trip ? trip->end_ms : std::nullopt; }
  [[nodiscard]] std::vector<Message> fixes() const;  // the messages with a good fix
};

struct Finding {
  TimeMs start_ms = 0;
  TimeMs end_ms = 0;
  std::string status;
  std::string discriminator;
};
using Findings = std::vector<Finding>;

// instant: end = start, confirmed. An episode: cleared when it ended, else confirmed with end 0.
[[nodiscard]] Finding instant(TimeMs at_ms, std::string discriminator = {});
[[nodiscard]] Finding episode(TimeMs start_ms, std::optional<TimeMs> end_ms, std::string discriminator = {});

Findings unauthorized_stop(const View& view);
Findings route_deviation(const View& view);
Findings zone_rule(const View& view);    // zone_entered, zone_left, zone_overstay
Findings report_rule(const View& view);  // report_interval, report_distance
Findings signal_lost(const View& view);
Findings clock_fault(const View& view);
Findings seal_opened(const View& view);
Findings lock_instant(const View& view);  // seal_tampered, seal_removed, seal_wrong_unlock
Findings second_placement(const View& view);
Findings condition_rule(const View& view);  // seal_condition, panic
Findings trip_delayed(const View& view);
Findings weight_difference(const View& view);

// A provider's day. Its parts come from the views of all seals.
struct QualityDay {
  TimeMs end_ms = 0;
  int without_delay = 0, with_delay = 0;
};
using QualityDays = std::map<std::pair<std::string, TimeMs>, QualityDay>;  // by provider and start
void count_quality(const View& view, QualityDays& days);
void add_quality(const RuleSpec& rule, const QualityDays& days, std::vector<ReferenceAlert>& alerts);

// A parameter, or its default when the rule does not carry it.
[[nodiscard]] double number_or(const RuleSpec& rule, std::string_view name, double otherwise);

// What [from, until] has in common with the union of the windows.
[[nodiscard]] TimeMs covered_ms(std::vector<Window> windows, TimeMs from_ms, TimeMs until_ms);

// When a numbered (else unnumbered) event at time_ms is beyond correction.
[[nodiscard]] TimeMs horizon_of(const Message& message, const Settings& settings);

}  // namespace vigia::reference
