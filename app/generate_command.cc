#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "app/command.h"
#include "app/ground_truth.h"
#include "app/pace.h"
#include "app/progress_bar.h"
#include "app/stop_signal.h"
#include "app/time_text.h"
#include "connectors/event_output.h"
#include "connectors/quantity.h"
#include "connectors/simulated_site.h"

namespace vigia {
namespace {

struct GenerateArguments {
  std::string config;
  std::string output;
  bool to_kafka = false;
  bool create_topics = false;
  std::int32_t partitions = 4;
  std::string truth;
  std::uint64_t seed = 1;
  std::uint32_t seals = 200;
  std::uint32_t trips = 0;
  std::string duration = "24h";
  std::string ping = "30s";
  std::string start;
  double holes_per_hour = SimulatedHabits{}.holes_per_hour;
  double rate_per_s = 0;
};

int complain(int code, std::string_view text) {
  fmt::print(stderr, "vigia generate: {}\n", text);
  return code;
}

// Empty: good.
std::string read_options(const GenerateArguments& arguments, const Pipeline& pipeline, SimulatorOptions& options) {
  options.seed = arguments.seed;
  options.trucks = arguments.seals;
  options.trips_per_truck = arguments.trips;
  options.habits.holes_per_hour = arguments.holes_per_hour;
  const auto duration_ms = parse_duration(arguments.duration);
  const auto ping_ms = parse_duration(arguments.ping);
  if (!duration_ms || *duration_ms <= 0)
    return fmt::format("--duration is {}, expected a duration such as 24h", arguments.duration);
  if (!ping_ms || *ping_ms < 1000)
    return fmt::format("--ping is {}, expected a duration of 1s or more", arguments.ping);
  options.duration_ms = *duration_ms;
  options.ping_every_ms = *ping_ms;
  if (arguments.start == "now") {
    options.start_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
  } else if (!arguments.start.empty()) {
    const auto start_ms = parse_time(arguments.start, pipeline.timezone);
    if (!start_ms)
      return fmt::format("--start is {}, expected now, a time such as 2026-03-04T06:00 or ms since 1970",
                         arguments.start);
    options.start_ms = *start_ms;
  }
  adopt_limits(pipeline.rules, options);
  return {};
}

Status send_all(Simulator& simulator, const SimulatorOptions& options, Pace pace, EventOutput& output,
                std::uint64_t& sent) {
  ProgressBar bar(static_cast<std::uint64_t>(options.duration_ms));
  SimulatedEvent event;
  while (simulator.next(event) && pace.wait(sent, event.broker_ms)) {
    if (Status status = output.write(event); !status.ok()) return status;
    if (++sent % 1024 == 0) {
      bar.show(static_cast<std::uint64_t>(std::max<TimeMs>(0, event.broker_ms - options.start_ms)),
               fmt::format("{} events", sent));
    }
  }
  return output.finish();
}

bool has_sites(const Pipeline& pipeline) {
  return std::ranges::all_of(std::array{StreamId::access, StreamId::camera}, [&](StreamId stream) {
    return std::ranges::find(pipeline.sources, stream, &SourceSpec::stream) != pipeline.sources.end();
  });
}

int run_generate(const GenerateArguments& arguments) {
  const LoadedPipeline loaded = load_pipeline(arguments.config);
  if (!loaded.ok()) {
    fmt::print(stderr, "{}", format_errors(loaded.errors));
    return exit_configuration;
  }
  if (arguments.to_kafka == !arguments.output.empty()) {
    return complain(exit_configuration, "expected exactly one of --output and --kafka");
  }
  SimulatorOptions options;
  if (const std::string error = read_options(arguments, loaded.pipeline, options); !error.empty()) {
    return complain(exit_configuration, error);
  }
  std::vector<SimulatedRoute> routes;
  if (const Status status = load_simulated_routes(loaded.pipeline.site_files, loaded.site, routes); !status.ok()) {
    return complain(exit_configuration, status.text);
  }
  options.exempt = [&](LatLon place) { return is_exempt(loaded.site, place); };
  watch_stop_signals();
  std::unique_ptr<EventOutput> output;
  const Status opened =
      arguments.to_kafka ? open_kafka_output(loaded.pipeline, arguments.create_topics || loaded.pipeline.create_topics,
                                             arguments.partitions, output)
                         : open_recording(arguments.output, loaded.pipeline, output);
  if (!opened.ok()) return complain(exit_failed, opened.text);

  Simulator simulator(options, std::move(routes), has_sites(loaded.pipeline) ? loaded.site.equipment : Equipment());
  std::uint64_t sent = 0;
  const Pace pace(arguments.rate_per_s, arguments.to_kafka && arguments.start == "now", real_pace_clock());
  if (const Status status = send_all(simulator, options, pace, *output, sent); !status.ok()) {
    return complain(exit_failed, status.text);
  }
  fmt::print(stderr, "{} events of {} seals; {} things happened that a rule should find\n", sent, options.trucks,
             simulator.ground_truth().size());
  if (arguments.truth.empty()) return exit_good;
  if (!write_ground_truth(arguments.truth, simulator.ground_truth())) {
    return complain(exit_failed, fmt::format("{}: {}", arguments.truth, std::strerror(errno)));
  }
  return exit_good;
}

}  // namespace

void add_generate_command(CLI::App& cli, int& exit_code) {
  auto arguments = std::make_shared<GenerateArguments>();
  CLI::App* command =
      cli.add_subcommand("generate", "make up trucks, seals and their radio coverage on the pipeline's routes");
  command->footer(
      "The same options give the same events. Trips run along the LineStrings of the pipeline's site files; the topics "
      "are\n"
      "those of its first sources of the streams seal and trip. The ground truth (JSON lines: kind, subject_id, "
      "trip_id,\n"
      "start_ms, end_ms) comes from the script of each truck, not from the engine.\n\n"
      "Examples:\n"
      "  vigia generate --config config/customs.yaml --seals 100 --output day.jsonl --truth truth.jsonl\n"
      "  vigia generate --config config/customs.yaml --kafka --create-topics --start now\n"
      "  vigia generate --config config/customs.yaml --kafka --create-topics --rate 5000\n\n"
      "The first writes a recording. The second goes with the wall clock: each event is sent when its time has come. "
      "The\n"
      "third sends a day of the past, 5000 events a second.\n\n"
      "Exit: 0; 1 when the output failed; 2 when the configuration is invalid.");
  command->add_option("--config", arguments->config, "the pipeline, a YAML file")->required();
  command->add_option("--output", arguments->output, "a recording for `vigia replay`, - for standard output");
  command->add_flag("--kafka", arguments->to_kafka, "to the pipeline's brokers instead, with the simulated times");
  command->add_flag("--create-topics", arguments->create_topics, "create the topics when they are missing");
  command->add_option("--partitions", arguments->partitions, "of topics that are created")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--truth", arguments->truth, "where the ground truth goes");
  command->add_option("--seed", arguments->seed, "another seed, another day")
      ->check(not_negative())
      ->capture_default_str();
  command->add_option("--seals", arguments->seals, "trucks, each with its seal")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command->add_option("--trips", arguments->trips, "trips of each seal at most; 0: as many as fit")
      ->check(not_negative())
      ->capture_default_str();
  command->add_option("--duration", arguments->duration, "of the simulated time")->capture_default_str();
  command
      ->add_option("--start", arguments->start,
                   "of the simulated time: now (with --kafka no event goes before its time), "
                   "2026-03-04T06:00 or ms since 1970")
      ->default_str("midnight of 2026-03-04 in Guayaquil");
  command->add_option("--ping", arguments->ping, "between two messages of a seal")->capture_default_str();
  command->add_option("--holes-per-hour", arguments->holes_per_hour, "how often a truck loses coverage")
      ->check(CLI::Range(0.0, 10.0))
      ->capture_default_str();
  command->add_option("--rate", arguments->rate_per_s, "events per second at most; 0: no such limit")
      ->check(not_negative())
      ->capture_default_str();
  command->callback([arguments, &exit_code] { exit_code = run_generate(*arguments); });
}

}  // namespace vigia
