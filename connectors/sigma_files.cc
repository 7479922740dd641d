#include "connectors/sigma_files.h"

#include "connectors/sigma_own_fields.h"
#include "connectors/sigma_pipeline.h"

namespace vigia {

std::shared_ptr<const SigmaPlan> plan_sigma_files(const std::vector<SigmaFile>& files, const SigmaFile& pipeline,
                                                  Diagnostics& diagnostics) {
  if (files.empty()) return nullptr;
  const auto errors_before = diagnostics.errors.size();
  auto rules = read_sigma_files(files, diagnostics);
  SigmaPipeline entries;
  if (!pipeline.name.empty()) entries = read_sigma_pipeline(pipeline.name, pipeline.content, diagnostics);
  if (diagnostics.errors.size() != errors_before) return nullptr;
  resolve_logsources(entries, rules, diagnostics);
  auto plan = plan_sigma(rules, [&](const SigmaHead& rule, std::string found, std::string expected) {
    diagnostics.error(rule.file, rule.line, std::move(found), std::move(expected));
  });
  return diagnostics.errors.size() == errors_before ? plan : nullptr;
}

void check_sigma_fields(const std::vector<SigmaFile>& files, const SigmaFile& pipeline, Diagnostics& diagnostics) {
  Diagnostics others;
  SigmaRules rules = read_sigma_files(files, others);
  SigmaPipeline entries;
  if (!pipeline.name.empty()) entries = read_sigma_pipeline(pipeline.name, pipeline.content, others);
  if (!others.errors.empty()) return;
  resolve_logsources(entries, rules, others);
  check_own_fields(rules, diagnostics);
}

}  // namespace vigia
