// Detections over our own streams: an event of ours is seen as its JSON form, field by field, defaults left out.
#pragma once

#include <simdjson.h>

#include <deque>
#include <string>
#include <vector>

#include "engine/event.h"
#include "engine/task.h"
#include "operators/sigma_findings.h"
#include "operators/stage_config.h"

namespace vigia {

// One thread at a time. What it finds lives until begin().
class SigmaEventReader {
 public:
  explicit SigmaEventReader(const SigmaStreamPlan& plan) : plan_(plan) {}

  void begin() { found_.clear(); }
  // REQUIRES: a JSON object. Null: nothing was found.
  [[nodiscard]] const SigmaFindings* find(const std::string& json);

 private:
  const SigmaStreamPlan& plan_;
  simdjson::dom::parser parser_;
  SigmaEvent event_;
  SigmaMatcher::Scratch scratch_;
  std::vector<std::uint32_t> matched_;
  std::deque<SigmaFindings> found_;
};

// What was found in an event of ours leaves, for the event has been accepted. REQUIRES: head.findings is not null.
void tell_findings(const StageConfig& config, const EventHead& head, std::string_view key, std::vector<Alert>& alerts,
                   std::vector<Signal>& signals);

}  // namespace vigia
