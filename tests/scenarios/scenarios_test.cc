// One test for each scenario file; the format is described in README.md beside it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/scenarios/scenario_check.h"
#include "tests/scenarios/scenario_parser.h"

namespace vigia::scenarios {
namespace {

std::vector<std::filesystem::path> scenario_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::filesystem::path(VIGIA_SOURCE_DIR) / "tests" / "scenarios"))
    if (entry.path().extension() == ".scenario") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

class FromFile : public testing::Test {
 public:
  explicit FromFile(std::filesystem::path path) : path_(std::move(path)) {}
  void TestBody() override {
    try {
      const auto scenario = parse_scenario(path_.filename().string(), reference::read_file(path_.string()));
      EXPECT_EQ(check(scenario), "") << path_;
    } catch (const std::exception& error) {
      FAIL() << error.what();
    }
  }

 private:
  std::filesystem::path path_;
};

// "3.05-stop-open-end" becomes Scenarios.S3_05_stop_open_end: filters give '.' and '-' a meaning.
const bool registered = [] {
  for (const auto& path : scenario_files()) {
    std::string name = "S" + path.stem().string();
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    testing::RegisterTest("Scenarios", name.c_str(), nullptr, nullptr, path.c_str(), 1,
                          [path]() -> FromFile* { return new FromFile(path); });
  }
  return true;
}();

TEST(ScenarioFiles, AreThere) {
  EXPECT_TRUE(registered);
  EXPECT_GE(scenario_files().size(), 60U);
}

}  // namespace
}  // namespace vigia::scenarios
