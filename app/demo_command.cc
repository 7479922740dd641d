#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <numeric>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include "app/command.h"
#include "app/demo_broker.h"
#include "app/demo_screen.h"
#include "app/demo_setup.h"
#include "app/demo_summary.h"
#include "app/ground_truth.h"
#include "app/stage_service.h"
#include "app/stop_signal.h"
#include "connectors/event_output.h"
#include "connectors/simulated_site.h"
#include "operators/signal_stage.h"

namespace vigia {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr double drain_s = 60;  // at most, for the engine to catch up once the day is over
constexpr double quiet_s = 3;   // so long nothing new is told when all is
constexpr auto draw_every = milliseconds(200);

struct DemoArguments {
  std::string directory;
  std::string site;
  std::uint32_t trucks = 300;
  std::uint64_t seed = 1;
  double seconds = 55;
};

int complain(std::string_view text) {
  fmt::print(stderr, "vigia demo: {}\n", text);
  return exit_failed;
}

// The demo under way: the simulator in one thread, the engine in another, the screen in this one.
class Demo {
 public:
  Demo(const DemoArguments& arguments, const LoadedStage& loaded, std::vector<SimulatedRoute> routes,
       std::filesystem::path directory)
      : arguments_(arguments), loaded_(loaded), directory_(std::move(directory)), screen_(loaded.pipeline.timezone) {
    correlated_ = !needs_signal_stage(loaded.stage);
    options_.seed = arguments.seed;
    options_.trucks = arguments.trucks;
    options_.exempt = [site = loaded.stage.site](LatLon place) { return is_exempt(*site, place); };
    adopt_limits(loaded.pipeline.rules, options_);
    simulator_ = std::make_unique<Simulator>(options_, std::move(routes), loaded_.stage.site->equipment);
  }

  Status run(DemoOutcome& outcome) {
    started_ = steady_clock::now();
    Status sending;
    std::thread sender([&] {
      sending = send();
      sent_all_ = true;
    });
    ServiceResult result;
    std::thread engine([&] {
      result = run_engine();
      engine_done_ = true;
    });
    while (!engine_done_) {
      screen_.draw(progress());
      std::this_thread::sleep_for(draw_every);
    }
    give_up_ = true;
    sender.join();
    engine.join();
    screen_.draw(progress());
    screen_.finish();
    outcome.account = result.account;
    outcome.sent = sent_;
    outcome.seconds = elapsed_s();
    outcome.complete = result.account.decoded + result.account.unreadable >= sent_;
    outcome.truth = simulator_->ground_truth();
    return sending.ok() ? result.status : sending;
  }

 private:
  [[nodiscard]] double elapsed_s() const { return duration<double>(steady_clock::now() - started_).count(); }

  Status send() {
    std::unique_ptr<EventOutput> kafka;
    std::unique_ptr<EventOutput> recording;
    if (Status status = open_kafka_output(loaded_.pipeline, false, 1, kafka); !status.ok()) return status;
    const std::string path = (directory_ / "events.jsonl").string();
    if (Status status = open_recording(path, loaded_.pipeline, recording); !status.ok()) return status;
    const double speed = static_cast<double>(options_.duration_ms) / (arguments_.seconds * 1000);
    SimulatedEvent event;
    while (!give_up_ && !stop_requested() && simulator_->next(event)) {
      const double due_ms = static_cast<double>(event.broker_ms - options_.start_ms) / speed;
      std::this_thread::sleep_until(started_ +
                                    duration_cast<steady_clock::duration>(duration<double, std::milli>(due_ms)));
      if (Status status = kafka->write(event); !status.ok()) return status;
      if (Status status = recording->write(event); !status.ok()) return status;
      simulated_ms_ = event.broker_ms;
      ++sent_;
    }
    Status status = recording->finish();
    return status.ok() ? kafka->finish() : status;
  }

  ServiceResult run_engine() {
    ServiceHooks hooks;
    hooks.alert = [this](const Alert& alert) {
      screen_.alert(alert);
      busy_s_ = elapsed_s();
    };
    hooks.tick = [this](std::size_t stage, const EpochRunner& runner) {
      const Account account = runner.account();
      processed_.at(stage) = account.decoded + account.unreadable;
      if (!is_judged()) busy_s_ = elapsed_s();
    };
    // Behind the first stages the incidents are still to come.
    hooks.signal_tick = [this](const EpochRunner& runner) {
      correlated_ = runner.task_count() == demo_partitions && runner.lag() == 0;
      if (!correlated_) busy_s_ = elapsed_s();
    };
    hooks.stop = [this] {
      return (is_judged() && correlated_ && elapsed_s() > busy_s_ + quiet_s) ||
             elapsed_s() > arguments_.seconds + drain_s;
    };
    return run_service(loaded_, std::max(1U, std::thread::hardware_concurrency()), hooks);
  }

  [[nodiscard]] bool is_judged() const { return sent_all_ && processed() >= sent_; }
  [[nodiscard]] std::uint64_t processed() const {
    return std::accumulate(processed_.begin(), processed_.end(), std::uint64_t{0});
  }
  [[nodiscard]] DemoProgress progress() const {
    DemoProgress now;
    now.share = std::min(1.0, elapsed_s() / arguments_.seconds);
    now.clock_ms = simulated_ms_;
    now.sent = sent_;
    now.processed = processed();
    return now;
  }

  const DemoArguments& arguments_;
  const LoadedStage& loaded_;
  std::filesystem::path directory_;
  DemoScreen screen_;
  SimulatorOptions options_;
  std::unique_ptr<Simulator> simulator_;
  steady_clock::time_point started_;
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<double> busy_s_ = 0;                            // when something was judged or told last
  std::array<std::atomic<std::uint64_t>, 4> processed_ = {};  // by first stage
  std::atomic<TimeMs> simulated_ms_ = 0;
  std::atomic<bool> correlated_ = false;  // nothing waits before the stage of signals
  std::atomic<bool> sent_all_ = false, engine_done_ = false, give_up_ = false;
};

void log_to_file(const std::filesystem::path& path) {
  try {
    spdlog::set_default_logger(spdlog::basic_logger_mt("vigia", path.string()));
  } catch (const spdlog::spdlog_ex&) {
    spdlog::set_level(spdlog::level::off);  // a demo without a log is still a demo
  }
}

// The demo's directory goes again unless the demo has begun: it was new or empty.
class Unfinished {
 public:
  explicit Unfinished(const std::filesystem::path& directory) : directory_(directory) {}
  ~Unfinished() {
    std::error_code ignored;
    if (!has_begun_) std::filesystem::remove_all(directory_, ignored);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  void begin() { has_begun_ = true; }

 private:
  const std::filesystem::path& directory_;
  bool has_begun_ = false;
};

int run_demo(const DemoArguments& arguments) {
  DemoFiles files;
  if (const Status status = find_demo_files(arguments.site, files); !status.ok()) return complain(status.text);
  DemoOutcome outcome;
  if (const Status status = make_demo_directory(arguments.directory, outcome.directory); !status.ok())
    return complain(status.text);
  Unfinished unfinished(outcome.directory);
  log_to_file(outcome.directory / "engine.log");
  watch_stop_signals();

  DemoBroker broker;
  Status status = broker.start({{"seal.events", demo_partitions},
                                {"trip.events", demo_partitions},
                                {"access.events", demo_partitions},
                                {"camera.events", demo_partitions},
                                {"vigia.signals", demo_partitions},
                                {"vigia.alerts", demo_partitions},
                                {"vigia.alerts.state", demo_partitions},
                                {"vigia.dead-letters", 1},
                                {"vigia.too-late", 1},
                                {"demo.triage", demo_partitions},
                                {"demo.journal", demo_partitions},
                                {"demo.configurations", 1}});
  if (!status.ok()) return complain(status.text);
  status = write_demo_pipeline(outcome.directory, files, broker.brokers(), outcome.pipeline);
  if (!status.ok()) return complain(status.text);
  const auto loaded = load_stage(outcome.pipeline);
  if (!loaded) return exit_configuration;
  std::vector<SimulatedRoute> routes;
  status = load_simulated_routes(loaded->pipeline.site_files, *loaded->stage.site, routes);
  if (!status.ok()) return complain(status.text);
  unfinished.begin();

  fmt::print("vigia demo: a made-up day of {} trucks on {} Ecuadorian routes, in about {:.0f} s.\n", arguments.trucks,
             routes.size(), arguments.seconds);
  fmt::print("The Kafka broker at {} is librdkafka's mock cluster in a process of its own: for demonstration only.\n",
             broker.brokers());
  if (!files.port.empty()) fmt::print("The yard of Guayaquil's port has doors and cameras, and a bad night.\n");
  fmt::print("\"raised?\" is provisional: raised by the clock alone, until the truck is heard again.\n\n");
  std::fflush(stdout);
  Demo demo(arguments, *loaded, std::move(routes), outcome.directory);
  if (status = demo.run(outcome); !status.ok()) return complain(status.text);
  if (!write_ground_truth((outcome.directory / "truth.jsonl").string(), outcome.truth)) {
    return complain("the ground truth could not be written");
  }
  if (status = print_demo_summary(outcome); !status.ok()) return complain(status.text);
  return exit_good;
}

}  // namespace

void add_demo_command(CLI::App& cli, int& exit_code) {
  auto arguments = std::make_shared<DemoArguments>();
  CLI::App* command = cli.add_subcommand("demo", "a made-up day in a minute, with its own Kafka broker");
  command->footer(
      "Some hundred trucks, their stops, detours, tampered seals and radio holes; the engine reads them from a Kafka\n"
      "broker in memory and raises, corrects and withdraws alerts, which are then held against what really happened.\n"
      "Ends by itself and keeps its data.\n\n"
      "Examples:\n"
      "  vigia demo\n"
      "  vigia demo --trucks 100 --seed 7 --directory /tmp/vigia-demo");
  command->add_option("--trucks", arguments->trucks, "how many trucks")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "another seed, another day")
      ->check(not_negative())
      ->capture_default_str();
  command->add_option("--seconds", arguments->seconds, "how long the day lasts")
      ->check(CLI::Range(5.0, 600.0))
      ->capture_default_str();
  command->add_option("--directory", arguments->directory,
                      "where the data go; vigia-demo in this directory when not given");
  command->add_option(
      "--site", arguments->site,
      "the directory with zones.geojson, routes.geojson and, for doors and cameras, port.yaml; config/site when "
      "not given");
  command->callback([arguments, &exit_code] { exit_code = run_demo(*arguments); });
}

}  // namespace vigia
