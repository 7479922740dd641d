// One round of the long form: a random setting, random faults one after another, one judgement. scripts/chaos repeats it
// with other seeds until its time is over; a seed gives the same setting, the same load and the same faults again, though
// not at the same moments.
#include <fmt/format.h>

#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "chaos_test.h"

namespace vigia::test {
namespace {

class LongTest : public ChaosTest {
 protected:
  struct Fault {
    const char* name;
    std::function<void()> happen;
  };

  // What can happen to anything at any time. Everything passes, or is mended by what follows.
  std::vector<Fault> faults() {
    return {
        {"an engine is killed", [this] { any_engine().kill(); }},
        {"an engine is killed and starts again",
         [this] {
           Instance& victim = any_engine();
           victim.kill();
           victim.start();
         }},
        {"an engine leaves", [this] { leave(any_engine()); }},
        {"an engine freezes",
         [this] {
           Instance& sleeper = any_engine();
           sleeper.freeze();
           let_pass(a_while());
           sleeper.thaw();
         }},
        {"an engine dies at a kill point", [this] { die_at_a_point(any_engine()); }},
        {"the broker is killed",
         [this] {
           outside().kill();
           let_pass(a_while());
           outside().restart();
         }},
        {"the broker freezes",
         [this] {
           outside().freeze();
           let_pass(a_while());
           outside().thaw();
         }},
        {"connections are cut", [this] { outside().proxy().cut_now(); }},
        {"the network is slow", [this] { under({.delay_ms = dice().between(1, 300)}); }},
        {"the network is narrow", [this] { under({.bytes_per_s = dice().between(5'000, 50'000)}); }},
        {"the broker can't be reached", [this] { under({.closed = true}); }},
        {"the network holds everything", [this] { under({.held = true}); }},
        {"answers do not come", [this] { under({.drops_answers = true}); }},
        {"an answer is lost", [this] { lose_an_answer(); }},
        {"poison comes", [this] { poison(); }},
    };
  }

  Instance& any_engine() { return engine(dice().roll(engines().size())); }

  std::chrono::milliseconds a_while() { return std::chrono::milliseconds(dice().between(100, 8'000)); }

  void leave(Instance& engine) {
    if (!engine.running()) return;
    (void)wait_until([&] { return !engine.log_of_this_life().empty(); });  // before that nobody hears the signal
    EXPECT_EQ(engine.stop(), 0) << engine.log_of_this_life();
  }

  void die_at_a_point(Instance& engine) {
    const std::vector<std::string> points{"state_applied", "begun",     "journal_produced", "produced",
                                          "offsets_sent",  "committed", "snapshot_begun",   "snapshot_written"};
    engine.kill();
    engine.start(
        {{"VIGIA_KILL_POINT", fmt::format("{}:{}", points[dice().roll(points.size())], dice().between(1, 9))}});
    // It may have no partition and never come there; and it is not to die of it later.
    if (!wait_until([&] { return !engine.running(); }, std::chrono::seconds(5))) engine.kill();
  }

  void under(const ProxyRules& rules) {
    outside().proxy().set(rules);
    let_pass(a_while());
    outside().proxy().pass();
  }

  void lose_an_answer() {
    const std::vector<KafkaApi> apis{KafkaApi::produce,
                                     KafkaApi::fetch,
                                     KafkaApi::find_coordinator,
                                     KafkaApi::join_group,
                                     KafkaApi::sync_group,
                                     KafkaApi::heartbeat,
                                     KafkaApi::init_producer_id,
                                     KafkaApi::add_partitions_to_txn,
                                     KafkaApi::add_offsets_to_txn,
                                     KafkaApi::end_txn,
                                     KafkaApi::txn_offset_commit};
    outside().proxy().lose_answers(apis[dice().roll(apis.size())], dice().between(1, 3), dice().one_in(2));
    let_pass(a_while());
    outside().proxy().pass();
  }

  void poison() {
    for (int i = dice().between(1, 5); i > 0; --i) {
      const std::string value = dice().one_in(5) ? std::string(10'000'000, 'x') : std::string(dice().roll(9), '{');
      kafka().produce(topic(dice().one_in(2) ? "seals" : "trips"), {{.key = fmt::format("{}-{}", poison_key, poison_++),
                                                                     .value = value,
                                                                     .headers = {},
                                                                     .timestamp_ms = feeder().now_ms()}});
    }
  }

  // Nothing that happens here is a reason to end.
  void start_what_is_down() {
    for (const auto& engine : engines()) {
      if (!engine->running()) engine->start();
    }
  }

  int poison_ = 0;
};

TEST_F(LongTest, Round) {
  RunSetting setting;
  setting.partitions = dice().between(1, 5);
  setting.instances = setting.started = dice().between(1, 3);
  setting.seals = dice().between(10, 80);
  setting.ticks_a_second = dice().between(5, 40);
  std::cout << fmt::format("{} partitions, {} engines, {} seals", setting.partitions, setting.instances, setting.seals)
            << std::endl;
  begin(setting);
  const auto all = faults();
  for (int left = dice().between(4, 12); left > 0; --left) {
    ASSERT_TRUE(progress(1 + dice().roll(50))) << engine().log_of_this_life();
    const Fault& fault = all[dice().roll(all.size())];
    std::cout << "  " << fault.name << std::endl;
    fault.happen();
    start_what_is_down();
  }
  judge();
}

}  // namespace
}  // namespace vigia::test
