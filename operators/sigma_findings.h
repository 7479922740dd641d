// From the detections that an event matches to what leaves: incidents of their own, and signals to the correlations.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/task.h"
#include "operators/group_rule.h"
#include "operators/sigma_event.h"
#include "operators/sigma_plan.h"

namespace vigia {

using EventIdentity = std::array<std::uint8_t, 16>;  // a hash: of what two deliveries of one event have in common

struct SigmaFindings {
  // The event is one of a correlation: of these of its rules, in this group.
  struct Part {
    std::uint16_t correlation = 0;
    std::uint32_t rules = 0;
    std::vector<std::string> group;
    std::uint64_t value = 0;
  };
  std::vector<std::uint32_t> raised;  // detections
  std::string site;                   // of what is raised; empty: not known
  std::vector<Part> parts;            // of one correlation, group and value one
  std::vector<GroupPart> groups;      // of rules that are no correlations

  [[nodiscard]] bool empty() const { return raised.empty() && parts.empty() && groups.empty(); }
};

// An event without a group-by field, or without the one that is counted, is left out of the correlation.
[[nodiscard]] SigmaFindings sigma_findings(const SigmaStreamPlan& stream, const SigmaEvent& event,
                                           std::span<const std::uint32_t> matched);

// What is known of an event beside its content.
struct SigmaOrigin {
  EventIdentity identity{};
  std::string_view subject;  // the record's key
  TimeMs time_ms = 0, broker_ms = 0;
  schema::EvidenceT evidence;
  std::uint32_t sequence = 0;
  std::string_view content;  // as of GroupEvent
};

[[nodiscard]] Signal signal_of(const SigmaPlan& plan, const SigmaFindings::Part& part, const SigmaOrigin& origin);
[[nodiscard]] Signal signal_of(const GroupPart& part, const SigmaOrigin& origin);
[[nodiscard]] Alert incident_of(std::string_view application, const SigmaHead& rule, const SigmaOrigin& origin,
                                const std::string& site = {});

// How a signal says which of the correlation's rules it is of, and what is counted: in the two numbers that every signal has.
inline void set_correlation_event(Signal& signal, std::uint32_t rules, std::uint64_t value) {
  signal.without_delay = rules;
  signal.with_delay = value;
}
[[nodiscard]] inline std::uint32_t correlation_rules(const schema::Signal& signal) {
  return static_cast<std::uint32_t>(signal.without_delay());
}
[[nodiscard]] inline std::uint64_t counted_value(const schema::Signal& signal) { return signal.with_delay(); }

// What all incidents have.
void describe_incident(const SigmaHead& rule, Alert& alert);

}  // namespace vigia
