// What the configuration says about triage: who is in charge of an alert, who may do what about it, when it may be closed, and
// whether it is silenced. Immutable: any number of threads may ask.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/task.h"
#include "operators/stage_config.h"

namespace vigia {

class TriagePolicy {
 public:
  explicit TriagePolicy(const StageConfig& config);

  // By its rule; else attention_major goes to the deputy, all others to the site's administrator.
  [[nodiscard]] AlertRoute route_of(const Alert& alert) const;

  // Adds what whoever shows or forwards the alert should know: `route`, `response` (containment of attention_medium,
  // mitigation of attention_major), and `silenced: maintenance` while it is. Answers when that changes by the clock alone;
  // never_ms: it does not.
  [[nodiscard]] TimeMs annotate(Alert& alert, TimeMs clock_ms) const;

  // Why the command is refused that stands by itself, for people; empty: it is not.
  [[nodiscard]] std::string problem(const schema::CommandT& command) const;
  // The same of one about this alert, as it is now. REQUIRES: it has no problem by itself.
  [[nodiscard]] std::string problem(const schema::CommandT& command, const Alert& alert) const;

 private:
  [[nodiscard]] const TriageSpec& spec_of(const Alert& alert) const;

  std::unordered_map<std::string, TriageSpec> specs_;  // by rule; those that say something
  std::shared_ptr<const SiteModel> site_;
};

}  // namespace vigia
