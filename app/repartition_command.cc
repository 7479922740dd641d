#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "app/command.h"
#include "app/repartition.h"
#include "app/stop_signal.h"

namespace vigia {
namespace {

struct RepartitionArguments {
  std::string config;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
};

int run_repartition(const RepartitionArguments& arguments) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("vigia"));
  const auto loaded = load_stage(arguments.config);
  if (!loaded) return exit_configuration;
  watch_stop_signals();
  const RepartitionResult result = repartition(*loaded, arguments.threads);
  if (!result.status.ok()) {
    fmt::print(stderr, "vigia repartition: {}\n", result.status.text);
    return exit_code_of(result.status.fault);
  }
  if (result.keys == 0 && result.before == result.after)
    fmt::print(stderr, "vigia repartition: what an earlier run had dealt out to {} partitions is in its place now\n",
               result.after);
  else
    fmt::print(
        stderr,
        "vigia repartition: from {} to {} partitions: {} keys, {} of them moved; {} alert revisions came of what "
        "was left to read\n",
        result.before, result.after, result.keys, result.moved, result.revisions);
  return exit_good;
}

}  // namespace

void add_repartition_command(CLI::App& cli, int& exit_code) {
  auto arguments = std::make_shared<RepartitionArguments>();
  CLI::App* command = cli.add_subcommand("repartition", "deal the state out anew when the topics have more partitions");
  command->footer(
      "Stop all instances, enlarge the topics of seals and trips alike, wait until the producers know it\n"
      "(metadata.max.age.ms, five minutes), and run this once, best where the engine ran. What is left in the old\n"
      "partitions is read first, and its alerts are published; then each key goes to the partition where its records\n"
      "lie from now on. It may be broken off and run again.\n\n"
      "Example:\n"
      "  vigia repartition --config config/customs.yaml\n\n"
      "Exit: 0; 1 when it can't be done, with what to do; 2 when the configuration is invalid,\n"
      "or another one than the application runs by; 3 another process runs as this instance.");
  command->add_option("--config", arguments->config, "the pipeline, a YAML file")->required();
  command->add_option("--threads", arguments->threads, "threads for what is left to read")
      ->check(CLI::Range(1, 1024))
      ->default_str("one a core");
  command->callback([arguments, &exit_code] { exit_code = run_repartition(*arguments); });
}

}  // namespace vigia
