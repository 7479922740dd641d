#include "app/replay.h"

#include <gtest/gtest.h>

#include "connectors/memory_source.h"
#include "tests/app/counting_task.h"

namespace vigia {
namespace {

const std::vector<std::string> topics = {"seal"};

std::string replayed(ReplayOptions options, MemoryDeadLetters* letters = nullptr, Account* account = nullptr) {
  MemorySource source(topics, 1);
  for (int i = 0; i < 50; ++i) {
    source.add(0, 0, 1000 + i * 7000, std::string(1, static_cast<char>('a' + i * i % 13)), i == 20 ? "poison" : "x");
  }
  source.end_after_last();
  EXPECT_TRUE(source.open({}).ok());
  MemoryAlertSink sink;
  const ReplayResult result = replay(
      source, [] { return std::make_unique<CountingTask>(); }, sink, letters, topics, options);
  EXPECT_TRUE(result.status.ok()) << result.status.text;
  EXPECT_EQ(result.alerts, sink.written.size());
  if (account != nullptr) *account = result.account;
  return lines(sink.written);
}

TEST(Replay, ARestartAfterEachEpochChangesNothing) {
  for (const std::size_t batch : {1, 3, 1024}) {
    ReplayOptions plain;
    plain.batch = batch;
    ReplayOptions restarted = plain;
    restarted.restart_every = 1;
    EXPECT_EQ(replayed(plain), replayed(restarted)) << "batch " << batch;
  }
}

TEST(Replay, WithoutUntilTheClockStaysAtTheLastRecord) {
  ReplayOptions options;
  const std::string stays = replayed(options);
  options.until_ms = 10'000'000;
  const std::string goes = replayed(options);
  EXPECT_EQ(goes.substr(0, stays.size()), stays);
  EXPECT_GT(goes.size(), stays.size());
}

TEST(Replay, AnUntilInThePastDoesNotTurnTheClockBack) {
  ReplayOptions options;
  const std::string stays = replayed(options);
  options.until_ms = 5;
  EXPECT_EQ(replayed(options), stays);
}

TEST(Replay, AccountLawDeadLettersAreKeptAndCounted) {
  MemoryDeadLetters letters;
  Account account;
  (void)replayed({}, &letters, &account);
  EXPECT_EQ(letters.kept.size(), 1U);
  EXPECT_EQ(account.decoded, 50U);
  EXPECT_EQ(account.dead_letter, 1U);
  EXPECT_TRUE(account.adds_up());
}

TEST(Replay, AFailingInputEndsItAndKeepsWhatWasFound) {
  MemorySource source(topics, 1);
  source.add(0, 0, 1000, "a", "x");
  EXPECT_TRUE(source.open({}).ok());
  source.fail_with(Status::of(Fault::unreadable, "day.jsonl:7: no object"));
  MemoryAlertSink sink;
  const ReplayResult result = replay(
      source, [] { return std::make_unique<CountingTask>(); }, sink, nullptr, topics, ReplayOptions{});
  EXPECT_EQ(result.status.fault, Fault::unreadable);
}

}  // namespace
}  // namespace vigia
