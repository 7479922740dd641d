// While a broker is away nobody is accused of silence: the rules about seals, with the clock, the broker and the disk in
// the test's hand.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>

#include "app/epoch_runner.h"
#include "connectors/memory_source.h"
#include "operators/seal_stage.h"

namespace vigia {
namespace {

constexpr TimeMs minute_ms = 60'000;
constexpr TimeMs start_ms = 1'772'665'200'000;
constexpr std::uint16_t seals = 0, trips = 1;
const std::vector<std::string> topics = {"seal.events", "trip.events"};

class BrokerAwayTest : public testing::Test {
 protected:
  BrokerAwayTest()
      : directory_(std::filesystem::temp_directory_path() /
                   fmt::format("vigia-away-{}-{}", ::getpid(),
                               testing::UnitTest::GetInstance()->current_test_info()->name())) {
    EXPECT_TRUE(snapshots_.open((directory_ / "snapshots").string(), "test").ok());
    config_.application = "test";
    config_.sources = {{topics[seals], StreamId::seal, PayloadFormat::json},
                       {topics[trips], StreamId::trip, PayloadFormat::json}};
    RuleSpec silent;
    silent.id = "silent";
    silent.kind = "signal_lost";
    silent.scope = Scope::always;
    silent.params = {{"interval", std::int64_t{5 * minute_ms}}, {"max_speed_kmh", 200.0}};
    config_.rules = {silent};
    config_.site = std::make_shared<const SiteModel>(SiteModelBuilder().build());
    RunnerOptions options;
    options.topics = topics;
    options.snapshot_every_ms = never_ms;
    options.poll.wait_ms = 0;
    EXPECT_TRUE(source_.join().ok());
    runner_ = std::make_unique<EpochRunner>(
        RunnerParts{source_, *journal_, transaction_, snapshots_, delivery_, [this] { return make_seal_task(config_); },
                    [this] { return now_ms_; }},
        options);
    source_.set_fetch_ms(now_ms_);
    EXPECT_TRUE(runner_->follow_group().ok());
  }
  ~BrokerAwayTest() override {
    runner_.reset();
    snapshots_.close();
    std::filesystem::remove_all(directory_);
  }

  void ping(const std::string& seal) {
    source_.add(
        seals, 0, now_ms_, seal,
        fmt::format(R"({{"seal_id":"{}","device_time_ms":{},"sequence":{},"position":{{"lat_deg":0,"lon_deg":{}}}}})",
                    seal, now_ms_, ++sequence_[seal], 0.01 * sequence_[seal]));
  }
  void pass_minute() { now_ms_ += minute_ms; }
  // The broker answers now.
  Status step() {
    source_.set_fetch_ms(now_ms_);
    Status status = runner_->step();
    const Status settled = runner_->settle();
    return status.ok() ? settled : status;
  }

  std::filesystem::path directory_;
  TimeMs now_ms_ = start_ms;
  std::map<std::string, int> sequence_;
  StageConfig config_;
  MemorySource source_{topics, 1};
  std::unique_ptr<Journal> journal_ = make_memory_journal();
  AtLeastOnce transaction_{source_};
  SnapshotStore snapshots_;
  MemoryAlertSink sink_;
  MemoryDeadLetters letters_;
  ResultDelivery delivery_{{&sink_}, letters_, topics};
  std::unique_ptr<EpochRunner> runner_;
};

TEST_F(BrokerAwayTest, ASealThatIsSilentForTenMinutesIsAccused) {
  for (int minute = 0; minute < 10; ++minute, pass_minute()) {
    ping("talks");
    if (minute == 0) ping("silent");
    ASSERT_TRUE(step().ok());
  }
  ASSERT_EQ(sink_.written.size(), 1U);
  EXPECT_EQ(sink_.written[0].subject_id, "silent");
  EXPECT_EQ(sink_.written[0].detected_ms, start_ms + 5 * minute_ms);
}

TEST_F(BrokerAwayTest, ForTenMinutesNobodyIsAccusedOfSilence) {
  ping("a");
  ping("b");
  ASSERT_TRUE(step().ok());
  source_.fail_with(Status::of(Fault::retry, "no answer from Kafka"));
  for (int minute = 0; minute < 10; ++minute) {
    pass_minute();
    ping("a");  // they go on, into the log of a broker that we don't reach
    ping("b");
    EXPECT_EQ(runner_->step().fault, Fault::retry);
  }
  EXPECT_TRUE(sink_.written.empty());
  source_.fail_with({});
  ASSERT_TRUE(step().ok());
  EXPECT_TRUE(sink_.written.empty());
  EXPECT_EQ(runner_->account().applied, 22U);
  for (int minute = 0; minute < 7; ++minute, pass_minute()) {  // from now on b is silent
    ping("a");
    ASSERT_TRUE(step().ok());
  }
  ASSERT_EQ(sink_.written.size(), 1U);
  EXPECT_EQ(sink_.written[0].subject_id, "b");
}

// A stage whose topics have different leaders.
TEST_F(BrokerAwayTest, TheTripsBrokerAwayStopsNoSealAndAccusesNone) {
  ping("a");
  ping("b");
  ASSERT_TRUE(step().ok());
  source_.set_fetch(trips, 0, MemorySource::Fetch::away);
  for (int minute = 0; minute < 10; ++minute) {
    pass_minute();
    ping("a");
    ASSERT_TRUE(step().ok());
  }
  EXPECT_EQ(runner_->account().applied, 12U);
  EXPECT_TRUE(sink_.written.empty());
  source_.set_fetch(trips, 0, MemorySource::Fetch::all);
  pass_minute();
  ASSERT_TRUE(step().ok());
  ASSERT_EQ(sink_.written.size(), 1U);  // b was silent while its own broker was there, and now that is told
  EXPECT_EQ(sink_.written[0].subject_id, "b");
}

}  // namespace
}  // namespace vigia
