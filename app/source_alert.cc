#include "app/source_alert.h"

#include <utility>

#include "app/lost_records.h"
#include "app/source_silence.h"
#include "engine/alert_book.h"
#include "operators/rule_hash.h"

namespace vigia {

RuleSpec source_rule(const std::string& kind) {
  RuleSpec rule;
  rule.id = rule.kind = kind;
  rule.severity = schema::Severity::high;
  rule.category = default_category(rule.severity);
  rule.scope = Scope::always;
  return rule;
}

schema::AlertT source_alert(const RuleSpec& rule, const std::string& application, std::string subject, TimeMs start_ms,
                            std::uint32_t discriminator) {
  schema::AlertT alert;
  alert.alert_id = hex(make_alert_id(application, rule.id, subject, start_ms, discriminator, 0));
  alert.kind = rule.kind;
  alert.rule_id = rule.id;
  alert.rule_hash = hash_of(rule);
  alert.severity = rule.severity;
  alert.category = rule.category;
  alert.subject_type = "source";
  alert.subject_id = std::move(subject);
  alert.start_ms = start_ms;
  return alert;
}

void tell_of_sources(const JournalEntry& entry, const SourceAlertOptions& options, std::vector<JournalSilence>& open,
                     std::vector<schema::AlertT>& alerts) {
  update_silences(open, entry.silences);
  for (const JournalSilence& change : entry.silences)
    alerts.push_back(silence_alert(change, options.application, options.silence_limit_ms));
  for (const JournalLoss& loss : entry.losses)
    alerts.push_back(loss_alert(loss, entry.partition, entry.clock_ms, options.application));
}

}  // namespace vigia
