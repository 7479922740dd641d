#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/command.h"
#include "app/explanation.h"
#include "app/explanation_json.h"
#include "app/explanation_text.h"
#include "app/state_location.h"
#include "app/store_followers.h"
#include "connectors/alert_store.h"
#include "connectors/evidence_reader.h"
#include "connectors/quantity.h"

namespace vigia {
namespace {

constexpr TimeMs kafka_limit_ms = 5000;
constexpr std::size_t most_ids = 5;  // that are named when an id is not unique

struct ExplainArguments {
  std::string config;
  std::string id;
  bool json = false;
};

int complain(int code, std::string_view text) {
  fmt::print(stderr, "vigia explain: {}\n", text);
  return code;
}

// The one id that begins so.
Status find_id(const AlertStore& store, const std::string& directory, const Pipeline& pipeline,
               const std::string& beginning, std::string& out) {
  std::vector<std::string> ids;
  if (Status status = store.find_ids(beginning, most_ids + 1, ids); !status.ok()) return status;
  // One id may be the beginning of another.
  if (ids.size() == 1 || (!ids.empty() && ids.front() == beginning)) {
    out = ids.front();
    return Status::good();
  }
  if (ids.empty()) {
    return Status::of(
        Fault::none, fmt::format("no alert in {} has an id that is or begins with '{}'; `vigia alerts` lists them, and "
                                 "alerts older than {} are dropped",
                                 directory, beginning, format_duration(pipeline.outputs.alert_retention_ms)));
  }
  const bool are_more = ids.size() > most_ids;
  if (are_more) ids.pop_back();
  return Status::of(Fault::none, fmt::format("several alerts in {} have an id that begins with '{}': {}{}", directory,
                                             beginning, fmt::join(ids, ", "), are_more ? ", ..." : ""));
}

int run_explain(const ExplainArguments& arguments) {
  const LoadedPipeline loaded = load_pipeline(arguments.config);
  if (!loaded.ok()) {
    fmt::print(stderr, "{}", format_errors(loaded.errors));
    return exit_configuration;
  }
  const Pipeline& pipeline = loaded.pipeline;
  const std::string directory = alert_directory(pipeline.state_directory);
  const ScratchDirectory scratch;
  AlertStore store;
  Status status = store.open_secondary(directory, scratch.path());
  if (!status.ok()) return complain(exit_failed, status.text);
  std::string id;
  status = find_id(store, directory, pipeline, arguments.id, id);
  if (id.empty()) return complain(exit_failed, status.text);

  EvidenceReader kafka({pipeline.brokers, pipeline.application, pipeline.properties, {}});
  const FetchEvidence fetch = [&](std::span<const EvidencePlace> places, const EvidenceReader::Found& found) {
    return kafka.read(places, kafka_limit_ms, found);
  };
  Explanation explanation;
  status = explain_alert(store, loaded, id, fetch, explanation);
  if (!status.ok()) return complain(exit_failed, status.text);
  fmt::print("{}{}", arguments.json ? explanation_json(explanation) : explanation_text(explanation),
             arguments.json ? "\n" : "");
  return exit_good;
}

}  // namespace

void add_explain_command(CLI::App& cli, int& exit_code) {
  auto arguments = std::make_shared<ExplainArguments>();
  CLI::App* command = cli.add_subcommand("explain", "why an alert was raised, corrected or withdrawn");
  command->footer(
      "The alert's revisions in order and what each changed, the records behind them with their content, and the "
      "rule.\n"
      "Reads the alert store in the state directory; the engine may be running. Records that the store does not have "
      "are\n"
      "asked for from Kafka.\n\n"
      "Examples:\n"
      "  vigia explain --config config/customs.yaml 5d0c9a41\n"
      "  vigia explain --config config/customs.yaml 5d0c9a41 --json | jq .records\n\n"
      "Exit: 0; 1 when there is no such alert, or more than one; 2 when the configuration is invalid.");
  command->add_option("--config", arguments->config, "the pipeline, a YAML file")->required();
  command->add_option("alert", arguments->id, "its id, or the beginning of it that no other has")->required();
  command->add_flag("--json", arguments->json, "one JSON document");
  command->callback([arguments, &exit_code] { exit_code = run_explain(*arguments); });
}

}  // namespace vigia
