#include "connectors/sigma_pipeline.h"

#include <fmt/format.h>

#include "connectors/sigma_yaml.h"

namespace vigia {
namespace {

void read_entry(const SigmaYaml& yaml, const YAML::Node& node, SigmaPipeline& out) {
  const int line = SigmaYaml::line_of(node);
  if (!node.IsMap()) return yaml.error(line, "an entry that is no map", "{logsource, when, fields}");
  SigmaPipelineEntry entry;
  bool has_logsource = false;
  for (const auto& member : yaml.members(node)) {
    if (member.key == "logsource") {
      has_logsource = true;
      if (const auto logsource = yaml.logsource(member.value)) entry.logsource = *logsource;
    } else if (member.key == "when" && member.value.IsMap()) {
      entry.when = yaml.tests(member.value);
    } else if (member.key == "fields" && member.value.IsMap()) {
      for (const auto& field : yaml.members(member.value))
        if (auto path = yaml.text(field)) entry.fields[field.key] = std::move(*path);
    } else {
      yaml.error(member.line, member.key, "maps logsource, when and fields");
    }
  }
  if (!has_logsource) yaml.error(line, "an entry without logsource", "logsource: {product, category, service}");
  out.push_back(std::move(entry));
}

// How many parts of the rule's log source the entry names; -1: it names another one.
int fit(const SigmaLogSource& entry, const SigmaLogSource& rule) {
  int named = 0;
  for (const auto part : {&SigmaLogSource::product, &SigmaLogSource::category, &SigmaLogSource::service}) {
    if ((entry.*part).empty()) continue;
    if (entry.*part != rule.*part) return -1;
    ++named;
  }
  return named;
}

}  // namespace

SigmaPipeline read_sigma_pipeline(const std::string& file, const std::string& content, Diagnostics& diagnostics) {
  SigmaPipeline out;
  const SigmaYaml yaml(file, diagnostics);
  for (const auto& document : yaml.parse(content)) {
    if (document.IsNull()) continue;
    if (!document.IsSequence()) {
      yaml.error(SigmaYaml::line_of(document), "no list", "a list of entries {logsource, when, fields}");
      continue;
    }
    for (const auto& node : document) read_entry(yaml, node, out);
  }
  return out;
}

const SigmaPipelineEntry* entry_for(const SigmaPipeline& pipeline, const SigmaLogSource& logsource) {
  const SigmaPipelineEntry* best = nullptr;
  int best_fit = -1;
  for (const auto& entry : pipeline) {
    const int this_fit = fit(entry.logsource, logsource);
    if (this_fit <= best_fit) continue;
    best = &entry;
    best_fit = this_fit;
  }
  return best;
}

void resolve_logsources(const SigmaPipeline& pipeline, SigmaRules& rules, Diagnostics& diagnostics) {
  for (auto& rule : rules.detections) {
    const auto& source = rule.logsource;
    const bool is_own = source.product == "vigia";
    // An entry for any product speaks of the security stream.
    if (const auto* entry = entry_for(pipeline, source); entry && (!is_own || entry->logsource.product == "vigia")) {
      rule.when = entry->when;
      rule.names = entry->fields;
      continue;
    }
    if (is_own) continue;
    std::string text;
    for (const auto& [name, value] :
         {std::pair{"product", &source.product}, {"category", &source.category}, {"service", &source.service}})
      if (!value->empty()) text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, *value);
    diagnostics.warning(rule.head.file, rule.head.line,
                        fmt::format("sigma_pipeline has no entry for {{{}}}, so rule {} is offered every event of the "
                                    "security stream, under the fields' own names",
                                    text, rule.head.rule_id));
  }
}

}  // namespace vigia
