// `vigia run` with the state of many seals is killed with -9 while 50,000 events a second go on arriving, and started again:
// how long after its start a read_committed reader has the first new alert. And what it costs to publish snapshots for
// others.
//
// The process runs bench/rules.yaml, exactly once. Every seal is on a trip, has a history as long as it stays, and pings in
// turn; one ping in a hundred is an alarm. The same instance comes back, so nobody's session has to time out. Sender, reader
// and broker are on the same processors.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench/alert_reader.h"
#include "bench/bench_broker.h"
#include "bench/bench_setup.h"
#include "bench/kafka_load.h"
#include "bench/scheduled_sender.h"
#include "tests/integration/vigia_process.h"

namespace vigia::bench {
namespace {

constexpr double events_per_s = 50'000;
constexpr std::uint32_t alarm_every = 100;
constexpr std::uint32_t warm_up_rounds = 24;  // of 30 s: as long as a history is kept, and more
constexpr double down_s = 1;
constexpr double patience_s = 600;

// Of the lines of the first stage's tasks, the sum of the numbers before `words`.
double sum_before(const std::string& log, const std::string& words) {
  double sum = 0;
  for (auto at = log.find(words); at != std::string::npos; at = log.find(words, at + 1)) {
    const auto line = log.rfind('\n', at) + 1;
    if (log.substr(line, at - line).find("seal-trip/") == std::string::npos) continue;
    const auto number = log.rfind(' ', at - 1) + 1;
    sum += std::atof(log.substr(number, at - number).c_str());
  }
  return sum;
}

class Scene {
 public:
  // Fills the state, and returns when the process keeps up with what arrives.
  Scene(std::uint32_t seals, const std::string& publish_every)
      : seals_(seals),
        name_(fmt::format("recovery-{}-{}", seals, getpid())),
        directory_(std::filesystem::temp_directory_path() / name_),
        environment_{{"VIGIA_APPLICATION", name_},
                     {"VIGIA_BROKERS", brokers()},
                     {"VIGIA_DELIVERY", "exactly_once"},
                     {"VIGIA_PUBLISH_EVERY", publish_every},
                     {"VIGIA_STATE", (directory_ / "state").string()}} {
    std::filesystem::create_directories(directory_);
    fill();
    start();
    reader_.emplace(name_ + ".alerts");
    wait_until_level();
    sender_.emplace(events_per_s, [this](std::uint64_t n, double) { return next_ping(n); });
    wait_until_level();
  }
  ~Scene() {
    sender_.reset();
    process_.reset();
    reader_.reset();
    std::filesystem::remove_all(directory_);
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  void start() {
    life_begins_ = process_ ? process_->log().size() : 0;
    process_ =
        std::make_unique<test::VigiaProcess>(std::vector<std::string>{"run", "--config", VIGIA_BENCH_DIR "/rules.yaml"},
                                             (directory_ / "log").string(), environment_);
  }
  void kill() { process_->kill_at_once(); }

  // Until what was sent a second ago has had its alerts.
  void wait_until_level() {
    const auto fleet_ms_a_second = ping_every_ms * events_per_s / seals_;
    wait_for("the process does not keep up", [&] {
      const auto last = reader_->last();
      return last && static_cast<double>(sent_ms_ - last->detected_ms) <= fleet_ms_a_second;
    });
  }

  template <class Condition>
  void wait_for(const char* otherwise, Condition condition) {
    const auto give_up_s = wall_seconds() + patience_s;
    while (!condition()) {
      if (!process_->running() || wall_seconds() > give_up_s) {
        fmt::print(stderr, "{}\n{}", otherwise, log());
        std::exit(1);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  [[nodiscard]] std::string log() const { return process_->log().substr(life_begins_); }  // of this life
  [[nodiscard]] const AlertReader& reader() const { return *reader_; }
  [[nodiscard]] double cpu_seconds() const { return process_seconds(process_->pid()); }
  [[nodiscard]] std::string topic(const char* what) const { return name_ + "." + what; }

 private:
  void fill() {
    create_topic(seal_topic_);
    create_topic(trip_topic_);
    const auto share = seals_ / kafka_partitions;
    for (std::int32_t partition = 0; partition < kafka_partitions; ++partition) {
      Fleet& fleet = *fleets_.emplace_back(
          std::make_unique<Fleet>(world().routes, share, static_cast<std::uint32_t>(partition) * share, alarm_every));
      RecordList list;
      fleet.append_trip_starts(list);
      preload(trip_topic_, partition, list);
      for (std::uint32_t round = 0; round < warm_up_rounds; ++round) {
        list.clear();
        fleet.append_round(list);
        preload(seal_topic_, partition, list);
      }
      sent_ms_ = list.records().back().broker_ms;
    }
  }

  OutgoingRecord next_ping(std::uint64_t n) {
    const auto partition = static_cast<std::int32_t>(n % kafka_partitions);
    ping_.clear();
    fleets_[static_cast<std::size_t>(partition)]->append_next(ping_);
    const auto& record = ping_.records().front();
    sent_ms_ = record.broker_ms;
    return {seal_topic_, partition, record.broker_ms, record.key, record.value};
  }

  std::uint32_t seals_;
  std::string name_, seal_topic_ = name_ + ".seal.events", trip_topic_ = name_ + ".trip.events";
  std::filesystem::path directory_;
  std::map<std::string, std::string> environment_;
  std::vector<std::unique_ptr<Fleet>> fleets_;  // by partition
  RecordList ping_;
  std::atomic<TimeMs> sent_ms_ = 0;  // broker time of the last ping
  std::unique_ptr<test::VigiaProcess> process_;
  std::size_t life_begins_ = 0;
  std::optional<AlertReader> reader_;
  std::optional<ScheduledSender> sender_;
};

void sleep_s(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

// Argument: seals.
void killed_to_first_new_alert(benchmark::State& state) {
  const auto seals = static_cast<std::uint32_t>(state.range(0));
  Scene scene(seals, "0s");
  std::vector<double> alert_s, running_s, snapshot_keys, journal_epochs;
  double lives_s = seals < 1'000'000 ? 10 : 60;  // longer than from one snapshot to the next, and never the same
  for (auto _ : state) {
    sleep_s(lives_s += 2.3);
    scene.kill();
    sleep_s(down_s);  // what it sent last has come to the broker
    const auto end = end_of(scene.topic("alerts"), 0);
    const auto begun_ms = now_ms();
    scene.start();
    scene.wait_for("it does not run its partitions",
                   [&] { return scene.log().find("seal-trip: running partitions") != std::string::npos; });
    running_s.push_back((now_ms() - begun_ms) / 1000);
    scene.wait_for("no new alert comes", [&] { return scene.reader().first_from(end).has_value(); });
    alert_s.push_back((scene.reader().first_from(end)->arrived_ms - begun_ms) / 1000);
    state.SetIterationTime(alert_s.back());
    const auto log = scene.log();
    snapshot_keys.push_back(sum_before(log, " keys from the snapshot"));
    journal_epochs.push_back(sum_before(log, " epochs from the journal"));
    if (snapshot_keys.back() != seals) {
      state.SkipWithError("not all seals were in the snapshot");
      fmt::print(stderr, "{}", log);
      break;
    }
    scene.wait_until_level();
  }
  state.counters["first_alert_p50_s"] = median(alert_s);
  state.counters["first_alert_max_s"] = quantile(alert_s, 1);
  state.counters["running_p50_s"] = median(running_s);
  state.counters["journal_epochs_p50"] = median(journal_epochs);
}
BENCHMARK(killed_to_first_new_alert)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(5)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);

// The processor time of half a period in which nothing is published, against that of the half in which all that changed in a
// period is. Arguments: seals, seconds of a period (state.publish_every; the default is 300).
void publishing_of_snapshots(benchmark::State& state) {
  const auto half_s = static_cast<double>(state.range(1)) / 2;
  Scene scene(static_cast<std::uint32_t>(state.range(0)), fmt::format("{}s", state.range(1)));
  for (auto _ : state) {
    scene.kill();
    scene.start();
    const auto begun_s = wall_seconds();
    const auto used_by = [&](double at_s) {
      sleep_s(begun_s + at_s - wall_seconds());
      return scene.cpu_seconds();
    };
    scene.wait_until_level();
    const auto before_s = used_by(half_s), between_s = used_by(2 * half_s), after_s = used_by(3 * half_s);
    const auto without_s = between_s - before_s, with_s = after_s - between_s;
    std::int64_t records = 0;
    for (std::int32_t partition = 0; partition < kafka_partitions; ++partition)
      records += end_of(scene.topic("snapshots"), partition);
    state.SetIterationTime(with_s);
    state.counters["published_records"] = static_cast<double>(records);
    state.counters["processors_without"] = without_s / half_s;
    state.counters["processors_with"] = with_s / half_s;
    state.counters["share"] = (with_s - without_s) / (with_s + without_s);
  }
}
BENCHMARK(publishing_of_snapshots)
    ->Args({100'000, 300})
    ->Args({1'000'000, 300})
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace vigia::bench

int main(int argc, char** argv) { return vigia::bench::run_with_broker(argc, argv); }
