// Alerts about a source itself. No rule of the file: every pipeline has them.
//
// What they tell of was seen by the engine and can't be derived from the records again, so it is in the journal, and each
// alert is a function of what is there.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "connectors/journal.h"
#include "operators/rule.h"
#include "schemas/alert_generated.h"

namespace vigia {

// Of severity high.
[[nodiscard]] RuleSpec source_rule(const std::string& kind);

// An alert of that rule with its id, subject and start; the caller says the rest.
[[nodiscard]] schema::AlertT source_alert(const RuleSpec& rule, const std::string& application, std::string subject,
                                          TimeMs start_ms, std::uint32_t discriminator);

// What they are made with, beside the journal.
struct SourceAlertOptions {
  std::string application;      // in their ids
  TimeMs silence_limit_ms = 0;  // time.source_silence
};

// Adds the revisions that an epoch's entry tells of, behind those of the epoch's records, and takes what it says of silences
// over into those that last.
void tell_of_sources(const JournalEntry& entry, const SourceAlertOptions& options, std::vector<JournalSilence>& open,
                     std::vector<schema::AlertT>& alerts);

}  // namespace vigia
