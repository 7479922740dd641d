// What the stages need of the Sigma rules: for each stream its detections, compiled, and what becomes of an event that one
// matches; and the correlations, by number.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "operators/correlation.h"
#include "operators/group_rule.h"
#include "operators/sigma_matcher.h"
#include "operators/sigma_rule.h"

namespace vigia {

// An event of a detection is an event of a correlation: its group, and what is counted.
struct SigmaUse {
  std::uint16_t correlation = 0;
  std::uint32_t rules = 0;  // bits of CorrelationEvent::rules
  std::vector<int> group;   // fields of the group-by values, in the correlation's order
  int value = SigmaFields::nothing;
};

struct SigmaDetectionPlan {
  SigmaHead head;
  bool raises = true;  // an incident of its own for each event
  int incident = -1;   // of detections over alerts that raise: the correlation that makes the incident of each alert
  std::vector<SigmaUse> uses;
};

// The detections of one stream; the i-th is the matcher's rule i.
struct SigmaStreamPlan {
  SigmaMatcher matcher;
  std::vector<SigmaDetectionPlan> detections;
  int id = SigmaFields::nothing, time = SigmaFields::nothing;  // of security events: event.id, @timestamp
  int site = SigmaFields::nothing;                             // of the event's device, or of the alert; if one raises
};

// An incident of a correlation is an event of another.
struct SigmaChain {
  std::uint16_t correlation = 0;
  std::uint32_t rules = 0;
  std::vector<std::size_t> group;  // of the incident's group-by values, by position
};

struct SigmaCorrelationPlan {
  SigmaHead head;
  CorrelationSpec spec;
  std::size_t group_values = 0;  // how many make the subject; 0: one group, whose subject is the rule
  int site = -1;                 // the group-by value that is a site, by position; -1: none is known to be one
  bool is_instant = false;       // of one event's own; its group has that event's id besides
  std::vector<SigmaChain> chains;
  std::shared_ptr<const GroupRule> rule = nullptr;  // not null: it is none of Sigma's, and judges instead of `spec`
};

// Safe to read from any thread.
struct SigmaPlan {
  enum Stream : std::uint8_t { seal, trip, access, camera, alert, command, security, stream_count };
  std::array<SigmaStreamPlan, stream_count> streams;
  std::vector<SigmaCorrelationPlan> correlations;  // those that others refer to before them
  std::uint64_t hash = 0;                          // of everything that alerts depend on

  [[nodiscard]] int find_correlation(std::string_view rule_id) const;
};

// `complain` is told of what does not go together; then the plan may not be used.
[[nodiscard]] std::shared_ptr<const SigmaPlan> plan_sigma(
    const SigmaRules& rules,
    const std::function<void(const SigmaHead& rule, std::string found, std::string expected)>& complain);

}  // namespace vigia
