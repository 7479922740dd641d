// An alert as one record of the alert topics. What is published is this and nothing else, so a proof can make it again and
// compare bytes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "connectors/pipeline_config.h"
#include "engine/task.h"

namespace vigia {

struct AlertRecord {
  std::string key;  // on the topic of all revisions; the compacted one has the alert's id
  std::string payload;
  std::vector<std::pair<std::string, std::string>> headers;  // CloudEvents, in Kafka's binary mode

  friend bool operator==(const AlertRecord&, const AlertRecord&) = default;
};

// "ALERT_ID-REVISION", by which a consumer tells a repetition; of a state "-TRIAGE_REVISION" behind it, where there is one.
[[nodiscard]] std::string revision_id(const Alert& alert);

// The same alert, application and format give the same bytes. `out` is overwritten, and its memory used again.
void make_alert_record(const Alert& alert, const std::string& application, RecordFormat format, AlertRecord& out);

// The format that a record says of itself in its headers; `otherwise` when it says none.
[[nodiscard]] RecordFormat format_of(const AlertRecord& record, RecordFormat otherwise);

}  // namespace vigia
