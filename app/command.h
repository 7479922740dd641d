// The commands of `vigia`. Each adds its options and help to the command line; when it was the one asked for, its work
// is done while the command line is parsed, and `exit_code` says how it ended.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "app/exit_code.h"

namespace vigia {

// For options that count: no number below zero.
[[nodiscard]] inline CLI::Validator not_negative() {
  return {[](const std::string& text) {
            return text.starts_with('-') ? "found " + text + ", expected 0 or more" : std::string();
          },
          "0 or more"};
}

void add_run_command(CLI::App& cli, int& exit_code);
void add_demo_command(CLI::App& cli, int& exit_code);
void add_repartition_command(CLI::App& cli, int& exit_code);
void add_demo_broker_command(CLI::App& cli, int& exit_code);  // hidden; started by `demo`
void add_validate_command(CLI::App& cli, int& exit_code);
void add_replay_command(CLI::App& cli, int& exit_code);
void add_generate_command(CLI::App& cli, int& exit_code);
void add_alerts_command(CLI::App& cli, int& exit_code);
void add_explain_command(CLI::App& cli, int& exit_code);
void add_state_command(CLI::App& cli, int& exit_code);
void add_report_command(CLI::App& cli, int& exit_code);

}  // namespace vigia
