// gtest fixture: one broker for the whole test program, started by the first test that needs it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "broker.h"
#include "kafka_test_client.h"

namespace vigia::test {

class BrokerFixture : public ::testing::Test {
 protected:
  // Without a broker (no Java, no Maven, no network) tests are skipped; with CI set they fail.
  void SetUp() override;

  // "127.0.0.1:PORT"; VIGIA_TEST_BROKER names one that is already running instead.
  [[nodiscard]] const std::string& bootstrap() const;
  [[nodiscard]] KafkaTestClient& kafka() { return *client_; }

  // A name that no other test uses.
  [[nodiscard]] std::string unique(const std::string& name) const;

 private:
  std::unique_ptr<KafkaTestClient> client_;
};

// GTEST_SKIP, or a failure when CI is set. Returns whether the test may go on.
#define VIGIA_NEED_BROKER(status)                                         \
  do {                                                                    \
    const ::vigia::Status vigia_need_status = (status);                   \
    if (!vigia_need_status.ok()) {                                        \
      if (std::getenv("CI") != nullptr) FAIL() << vigia_need_status.text; \
      GTEST_SKIP() << vigia_need_status.text;                             \
    }                                                                     \
  } while (false)

}  // namespace vigia::test
