#include "operators/sigma_event_reader.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "operators/sigma_json.h"

namespace vigia {

const SigmaFindings* SigmaEventReader::find(const std::string& json) {
  simdjson::dom::object object;
  if (parser_.parse(json).get(object) != simdjson::SUCCESS) return nullptr;
  read_sigma_json(object, plan_.matcher.fields(), plan_.matcher.wants_all_texts(), event_);
  plan_.matcher.match(event_, scratch_, matched_);
  if (matched_.empty()) return nullptr;
  auto findings = sigma_findings(plan_, event_, matched_);
  return findings.empty() ? nullptr : &found_.emplace_back(std::move(findings));
}

void tell_findings(const StageConfig& config, const EventHead& head, std::string_view key, std::vector<Alert>& alerts,
                   std::vector<Signal>& signals) {
  const auto& findings = *static_cast<const SigmaFindings*>(head.findings);
  const auto stream = static_cast<StreamId>(head.stream_rank) == StreamId::trip     ? SigmaPlan::trip
                      : static_cast<StreamId>(head.stream_rank) == StreamId::seal   ? SigmaPlan::seal
                      : static_cast<StreamId>(head.stream_rank) == StreamId::access ? SigmaPlan::access
                                                                                    : SigmaPlan::camera;
  SigmaOrigin origin{{}, key, head.time_ms, head.broker_ms, {}};
  const std::uint64_t who[] = {XXH3_64bits(key.data(), key.size()), static_cast<std::uint64_t>(head.sent_ms),
                               head.sequence, head.stream_rank};
  const auto hash = XXH3_128bits_withSeed(head.canonical.data(), head.sequence == 0 ? head.canonical.size() : 0,
                                          XXH3_64bits(who, sizeof who));
  std::memcpy(origin.identity.data(), &hash, sizeof hash);
  origin.evidence.topic = config.sources[head.evidence.topic.value].topic;
  origin.evidence.partition = head.evidence.partition.value;
  origin.evidence.offset = head.evidence.offset.value;
  for (const auto detection : findings.raised)
    alerts.push_back(incident_of(config.application, config.sigma->streams[stream].detections[detection].head, origin,
                                 findings.site));
  for (const auto& part : findings.parts) signals.push_back(signal_of(*config.sigma, part, origin));
  if (findings.groups.empty()) return;
  origin.sequence = head.sequence;
  // Of events of one door and time the canonical forms are the same up to there. What cameras see is only counted.
  if (head.sequence == 0 && stream == SigmaPlan::access)
    origin.content = head.canonical.substr(std::min(head.canonical.find("\"kind\":"), head.canonical.size()));
  for (const auto& part : findings.groups) signals.push_back(signal_of(part, origin));
}

}  // namespace vigia
