// Records of the security stream to events: read, timed, named, and held against the detections.
#pragma once

#include <simdjson.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/task.h"
#include "operators/logon_reader.h"
#include "operators/sigma_findings.h"

namespace vigia {

struct SecurityEvent {
  std::uint32_t record_index = 0;  // within the epoch
  std::int32_t event_index = -1;   // within its batch; -1: not a batch
  TimeMs time_ms = 0;              // as sent
  EventIdentity identity{};        // of key and event.id, else of key, time and content in whatever order
  std::string reason;              // not empty: a dead letter, and why
  bool is_record = false;          // the dead letter is the record, not an event
  SigmaFindings findings;
};

// Owns the buffers of the parser: keep one and reuse it. One thread at a time.
class SecurityDecoder {
 public:
  // Plan and rules outlive it.
  explicit SecurityDecoder(const SigmaStreamPlan& plan, std::span<const std::shared_ptr<const GroupRule>> group_rules)
      : plan_(plan), group_rules_(group_rules) {}

  // Appends the record's events to `out`: an object is one, {"events": [...]} without `@timestamp` a batch.
  void decode(const InputRecord& record, std::uint32_t record_index, std::vector<SecurityEvent>& out);

 private:
  void read(simdjson::dom::object object, std::string_view key, SecurityEvent& out);

  const SigmaStreamPlan& plan_;
  simdjson::dom::parser parser_;
  SigmaEvent event_;
  SigmaMatcher::Scratch scratch_;
  std::vector<std::uint32_t> matched_;
  std::span<const std::shared_ptr<const GroupRule>> group_rules_;
  LogonReader logons_;
};

}  // namespace vigia
