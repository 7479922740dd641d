// The command line: one binary for the engine and everything around it.
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "app/command.h"
#include "connectors/suggestion.h"

#ifndef VIGIA_VERSION
#define VIGIA_VERSION "0.1.0"
#endif

namespace {

// Empty: the first argument is a command, or an option.
std::string unknown_command(const CLI::App& cli, int argc, char** argv) {
  const std::string_view name = argc < 2 ? "-" : argv[1];
  if (name.starts_with('-')) return {};
  std::vector<std::string_view> names;
  for (const CLI::App* command : cli.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->check_name(std::string(name))) return {};
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return fmt::format("vigia: found the command {}, expected {}\n", name, vigia::one_of(name, names));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("vigia: from seal pings in Kafka to alerts that can be trusted");
  cli.set_version_flag("--version", std::string("vigia ") + VIGIA_VERSION);
  cli.require_subcommand(1);
  cli.footer(
      "Begin with:\n"
      "  vigia demo                              a made-up day in a minute, nothing to install\n"
      "  vigia validate --config pipeline.yaml   check a configuration\n"
      "  vigia COMMAND --help                    options and examples of a command");
  int exit_code = vigia::exit_good;
  vigia::add_demo_command(cli, exit_code);
  vigia::add_run_command(cli, exit_code);
  vigia::add_validate_command(cli, exit_code);
  vigia::add_replay_command(cli, exit_code);
  vigia::add_generate_command(cli, exit_code);
  vigia::add_alerts_command(cli, exit_code);
  vigia::add_explain_command(cli, exit_code);
  vigia::add_state_command(cli, exit_code);
  vigia::add_report_command(cli, exit_code);
  vigia::add_repartition_command(cli, exit_code);
  vigia::add_demo_broker_command(cli, exit_code);
  if (const std::string unknown = unknown_command(cli, argc, argv); !unknown.empty()) {
    fmt::print(stderr, "{}", unknown);
    return vigia::exit_configuration;
  }
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? vigia::exit_good : vigia::exit_configuration;
  }
  return exit_code;
}
