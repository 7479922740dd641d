// gtest fixture of a chaos run: a load that goes on, a watcher that reads the alerts, engines that things happen to, and
// at the end one judgement: nothing lost, nothing twice, nothing out of turn, nothing that a replay would not say.
//
// Seeds are drawn and printed; VIGIA_CHAOS_SEED gives one. What a failed run leaves behind is kept, and its place printed.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chaos_broker.h"
#include "feeder.h"
#include "instance.h"
#include "oracle.h"
#include "tests/connectors/temp_directory.h"
#include "tests/integration/wait_until.h"
#include "watcher.h"

namespace vigia::test {

struct RunSetting {
  std::int32_t partitions = 2;
  int seals = 40;
  int instances = 1;
  int started = 1;  // of them at the beginning
  int ticks_a_second = 20;
  int standby = 0;  // copies of each task
};

class ChaosTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Makes topics, pipeline files, the load and the watcher; starts the instances.
  void begin(const RunSetting& setting = {});
  // Heals what is broken, starts what is down, sends the end of the load, waits until the alerts are those of a replay,
  // stops the engines and judges. Records that make no sense must have come out as dead letters, each once.
  void judge();

  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  [[nodiscard]] Dice& dice() { return *dice_; }
  [[nodiscard]] ChaosBroker& outside() { return ChaosBroker::shared(); }
  [[nodiscard]] KafkaTestClient& kafka() { return *kafka_; }  // straight to the broker
  [[nodiscard]] Feeder& feeder() { return *feeder_; }
  [[nodiscard]] Instance& engine(std::size_t i = 0) { return *engines_[i]; }
  [[nodiscard]] std::vector<std::unique_ptr<Instance>>& engines() { return engines_; }

  [[nodiscard]] const Watcher& watcher() const { return *watcher_; }

  // More alerts have come than `count` since the call; false: not in time.
  [[nodiscard]] bool progress(std::size_t count = 10, std::chrono::steady_clock::duration limit = patience);
  [[nodiscard]] std::int64_t committed();  // records of the input that the group has committed

  [[nodiscard]] const std::string& application() const { return application_; }
  [[nodiscard]] std::string topic(const std::string& name) const { return application_ + "." + name; }

  TempDirectory directory_;

 private:
  void write_site();
  [[nodiscard]] std::string write_pipeline(const std::string& instance, int standby);
  void write_alerts(const TopicLog& seen);
  void wait_for_the_replayed(const Replayed& replayed);
  [[nodiscard]] AccountSum stop_engines();
  [[nodiscard]] bool runs_all(const Instance& engine) const;
  void judge_account(const Replayed& replayed, const AccountSum& account);
  void keep_what_is_left();

  std::uint64_t seed_ = 0;
  std::optional<Dice> dice_;
  RunSetting setting_;
  std::string application_;
  std::unique_ptr<KafkaTestClient> kafka_;
  std::vector<std::unique_ptr<Instance>> engines_;
  std::unique_ptr<Watcher> watcher_;
  std::unique_ptr<Feeder> feeder_;
};

}  // namespace vigia::test
