#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "app/command.h"
#include "connectors/pipeline_config.h"

namespace vigia {
namespace {

int run_validate(const std::string& config) {
  const LoadedPipeline loaded = load_pipeline(config);
  fmt::print(stderr, "{}", format_warnings(loaded.warnings));
  if (loaded.ok()) return exit_good;
  fmt::print(stderr, "{}", format_errors(loaded.errors));
  return exit_configuration;
}

}  // namespace

void add_validate_command(CLI::App& cli, int& exit_code) {
  auto config = std::make_shared<std::string>();
  CLI::App* command = cli.add_subcommand("validate", "check a pipeline and all that it names");
  command->footer(
      "Says nothing when the pipeline is valid; warnings go to standard error. Otherwise every mistake is listed with\n"
      "file, line, what was found and what was expected. Starts nothing and needs no broker.\n\n"
      "Example:\n"
      "  vigia validate --config config/customs.yaml && echo valid\n\n"
      "Exit: 0 valid, 2 not.");
  command->add_option("--config", *config, "the pipeline, a YAML file")->required();
  command->callback([config, &exit_code] { exit_code = run_validate(*config); });
}

}  // namespace vigia
