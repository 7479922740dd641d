#include "tests/reference/replay_process.h"

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>
#include <sys/wait.h>

#include "schemas/json_reader.h"

namespace vigia::harness {

ReplayOutcome run_replay(const std::string& binary, const std::string& pipeline,
                         const std::vector<reference::Line>& lines, std::optional<TimeMs> until_ms,
                         const std::string& arguments, const TempDir& directory) {
  std::string text;
  for (const auto& line : lines) text += reference::to_json_line(line);
  const auto input = directory.write("replay-input.jsonl", text);
  const auto output = directory.file("replay-output.jsonl"), errors = directory.file("replay-errors.txt");
  std::filesystem::remove(output);
  const auto until = until_ms ? fmt::format("--until {}", *until_ms) : std::string();
  const int status = std::system(fmt::format("'{}' replay --config '{}' --input '{}' --output '{}' {} {} >'{}' 2>&1",
                                             binary, pipeline, input, output, until, arguments, errors)
                                     .c_str());
  ReplayOutcome outcome;
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (outcome.exit_code != 0) return outcome;
  outcome.bytes = reference::read_file(output);
  json::Reader reader;
  std::istringstream stream(outcome.bytes);
  for (std::string line; std::getline(stream, line);) {
    Alert alert;
    const auto read = reader.read_alert(line, alert);
    if (!read.error.empty()) throw std::runtime_error(read.error + " in " + line);
    outcome.revisions.push_back(std::move(alert));
  }
  return outcome;
}

}  // namespace vigia::harness
