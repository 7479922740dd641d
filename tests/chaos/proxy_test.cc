// The proxy by itself, between a plain client and the broker.
#include "proxy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "chaos_test.h"

namespace vigia::test {
namespace {

class ProxyTest : public ChaosTest {
 protected:
  void SetUp() override {
    ChaosTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    topic_ = "proxy." + std::to_string(::getpid()) + "." + std::to_string(++count_);
    through_ = std::make_unique<KafkaTestClient>(outside().proxied());
    through_->create_topic(topic_, 1);
  }
  void produce(int from, int to) {
    std::vector<KafkaRecord> records;
    for (int i = from; i < to; ++i) records.push_back({.key = "k", .value = std::to_string(i), .headers = {}});
    through_->produce(topic_, records);
  }
  // What is read straight: 0, 1, ... up to `count`, each once.
  void expect_all(int count) {
    const auto read = KafkaTestClient(outside().straight()).read_all(topic_);
    ASSERT_EQ(read.size(), static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) EXPECT_EQ(read[static_cast<std::size_t>(i)].value, std::to_string(i));
  }

  static inline int count_ = 0;
  std::string topic_;
  std::unique_ptr<KafkaTestClient> through_;
};

TEST_F(ProxyTest, EverythingGoesThroughItAndIsSentBackToIt) {
  produce(0, 1000);
  EXPECT_GT(outside().proxy().links(), 0u);
  EXPECT_EQ(through_->read_all(topic_).size(), 1000u);
  expect_all(1000);
}

TEST_F(ProxyTest, DelaysTakeTheirTime) {
  outside().proxy().delay(200);
  const auto before = std::chrono::steady_clock::now();
  produce(0, 1);
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(400));
  expect_all(1);
}

TEST_F(ProxyTest, ThrottledBytesTakeTheirTime) {
  outside().proxy().throttle(100'000);
  const auto before = std::chrono::steady_clock::now();
  through_->produce(topic_, {{.key = "k", .value = std::string(200'000, 'x'), .headers = {}}});
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(900));
}

TEST_F(ProxyTest, ACutConnectionIsMadeAgain) {
  produce(0, 10);
  outside().proxy().cut_now();
  produce(10, 20);
  expect_all(20);
}

TEST_F(ProxyTest, ALostAnswerIsCountedAndTheRequestWasDone) {
  const int lost = outside().proxy().lost();
  outside().proxy().lose_answers(KafkaApi::produce, 1, true);
  produce(0, 10);
  EXPECT_EQ(outside().proxy().lost(), lost + 1);
  expect_all(10);
}

}  // namespace
}  // namespace vigia::test
