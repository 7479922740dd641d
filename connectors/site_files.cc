#include "connectors/site_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "connectors/geojson.h"
#include "connectors/text_file.h"

namespace vigia {
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
}

}  // namespace vigia
