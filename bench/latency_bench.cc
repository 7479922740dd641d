// From an event to its committed alert, with a real broker on the same machine: how long after the time at which the event
// was to be sent a read_committed reader has the alert. Sending keeps to its schedule, so an event that had to wait
// because the engine or the broker was slow counts from when it should have gone (no coordinated omission). All samples are
// kept, so the quantiles are exact.
//
// One event in a hundred is an alarm. Arguments: 1: exactly_once, 0: at_least_once; events a second.
#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/stage_service.h"
#include "bench/bench_setup.h"
#include "bench/kafka_load.h"
#include "connectors/kafka_client.h"
#include "schemas/alert_generated.h"
#include "schemas/seal_event_generated.h"
#include "tests/integration/broker.h"

namespace vigia::bench {
namespace {

constexpr int seconds = 20;
constexpr int warm_up_s = 30;  // the broker is Java: what runs rarely is compiled late
constexpr int alarm_every = 100;
constexpr int seals = 1000;

std::string brokers;

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void require(const Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "{}\n", status.text);
  std::exit(1);
}

// Each event's device time is the time at which it is to be sent: that of its alert is the same.
void send_on_schedule(const std::string& topic, double per_s, const std::atomic<bool>& stop) {
  KafkaClient client;
  KafkaClientOptions options;
  options.brokers = brokers;
  options.defaults = {{"linger.ms", "0.5"}, {"partitioner", "murmur2_random"}};
  require(client.open(RD_KAFKA_PRODUCER, options));
  flatbuffers::FlatBufferBuilder builder;
  const double begin_ms = now_ms();
  std::vector<std::uint32_t> sequence(seals, 0);
  for (std::uint64_t sent = 0; !stop; ++sent) {
    const double due_ms = begin_ms + static_cast<double>(sent) / per_s * 1000;
    while (now_ms() < due_ms) {
      rd_kafka_poll(client.handle(), 0);
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    const auto seal = static_cast<int>(sent % seals);
    const std::string id = fmt::format("S-{:05}", seal);
    // Every seal's n-th event is an alarm, at another n for each.
    const bool alarm = (sent / seals + static_cast<std::uint64_t>(seal)) % alarm_every == 0;
    builder.Clear();
    const auto name = builder.CreateString(id);
    schema::SealEventBuilder event(builder);
    event.add_seal_id(name);
    event.add_device_time_ms(static_cast<TimeMs>(due_ms));
    event.add_sequence(++sequence[static_cast<std::size_t>(seal)]);
    event.add_lock(alarm ? schema::Lock::tampered : schema::Lock::closed);
    builder.Finish(event.Finish(), schema::SealEventIdentifier());
    rd_kafka_producev(client.handle(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_KEY(id.data(), id.size()),
                      RD_KAFKA_V_VALUE(builder.GetBufferPointer(), builder.GetSize()),
                      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
  }
  rd_kafka_flush(client.handle(), 5'000);
}

// Milliseconds from an event's time to its alert's arrival here.
std::vector<double> read_alerts(const std::string& topic, double from_ms, const std::atomic<bool>& stop) {
  KafkaClient client;
  KafkaClientOptions options;
  options.brokers = brokers;
  options.defaults = {{"group.id", "latency"},
                      {"isolation.level", "read_committed"},
                      {"auto.offset.reset", "earliest"},
                      {"fetch.wait.max.ms", "100"}};
  require(client.open(RD_KAFKA_CONSUMER, options));
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(client.handle(), list);
  rd_kafka_topic_partition_list_destroy(list);
  std::vector<double> waits_ms;
  while (!stop) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client.handle(), 100);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const auto* alert = flatbuffers::GetRoot<schema::Alert>(message->payload);
      const auto start_ms = static_cast<double>(alert->start_ms());
      if (start_ms >= from_ms) waits_ms.push_back(now_ms() - start_ms);
    }
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(client.handle());
  return waits_ms;
}

void event_to_committed_alert(benchmark::State& state) {
  const auto delivery = state.range(0) == 1 ? Delivery::exactly_once : Delivery::at_least_once;
  const auto per_s = static_cast<double>(state.range(1));
  const std::string name = fmt::format("latency-{}-{}-{}", state.range(0), state.range(1), getpid());
  create_topic(brokers, name + ".seal");
  create_topic(brokers, name + ".trip");
  auto loaded = load_stage(VIGIA_BENCH_DIR "/rules.yaml");
  if (!loaded) std::exit(1);
  const auto directory = std::filesystem::temp_directory_path() / name;
  loaded->pipeline.brokers = brokers;
  loaded->pipeline.application = name;
  loaded->pipeline.delivery = delivery;
  loaded->pipeline.clock = ClockMode::wall;
  loaded->pipeline.state_directory = directory.string();
  loaded->pipeline.outputs.alerts = name + ".alerts";
  loaded->pipeline.outputs.journal = name + ".journal";
  loaded->pipeline.outputs.snapshots = name + ".snapshots";
  loaded->topics = {name + ".seal", name + ".trip"};
  loaded->stage.sources[0].topic = loaded->topics[0];
  loaded->stage.sources[1].topic = loaded->topics[1];
  for (auto& rule : loaded->stage.rules) {
    if (rule.kind == "seal_tampered") rule.scope = Scope::always;
  }
  for (auto _ : state) {
    std::atomic<bool> stop_sending = false, stop = false;
    std::vector<double> waits_ms;
    std::thread engine([&] {
      ServiceHooks hooks;
      hooks.stop = [&] { return stop.load(); };
      require(run_service(*loaded, 2, hooks).status);
    });
    std::thread sender([&] { send_on_schedule(loaded->topics[0], per_s, stop_sending); });
    std::thread reader([&] { waits_ms = read_alerts(name + ".alerts", now_ms() + warm_up_s * 1000.0, stop); });
    std::this_thread::sleep_for(std::chrono::seconds(warm_up_s + seconds));
    stop_sending = true;
    sender.join();
    std::this_thread::sleep_for(std::chrono::seconds(1));
    stop = true;
    engine.join();
    reader.join();
    state.SetIterationTime(seconds);
    state.counters["alerts"] = static_cast<double>(waits_ms.size());
    state.counters["p50_ms"] = quantile(waits_ms, 0.5);
    state.counters["p99_ms"] = quantile(waits_ms, 0.99);
    state.counters["max_ms"] = quantile(waits_ms, 1);
  }
  std::filesystem::remove_all(directory);
}
BENCHMARK(event_to_committed_alert)
    ->Args({1, 50'000})
    ->Args({0, 50'000})
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace vigia::bench

int main(int argc, char** argv) {
  using vigia::bench::brokers;
  benchmark::Initialize(&argc, argv);
  spdlog::set_level(spdlog::level::err);
  vigia::test::Broker broker;
  if (const char* running = std::getenv("VIGIA_TEST_BROKER")) {
    brokers = running;
  } else {
    setenv("VIGIA_KAFKA_JAVA", "-XX:+UseParallelGC", 0);
    setenv("VIGIA_KAFKA_HEAP", "1g", 0);
    if (const auto status = broker.start(); !status.ok()) {
      fmt::print(stderr, "no broker: {}\n", status.text);
      return 1;
    }
    brokers = broker.bootstrap();
  }
  benchmark::RunSpecifiedBenchmarks();
}
