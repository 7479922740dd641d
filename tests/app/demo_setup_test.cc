// What the demo makes of the directory that --site names.
#include "app/demo_setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/pipeline_config.h"
#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

const fs::path ours = VIGIA_SOURCE_DIR "/config/site";

LoadedPipeline pipeline_of(const std::string& site, const fs::path& directory) {
  DemoFiles files;
  const Status found = find_demo_files(site, files);
  EXPECT_TRUE(found.ok()) << found.text;
  std::string path;
  const Status written = write_demo_pipeline(directory, files, "localhost:1", path);
  EXPECT_TRUE(written.ok()) << written.text;
  return load_pipeline(path);
}

TEST(DemoSetup, OurOwnSiteHasDoorsAndTheRuleAboutThem) {
  const test::TempDirectory dir;
  const LoadedPipeline loaded = pipeline_of(ours.string(), dir / "demo");
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  EXPECT_FALSE(loaded.site.equipment.doors().empty());
  EXPECT_FALSE(loaded.configuration.sigma.empty());
}

TEST(DemoSetup, ADirectoryWithZonesAndRoutesIsEnough) {
  const test::TempDirectory dir;
  for (const char* name : {"zones.geojson", "routes.geojson"}) fs::copy_file(ours / name, dir / name);
  const LoadedPipeline loaded = pipeline_of(dir / "", dir / "demo");
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  EXPECT_FALSE(loaded.site.routes.empty());
  EXPECT_TRUE(loaded.site.equipment.doors().empty());
}

TEST(DemoSetup, AFileThatIsNotThereIsNamed) {
  const test::TempDirectory dir;
  fs::copy_file(ours / "zones.geojson", dir / "zones.geojson");
  DemoFiles files;
  EXPECT_THAT(find_demo_files(dir / ".", files).text, HasSubstr("/routes.geojson, expected --site to be a directory"));
}

}  // namespace
}  // namespace vigia
