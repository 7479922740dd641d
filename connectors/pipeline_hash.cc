#include "connectors/pipeline_hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "connectors/formats.h"

namespace vigia {

std::uint64_t pipeline_hash(const Pipeline& pipeline, const std::vector<SiteFile>& site_files) {
  std::string text;
  const auto append = [&](std::string_view value) { text += fmt::format("{}:{};", value.size(), value); };
  append(pipeline.application);
  append(pipeline.timezone);
  text += fmt::format("horizon {} lateness {} skew {} clock {} silence {};", pipeline.horizon_ms,
                      pipeline.allowed_lateness_ms, pipeline.max_clock_skew_ms, name_of(pipeline.clock),
                      pipeline.source_silence_ms);
  for (const SourceSpec& source : pipeline.sources) {
    append(source.topic);
    append(name_of(source.stream));
    append(source.foreign != nullptr ? source.foreign->name : name_of(source.format));
  }
  for (const RuleSpec& rule : pipeline.rules) append(canonical_text(rule));
  for (const SiteFile& file : site_files) append(file.content);
  if (pipeline.sigma) text += fmt::format("sigma {};", pipeline.sigma->hash);
  if (pipeline.group_budget != GroupBudget{})
    text += fmt::format("groups {} bytes {};", pipeline.group_budget.groups_max, pipeline.group_budget.bytes_max);
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace vigia
