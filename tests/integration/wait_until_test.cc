#include "wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using testing::Eq;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

constexpr auto at_once = std::chrono::seconds(0);

TEST(WaitUntil, LooksUntilItIsThere) {
  int looks = 0;
  EXPECT_TRUE(eventually(
      "the second look", [&] { return ++looks; }, Eq(2)));
  EXPECT_EQ(looks, 2);
}

TEST(WaitUntil, SaysWhatItWaitedForAndWhatWasThereInstead) {
  const auto result = eventually(
      "two alerts", [] { return std::vector<std::string>{"opened"}; }, SizeIs(2), at_once);
  EXPECT_FALSE(result);
  EXPECT_THAT(result.message(), StartsWith("waited 0 s for two alerts, expected one that "));
  EXPECT_THAT(result.message(), HasSubstr("equal to 2; there was instead { \"opened\" }\n"));
  EXPECT_THAT(eventually(
                  "nothing", [] { return 1; }, Eq(2), at_once)
                  .message(),
              HasSubstr("is equal to 2; there was instead 1"));
}

}  // namespace
}  // namespace vigia::test
