// The engine dies between two steps of making an epoch public, or a snapshot lasting.
#include <fmt/format.h>

#include "chaos_test.h"

namespace vigia::test {
namespace {

class KillPointTest : public ChaosTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(KillPointTest, DiesThereAgainAndAgain) {
  constexpr int deaths = 2;
  begin();
  ASSERT_TRUE(progress());
  engine().kill();
  for (int i = 0; i < deaths; ++i) {
    engine().start({{"VIGIA_KILL_POINT", fmt::format("{}:{}", GetParam(), dice().between(1, 6))}});
    ASSERT_TRUE(wait_until([&] { return !engine().running(); })) << "it never comes there\n"
                                                                 << engine().log_of_this_life();
    ASSERT_NE(engine().log_of_this_life().find(fmt::format("kill point {}\n", GetParam())), std::string::npos)
        << engine().log_of_this_life();
  }
  judge();
}

// In the order of an epoch's way; then of a snapshot's.
INSTANTIATE_TEST_SUITE_P(Points, KillPointTest,
                         ::testing::Values("state_applied", "begun", "journal_produced", "produced", "offsets_sent",
                                           "committed", "snapshot_begun", "snapshot_written"),
                         [](const auto& point) { return std::string(point.param); });

}  // namespace
}  // namespace vigia::test
