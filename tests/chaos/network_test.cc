// The network between engine and broker cuts, delays, throttles, and loses answers to what was done.
#include <fmt/format.h>

#include <climits>
#include <string>
#include <utility>

#include "chaos_test.h"

namespace vigia::test {
namespace {

class NetworkTest : public ChaosTest {
 protected:
  // The rules for a while, then none.
  void under(const ProxyRules& rules, std::chrono::milliseconds time) {
    ASSERT_TRUE(progress(1 + dice().roll(30))) << engine().log_of_this_life();
    outside().proxy().set(rules);
    let_pass(time);
    outside().proxy().pass();
    ASSERT_TRUE(progress()) << engine().log_of_this_life();
  }

  void lose_answer_to(KafkaApi api, bool by_closing) {
    ASSERT_TRUE(progress(1 + dice().roll(10))) << engine().log_of_this_life();
    const int lost = outside().proxy().lost();
    outside().proxy().lose_answers(api, 1, by_closing);
    ASSERT_TRUE(wait_until([&] { return outside().proxy().lost() > lost; })) << engine().log_of_this_life();
    ASSERT_TRUE(progress()) << engine().log_of_this_life();
  }
};

TEST_F(NetworkTest, ConnectionsAreCutAgainAndAgain) {
  begin();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(progress(1 + dice().roll(20))) << engine().log_of_this_life();
    outside().proxy().cut_now();
  }
  judge();
}

TEST_F(NetworkTest, DelayedAndThrottled) {
  begin();
  ASSERT_NO_FATAL_FAILURE(under({.delay_ms = 150}, std::chrono::seconds(3)));
  ASSERT_NO_FATAL_FAILURE(under({.bytes_per_s = 20'000}, std::chrono::seconds(3)));
  judge();
}

TEST_F(NetworkTest, UnreachableForLongerThanEveryTimeOut) {
  begin();
  ASSERT_NO_FATAL_FAILURE(under({.closed = true}, std::chrono::seconds(8)));
  ASSERT_NO_FATAL_FAILURE(under({.held = true}, std::chrono::seconds(8)));
  judge();
}

TEST_F(NetworkTest, NoAnswersForAWhile) {
  begin();
  ASSERT_NO_FATAL_FAILURE(under({.drops_answers = true}, std::chrono::seconds(1)));
  ASSERT_NO_FATAL_FAILURE(under({.drops_answers = true}, std::chrono::seconds(8)));
  judge();
}

constexpr KafkaApi of_a_transaction[] = {KafkaApi::produce, KafkaApi::add_partitions_to_txn,
                                         KafkaApi::add_offsets_to_txn, KafkaApi::txn_offset_commit, KafkaApi::end_txn};

TEST_F(NetworkTest, ConnectionsCloseInTheAnswersPlace) {
  begin();
  for (const KafkaApi api : of_a_transaction) {
    SCOPED_TRACE(fmt::format("answer to request {}", static_cast<int>(api)));
    ASSERT_NO_FATAL_FAILURE(lose_answer_to(api, true));
  }
  judge();
}

TEST_F(NetworkTest, AnswersNeverCome) {
  begin();
  for (const KafkaApi api : of_a_transaction) {
    SCOPED_TRACE(fmt::format("answer to request {}", static_cast<int>(api)));
    ASSERT_NO_FATAL_FAILURE(lose_answer_to(api, false));
  }
  judge();
}

// Input goes on, and snapshots are due: none may hold what no reader will ever see.
TEST_F(NetworkTest, TheEngineDiesWhileNothingBecomesPublic) {
  begin();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(progress(1 + dice().roll(60))) << engine().log_of_this_life();
    outside().proxy().lose_answers(KafkaApi::add_partitions_to_txn, INT_MAX, false);
    let_pass(std::chrono::seconds(3));  // some times `snapshot_every`
    engine().kill();
    outside().proxy().pass();
    engine().start();
  }
  ASSERT_TRUE(progress()) << engine().log_of_this_life();
  judge();
}

// The client itself would wait for it for five minutes.
TEST_F(NetworkTest, TheAnswerToJoiningTheGroupIsLost) {
  begin();
  ASSERT_TRUE(progress(1 + dice().roll(60))) << engine().log_of_this_life();
  engine().kill();
  const int lost = outside().proxy().lost();
  outside().proxy().lose_answers(KafkaApi::join_group, 2, false);  // of both stages
  engine().start();
  ASSERT_TRUE(wait_until([&] { return outside().proxy().lost() == lost + 2; })) << engine().log_of_this_life();
  ASSERT_TRUE(progress(50)) << engine().log_of_this_life();
  judge();
}

class NoAnswersTest : public NetworkTest, public ::testing::WithParamInterface<std::pair<const char*, KafkaApi>> {};

// The group hears from it meanwhile, so nobody takes its tasks: what is applied has to come out, once.
TEST_P(NoAnswersTest, UntilItTriesAgainWithTasksThatAreStillItsOwn) {
  begin();
  ASSERT_TRUE(progress(1 + dice().roll(60))) << engine().log_of_this_life();
  outside().proxy().lose_answers(GetParam().second, INT_MAX, false);
  ASSERT_TRUE(wait_until([&] { return engine().log().find("trying again until it passes") != std::string::npos; }))
      << engine().log();
  outside().proxy().pass();
  ASSERT_TRUE(progress(50)) << engine().log_of_this_life();
  judge();
}

// The records, their offsets, and whether all of it counts.
INSTANTIATE_TEST_SUITE_P(To, NoAnswersTest,
                         ::testing::Values(std::pair("Produce", KafkaApi::produce),
                                           std::pair("TxnOffsetCommit", KafkaApi::txn_offset_commit),
                                           std::pair("EndTxn", KafkaApi::end_txn)),
                         [](const auto& api) { return std::string(api.param.first); });

}  // namespace
}  // namespace vigia::test
