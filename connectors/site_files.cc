#include "connectors/site_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "connectors/geojson.h"
#include "connectors/text_file.h"

namespace vigia {
namespace {

// A rule that speaks of what the site files don't have is most likely a slip of the pen.
void warn_of_idle_rules(const std::string& pipeline_file, const LoadedPipeline& loaded, Diagnostics& diagnostics) {
  const SiteModel& site = loaded.site;
  const auto warn = [&](const RuleSpec& rule, const std::string& text) {
    diagnostics.warning(pipeline_file, 0, fmt::format("rule {}: {}, so it will never raise an alert", rule.id, text));
  };
  for (const RuleSpec& rule : loaded.pipeline.rules) {
    if (rule.kind == "route_deviation" && site.routes.empty()) warn(rule, "the site files have no route");
    if (!rule.kind.starts_with("zone_")) continue;
    const auto& patterns = rule.only.zone;
    const auto fits = [&](const Zone& zone) {
      return patterns.empty() || std::any_of(patterns.begin(), patterns.end(),
                                             [&](const std::string& pattern) { return glob_match(pattern, zone.id); });
    };
    if (std::none_of(site.zones.begin(), site.zones.end(), fits)) warn(rule, "no zone of the site files fits it");
  }
}

}  // namespace

bool is_geojson(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  return extension == ".geojson" || extension == ".json";
}

void load_site_files(const std::string& pipeline_file, std::vector<SiteFile>& files,
                     const EnvironmentLookup& environment, LoadedPipeline& out, Diagnostics& diagnostics) {
  SiteModelBuilder builder;
  SiteEquipment equipment;
  std::map<std::string, int> lines;  // of the paths seen
  for (SiteFile& file : files) {
    const auto [first, is_new] = lines.emplace(file.path, file.line);
    if (!is_new) {
      diagnostics.error(pipeline_file, file.line, fmt::format("site: {} again", file.path), "each file once");
      continue;
    }
    auto content = read_text_file(file.path);
    if (!content) {
      diagnostics.error(pipeline_file, file.line, fmt::format("site: {}, which can't be read", file.path),
                        "a file that can be read");
      continue;
    }
    file.content = std::move(*content);
    if (is_geojson(file.path)) {
      parse_geojson(file.path, file.content, builder, diagnostics.errors);
    } else {
      load_site_yaml(file.path, file.content, environment, equipment, diagnostics);
    }
  }
  out.site = builder.build();
  if (diagnostics.errors.empty()) out.site.equipment = Equipment(std::move(equipment));
  if (diagnostics.errors.empty()) warn_of_idle_rules(pipeline_file, out, diagnostics);
}

}  // namespace vigia
