// A Kafka record behind an alert: where it lies, and what it holds.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/identity.h"
#include "engine/task.h"

namespace vigia {

struct EvidencePlace {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;

  friend auto operator<=>(const EvidencePlace&, const EvidencePlace&) = default;
};

struct EvidenceRecord {
  bool is_gone = false;  // Kafka did not have it any more when it was asked for; the rest is empty
  TimeMs timestamp_ms = 0;
  std::string key = {};
  std::optional<std::string> value = {};  // empty: a tombstone
  std::vector<std::pair<std::string, std::string>> headers = {};

  friend bool operator==(const EvidenceRecord&, const EvidenceRecord&) = default;
};

// Where the records behind a revision lie, in its order, without what makes no sense as a place.
[[nodiscard]] std::vector<EvidencePlace> evidence_of(const Alert& alert);

}  // namespace vigia
