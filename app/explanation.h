// Everything there is to say about an alert: its revisions, the records behind them, and the rule. `vigia explain` draws it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/record_content.h"
#include "connectors/alert_store.h"
#include "connectors/evidence.h"
#include "connectors/pipeline_config.h"
#include "operators/sigma_rule.h"

namespace vigia {

struct ExplainedRecord {
  enum class From : std::uint8_t { nowhere, store, kafka };
  From from = From::nowhere;
  std::string missing;  // from nowhere: why
  EvidenceRecord record;
  RecordContent content;  // of its value
};

// As configured now; at most one of the two. Neither: the configuration has no such rule, or it is the engine's own.
struct ExplainedRule {
  std::optional<RuleSpec> rule;
  std::optional<SigmaHead> sigma;
  std::string hash;      // it would give the alert now, with the zone or route that the alert names
  bool is_same = false;  // as the alert's
  std::string remark;    // for people
  // The rule's parameters as they would stand in the file.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> parameters() const;
};

struct Explanation {
  std::vector<Alert> revisions;                      // that the store has, in their order; at least one
  std::map<EvidencePlace, ExplainedRecord> records;  // of all of them
  ExplainedRule rule;
  std::string timezone;
};

// Reads records that the store does not have, as EvidenceReader::read does.
using FetchEvidence = std::function<Status(std::span<const EvidencePlace> places,
                                           const std::function<void(const EvidencePlace&, EvidenceRecord)>& found)>;

// REQUIRES: the store has the alert. Records that can't be had are no fault.
[[nodiscard]] Status explain_alert(const AlertStore& store, const LoadedPipeline& loaded, const std::string& alert_id,
                                   const FetchEvidence& fetch, Explanation& out);

}  // namespace vigia
