// Somebody upstream opens a transaction on an input topic and never ends it: nobody may read past it.
#include <sstream>

#include "chaos_test.h"

namespace vigia::test {
namespace {

class UpstreamTest : public ChaosTest {
 protected:
  // The engine says which partition hangs, and on what.
  [[nodiscard]] bool names_the_cause(const std::string& partition) {
    std::istringstream log(engine().log());
    for (std::string line; std::getline(log, line);) {
      if (line.find(partition) != std::string::npos && line.find("transaction") != std::string::npos) return true;
    }
    return false;
  }
};

TEST_F(UpstreamTest, ATransactionHangsAndIsSaidSo) {
  begin();
  ASSERT_TRUE(progress(50));
  OpenTransaction hanging(outside().straight(), topic("upstream"));
  hanging.produce(topic("seals"), {.key = "seal-000",
                                   .value = R"({"seal_id":"seal-000","device_time_ms":1,"lock":"tampered"})",
                                   .headers = {},
                                   .timestamp_ms = feeder().now_ms(),
                                   .partition = 0});
  EXPECT_TRUE(wait_until([&] { return names_the_cause(topic("seals") + "/0"); })) << engine().log();
  EXPECT_TRUE(progress()) << "the other partition goes on\n" << engine().log();
  hanging.abort();
  ASSERT_TRUE(progress(50)) << engine().log();
  judge();
}

}  // namespace
}  // namespace vigia::test
