#include "operators/sigma_findings.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "engine/alert_book.h"
#include "operators/rule.h"

namespace vigia {
namespace {

// The first value that has a text.
const SigmaValue* first_text(const SigmaEvent& event, int field) {
  for (int i = event.first(field); i >= 0; i = event.next(i)) {
    const auto type = event.value(i).type;
    if (type != SigmaType::null && type != SigmaType::object) return &event.value(i);
  }
  return nullptr;
}

Signal signal_of(std::string_view rule_id, const std::vector<std::string>& group, std::uint32_t rules,
                 std::uint64_t value, const SigmaOrigin& origin) {
  Signal signal;
  EventIdentity id{};
  const auto hash = XXH3_128bits_withSeed(origin.identity.data(), origin.identity.size(), value);
  std::memcpy(id.data(), &hash, sizeof hash);
  signal.signal_id = hex(id);
  signal.revision = 1;
  signal.rule_id = rule_id;
  signal.group = group;
  signal.subject_id = origin.subject;
  signal.start_ms = signal.end_ms = origin.time_ms;
  signal.broker_ms = origin.broker_ms;
  set_correlation_event(signal, rules, value);
  signal.evidence.push_back(std::make_unique<schema::EvidenceT>(origin.evidence));
  return signal;
}

}  // namespace

SigmaFindings sigma_findings(const SigmaStreamPlan& stream, const SigmaEvent& event,
                             std::span<const std::uint32_t> matched) {
  SigmaFindings out;
  for (const auto number : matched) {
    const auto& detection = stream.detections[number];
    if (detection.raises) out.raised.push_back(number);
    for (const auto& use : detection.uses) {
      SigmaFindings::Part part{use.correlation, use.rules, {}, 0};
      for (const int field : use.group)
        if (const auto* value = first_text(event, field)) part.group.emplace_back(value->text);
      if (part.group.size() != use.group.size()) continue;
      if (use.value != SigmaFields::nothing) {
        const auto* value = first_text(event, use.value);
        if (value == nullptr) continue;
        part.value = XXH3_64bits(value->text.data(), value->text.size());
      }
      const auto same = std::ranges::find_if(out.parts, [&](const SigmaFindings::Part& other) {
        return other.correlation == part.correlation && other.value == part.value && other.group == part.group;
      });
      if (same == out.parts.end())
        out.parts.push_back(std::move(part));
      else
        same->rules |= part.rules;
    }
  }
  if (!out.raised.empty() && stream.site != SigmaFields::nothing)
    if (const auto* site = first_text(event, stream.site)) out.site = site->text;
  return out;
}

Signal signal_of(const SigmaPlan& plan, const SigmaFindings::Part& part, const SigmaOrigin& origin) {
  return signal_of(plan.correlations[part.correlation].head.rule_id, part.group, part.rules, part.value, origin);
}

Signal signal_of(const GroupPart& part, const SigmaOrigin& origin) {
  auto signal = signal_of(part.rule_id, part.group, part.marks, part.value, origin);
  signal.sequence = origin.sequence;
  signal.content = origin.content;
  return signal;
}

void describe_incident(const SigmaHead& rule, Alert& alert) {
  alert.kind = "incident";
  alert.rule_id = rule.rule_id;
  alert.rule_hash = rule.hash;
  alert.severity = rule.severity;
  alert.category = rule.category;
  alert.message = rule.title.empty() ? rule.rule_id : rule.title;
}

Alert incident_of(std::string_view application, const SigmaHead& rule, const SigmaOrigin& origin,
                  const std::string& site) {
  std::uint32_t discriminator = 0;
  std::memcpy(&discriminator, origin.identity.data(), sizeof discriminator);
  Alert alert;
  describe_incident(rule, alert);
  alert.alert_id = hex(make_alert_id(application, rule.rule_id, origin.subject, origin.time_ms, discriminator, 0));
  alert.revision = 1;
  alert.status = schema::AlertStatus::confirmed;
  alert.subject_type = "key";
  alert.subject_id = origin.subject;
  alert.site_id = site;
  alert.start_ms = alert.end_ms = origin.time_ms;
  alert.detected_ms = origin.broker_ms;
  alert.late_by_ms = std::max<TimeMs>(0, origin.broker_ms - origin.time_ms);
  alert.evidence.push_back(std::make_unique<schema::EvidenceT>(origin.evidence));
  return alert;
}

}  // namespace vigia
