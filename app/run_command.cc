#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "app/account_text.h"
#include "app/command.h"
#include "app/reload_signal.h"
#include "app/stage_loading.h"
#include "app/stage_service.h"
#include "app/stop_signal.h"

namespace vigia {
namespace {

struct RunArguments {
  std::string config;
  std::string log_level = "info";
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
};

int run_run(const RunArguments& arguments) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("vigia"));
  spdlog::set_level(spdlog::level::from_str(arguments.log_level));
  watch_stop_signals();  // before anything that takes time: one that comes early is to be heard, too
  watch_reload_signal();
  const auto loaded = load_stage(arguments.config);
  if (!loaded) return exit_configuration;
  const ServiceResult result = run_service(*loaded, arguments.threads, {});
  fmt::print(stderr, "{}\n", summary_json(result.account, result.revisions, result.unlisted));
  if (!result.status.ok()) spdlog::error("{}", result.status.text);
  return exit_code_of(result.status.fault);
}

}  // namespace

void add_run_command(CLI::App& cli, int& exit_code) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = cli.add_subcommand("run", "run a pipeline from Kafka to Kafka until it is stopped");
  command->footer(
      "Goes on where it was stopped, from the pipeline's state directory. While brokers are away or a disk is full it\n"
      "waits and says so. SIGTERM or SIGINT: what was read is finished, committed and snapshotted; a second one ends "
      "at\n"
      "once (nothing is lost: the next start repeats what was not finished). SIGHUP: rules and site files are read\n"
      "again, and hold for all instances when they are valid. The account is logged every ten seconds.\n\n"
      "Examples:\n"
      "  vigia run --config config/customs.yaml\n"
      "  VIGIA_BROKERS=broker-1:9092 vigia run --config config/customs.yaml --threads 4 2>vigia.log\n\n"
      "Exit: 0 stopped; 1 something failed that waiting does not mend; 2 when the configuration is invalid,\n"
      "or another one than the application runs by; 3 another process runs as this instance.");
  command->add_option("--config", arguments->config, "the pipeline, a YAML file")->required();
  command->add_option("--threads", arguments->threads, "threads; the alerts don't depend on it")
      ->check(CLI::Range(1, 1024))
      ->default_str("one a core");
  command->add_option("--log-level", arguments->log_level, "what is logged to standard error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  command->callback([arguments, &exit_code] { exit_code = run_run(*arguments); });
}

}  // namespace vigia
