// Every pipeline that the project brings along loads, and so do those of the conformance cases where they are at hand.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "connectors/config_schema.h"
#include "connectors/pipeline_config.h"
#include "connectors/text_file.h"

namespace vigia {
namespace {

namespace fs = std::filesystem;

const fs::path source_dir = VIGIA_SOURCE_DIR;

std::optional<std::string> no_variables(const std::string&) { return std::nullopt; }

std::vector<fs::path> files_in(const fs::path& folder, const std::string& name_end) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().string().ends_with(name_end)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST(ReadyPipelines, LoadWithoutAWarning) {
  int count = 0;
  for (const fs::path& path : files_in(source_dir / "config", ".yaml")) {
    if (path.parent_path().filename() == "site") continue;
    const LoadedPipeline loaded = load_pipeline(path.string(), no_variables);
    EXPECT_TRUE(loaded.ok()) << format_errors(loaded.errors);
    EXPECT_TRUE(loaded.warnings.empty()) << format_warnings(loaded.warnings);
    ++count;
  }
  EXPECT_GE(count, 3);
}

// Whether the pipeline has a rule of each kind that is judged by one of its streams, and of no other.
void expect_every_operator(const LoadedPipeline& loaded) {
  const auto& rules = loaded.pipeline.rules;
  for (const KindSpec& kind : rule_kinds()) {
    const bool has =
        std::any_of(rules.begin(), rules.end(), [&](const RuleSpec& rule) { return rule.kind == kind.kind; });
    const auto is_read = [&](StreamId stream) {
      return std::ranges::any_of(loaded.pipeline.sources,
                                 [&](const SourceSpec& source) { return source.stream == stream; });
    };
    EXPECT_EQ(has, kind.needs_all_streams ? std::ranges::all_of(kind.streams, is_read)
                                          : std::ranges::any_of(kind.streams, is_read))
        << kind.kind;
  }
}

TEST(ReadyPipelines, TheGuardedSiteHasEveryOperatorOfDoorsAndCameras) {
  const LoadedPipeline loaded = load_pipeline((source_dir / "config/guarded-site.yaml").string(), no_variables);
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  expect_every_operator(loaded);
  EXPECT_EQ(loaded.site.equipment.doors().size(), 4u);
}

TEST(ReadyPipelines, CustomsHasEveryOperatorOfSeals) {
  const LoadedPipeline loaded = load_pipeline((source_dir / "config/customs.yaml").string(), no_variables);
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  expect_every_operator(loaded);
  EXPECT_GE(loaded.site.routes.size(), 8u);
  for (const char* depot :
       {"guayaquil-port", "manta-port", "quito-calderon", "tulcan-rumichaca", "huaquillas-border"}) {
    const std::uint32_t zone = loaded.site.find_zone(depot);
    ASSERT_NE(zone, SiteModel::npos) << depot;
    EXPECT_EQ(loaded.site.zones[zone].kind, ZoneKind::depot);
  }
}

TEST(ReadyPipelines, ConformancePipelinesLoad) {
  const fs::path folder = source_dir / "../shared/conformance";
  if (!fs::exists(folder)) GTEST_SKIP() << "no conformance cases at " << folder;
  const auto paths = files_in(folder, "pipeline.yaml");
  EXPECT_FALSE(paths.empty());
  for (const fs::path& path : paths) {
    const LoadedPipeline loaded = load_pipeline(path.string(), no_variables);
    EXPECT_TRUE(loaded.ok()) << format_errors(loaded.errors);
    EXPECT_EQ(loaded.pipeline.sources.size(), 5u);
    EXPECT_EQ(loaded.pipeline.timezone, "America/Guayaquil");
    EXPECT_FALSE(loaded.site.equipment.doors().empty());
    EXPECT_FALSE(loaded.site.routes.empty());
  }
}

// With VIGIA_UPDATE=1 the file is written anew instead.
TEST(PipelineSchema, TheFileIsThatOfTheTable) {
  const fs::path path = source_dir / "config/pipeline.schema.json";
  if (std::getenv("VIGIA_UPDATE") != nullptr) std::ofstream(path, std::ios::binary) << pipeline_json_schema();
  EXPECT_EQ(read_text_file(path.string()).value_or("no file"), pipeline_json_schema())
      << "the table of keys or kinds has changed: run this test once with VIGIA_UPDATE=1";
}

TEST(PipelineSchema, WhatItRefersToIsThere) {
  const std::string schema = pipeline_json_schema();
  const std::regex reference(R"re("\$ref": "#/\$defs/([^"]+)")re");
  for (std::sregex_iterator at(schema.begin(), schema.end(), reference), end; at != end; ++at) {
    const std::string name = (*at)[1];
    EXPECT_NE(schema.find("\n    \"" + name + "\": {"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace vigia
