#include "app/explanation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "connectors/quantity.h"
#include "operators/rule_hash.h"

namespace vigia {
namespace {

constexpr const char* was_gone = "gone: Kafka did not have it any more when it was asked for";
constexpr const char* is_gone = "gone: it was not kept, and Kafka does not have it any more";

StreamId stream_of(const Pipeline& pipeline, const std::string& topic) {
  const auto source = std::ranges::find(pipeline.sources, topic, &SourceSpec::topic);
  return source == pipeline.sources.end() ? StreamId::seal : source->stream;
}

std::string attribute(const Alert& alert, std::string_view name) {
  for (const auto& one : alert.attributes) {
    if (one->key == name) return one->value;
  }
  return {};
}

Status find_records(const AlertStore& store, std::map<EvidencePlace, ExplainedRecord>& records) {
  for (auto& [place, explained] : records) {
    std::optional<EvidenceRecord> found;
    if (Status status = store.evidence().find(place, found); !status.ok()) return status;
    if (!found) continue;
    if (found->is_gone) {
      explained.missing = was_gone;
    } else {
      explained.from = ExplainedRecord::From::store;
      explained.record = std::move(*found);
    }
  }
  return Status::good();
}

void fetch_records(const FetchEvidence& fetch, std::map<EvidencePlace, ExplainedRecord>& records) {
  std::vector<EvidencePlace> places;
  for (const auto& [place, explained] : records) {
    if (explained.from == ExplainedRecord::From::nowhere) places.push_back(place);
  }
  if (places.empty()) return;
  const Status status = fetch(places, [&](const EvidencePlace& place, EvidenceRecord record) {
    ExplainedRecord& explained = records[place];
    if (record.is_gone) {
      if (explained.missing.empty()) explained.missing = is_gone;
      return;
    }
    explained.from = ExplainedRecord::From::kafka;
    explained.record = std::move(record);
  });
  for (const EvidencePlace& place : places) {
    ExplainedRecord& explained = records[place];
    if (explained.from == ExplainedRecord::From::nowhere && explained.missing.empty())
      explained.missing = "not in the store, and Kafka was not reached: " + status.text;
  }
}

// The hash that an alert of the rule would have, had it the same zone and route as this one.
std::string hash_for(const RuleSpec& rule, const Alert& alert, const SiteModel& site, std::string& unknown) {
  std::string hash = hash_of(rule);
  const std::string zone = attribute(alert, "zone_id"), route = attribute(alert, "route_id");
  if (!zone.empty()) {
    const std::uint32_t index = site.find_zone(zone);
    if (index == SiteModel::npos) unknown = "zone " + zone;
    if (index != SiteModel::npos) hash = hash_with(hash, site.zones[index].content_hash);
  }
  if (!route.empty()) {
    const std::uint32_t index = site.find_route(route);
    if (index == SiteModel::npos) unknown = "route " + route;
    if (index != SiteModel::npos) hash = hash_with(hash, site.routes[index].content_hash);
  }
  return hash;
}

// Null: no detection and no correlation has the id.
const SigmaHead* find_sigma(const Pipeline& pipeline, const std::string& rule_id) {
  if (!pipeline.sigma) return nullptr;
  for (const auto& stream : pipeline.sigma->streams)
    for (const auto& detection : stream.detections)
      if (detection.head.rule_id == rule_id) return &detection.head;
  const int number = pipeline.sigma->find_correlation(rule_id);
  return number < 0 ? nullptr : &pipeline.sigma->correlations[static_cast<std::size_t>(number)].head;
}

std::string changed_words(const Alert& alert) {
  return fmt::format("NOT AS IT WAS: the alert was raised under {}; what is shown here is the configuration of now",
                     alert.rule_hash.empty() ? "no hash" : alert.rule_hash);
}

ExplainedRule explain_sigma(const SigmaHead& head, const Alert& alert) {
  ExplainedRule result;
  result.sigma = head;
  result.hash = head.hash;
  result.is_same = head.hash == alert.rule_hash;
  result.remark = result.is_same ? "the same as when the alert was raised" : changed_words(alert);
  if (alert.subject_type == "rule" && alert.cause == "budget")
    result.remark += "; the alert is the engine's own, about what the rule needs";
  return result;
}

ExplainedRule explain_rule(const LoadedPipeline& loaded, const Alert& alert) {
  ExplainedRule result;
  const auto& rules = loaded.pipeline.rules;
  const auto rule = std::ranges::find(rules, alert.rule_id, &RuleSpec::id);
  if (rule == rules.end()) {
    if (const SigmaHead* sigma = find_sigma(loaded.pipeline, alert.rule_id)) return explain_sigma(*sigma, alert);
    result.remark =
        alert.subject_type == "source"
            ? "the engine's own, about a source: every pipeline has it, and no rule of the configuration"
            : fmt::format("NOT THE RULE OF THIS ALERT: the configuration has no rule {} any more", alert.rule_id);
    return result;
  }
  std::string unknown;
  result.rule = *rule;
  result.hash = hash_for(*rule, alert, loaded.site, unknown);
  result.is_same = result.hash == alert.rule_hash;
  const bool has_place = !attribute(alert, "zone_id").empty() || !attribute(alert, "route_id").empty();
  if (result.is_same) {
    result.remark = has_place ? "the same as when the alert was raised, and so is its zone or route"
                              : "the same as when the alert was raised";
  } else {
    result.remark = changed_words(alert) + (!unknown.empty() ? ", which does not have " + unknown
                                            : has_place      ? "; the rule has changed, or its zone or route"
                                                             : "");
  }
  return result;
}

struct ValueText {
  bool is_duration;
  std::string operator()(std::int64_t value) const {
    return is_duration ? format_duration(value) : fmt::to_string(value);
  }
  std::string operator()(double value) const { return fmt::to_string(value); }
  std::string operator()(const std::vector<std::string>& values) const {
    return fmt::format("[{}]", fmt::join(values, ", "));
  }
  std::string operator()(const std::string& value) const { return value; }
};

}  // namespace

std::vector<std::pair<std::string, std::string>> ExplainedRule::parameters() const {
  std::vector<std::pair<std::string, std::string>> result;
  if (!rule) return result;
  const KindSpec* kind = find_kind(rule->kind);
  for (const auto& [name, value] : rule->params) {
    bool is_duration = false;
    for (const ParamSpec& param : kind != nullptr ? kind->params : std::vector<ParamSpec>{})
      if (param.name == name) is_duration = param.type == ParamType::duration;
    result.emplace_back(name, std::visit(ValueText{is_duration}, value));
  }
  const std::pair<const char*, const std::vector<std::string>*> lists[] = {
      {"only.site", &rule->only.site}, {"only.zone", &rule->only.zone}, {"only.id", &rule->only.id}};
  for (const auto& [name, list] : lists) {
    if (!list->empty()) result.emplace_back(name, fmt::format("[{}]", fmt::join(*list, ", ")));
  }
  return result;
}

Status explain_alert(const AlertStore& store, const LoadedPipeline& loaded, const std::string& alert_id,
                     const FetchEvidence& fetch, Explanation& out) {
  out = {};
  out.timezone = loaded.pipeline.timezone;
  AlertQuery query;
  query.alert_id = alert_id;
  query.all_revisions = true;
  Status status = store.query(query, [&](const Alert& alert) {
    out.revisions.push_back(alert);
    return true;
  });
  if (!status.ok()) return status;
  if (out.revisions.empty()) return Status::of(Fault::refused, fmt::format("the store has no alert {}", alert_id));
  for (const Alert& alert : out.revisions) {
    for (const EvidencePlace& place : evidence_of(alert)) out.records[place];
  }
  if (status = find_records(store, out.records); !status.ok()) return status;
  fetch_records(fetch, out.records);
  for (auto& [place, explained] : out.records) {
    if (explained.record.value) {
      explained.content = read_content(*explained.record.value, stream_of(loaded.pipeline, place.topic));
    }
  }
  out.rule = explain_rule(loaded, out.revisions.back());
  return Status::good();
}

}  // namespace vigia
