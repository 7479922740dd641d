// The demonstration, with the broker that it brings.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/connectors/temp_directory.h"
#include "vigia_process.h"

namespace vigia::test {
namespace {

TEST(DemoTest, AShortDayEndsWellAndSaysWhatBecameOfIt) {
  TempDirectory dir;
  EXPECT_EQ(run_vigia({"demo", "--trucks", "20", "--seconds", "5", "--directory", dir / "demo"}, dir / "demo.log"), 0);
  std::ifstream in(dir / "demo.log");
  const std::string said{std::istreambuf_iterator<char>(in), {}};
  EXPECT_NE(said.find("signal_lost"), std::string::npos) << said;
  // One door was forced while the camera was dark: found, and nothing of the kind that did not happen.
  EXPECT_NE(said.find("incident                    1        1           0"), std::string::npos) << said;
  EXPECT_NE(said.find("vigia explain --config"), std::string::npos) << said;
}

}  // namespace
}  // namespace vigia::test
