#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/command.h"
#include "app/state_location.h"
#include "app/store_followers.h"
#include "app/time_text.h"
#include "connectors/alert_store.h"
#include "connectors/suggestion.h"
#include "operators/rule.h"
#include "schemas/enum_names.h"
#include "schemas/json_writer.h"

namespace vigia {
namespace {

struct AlertsArguments {
  std::string config, directory;
  std::string from, to;
  std::vector<std::string> statuses;
  AlertQuery query;
  bool json = false;
};

int complain(int code, std::string_view text) {
  fmt::print(stderr, "vigia alerts: {}\n", text);
  return code;
}

// "attended", "new (silenced)"
std::string triage_of(const Alert& alert) {
  std::string text(schema::name_of(alert.triage_status));
  const bool is_silenced =
      std::ranges::any_of(alert.attributes, [](const auto& attribute) { return attribute->key == "silenced"; });
  return is_silenced ? text + " (silenced)" : text;
}

void print_row(const Alert& alert, const std::string& zone) {
  fmt::print("{:<19}  {:<19}  {:<11}  {:<14}  {:<8}  {:<18}  {:<14}  {:<14}  {}\n", format_time(alert.start_ms, zone),
             alert.end_ms == alert.start_ms ? "at once" : format_time(alert.end_ms, zone),
             schema::EnumNameAlertStatus(alert.status), triage_of(alert), schema::EnumNameSeverity(alert.severity),
             alert.kind, alert.subject_id, alert.trip_id.empty() ? "-" : alert.trip_id, alert.message);
}

// What finds nothing because no alert can ever have it is most likely a slip of the pen.
void warn_unless_known(std::string_view option, const std::string& name, const std::vector<std::string_view>& known) {
  if (name.empty() || known.empty() || std::ranges::find(known, name) != known.end()) return;
  const std::string_view near = nearest_name(name, known);
  fmt::print(stderr, "vigia alerts: warning: there is no {} {}{}\n", option, name,
             near.empty() ? std::string() : fmt::format("; did you mean {}?", near));
}

void warn_of_unknown(const AlertQuery& query, const StateLocation& location) {
  std::vector<std::string_view> kinds = {"incident", "source_silent", "records_lost"};
  for (const KindSpec& kind : rule_kinds()) kinds.push_back(kind.kind);
  for (const std::string& kind : query.kinds) warn_unless_known("kind", kind, kinds);
  warn_unless_known("rule", query.rule, {location.rules.begin(), location.rules.end()});
}

int run_alerts(AlertsArguments arguments) {
  const auto location = locate_state(arguments.config, arguments.directory);
  if (!location) return exit_configuration;
  AlertQuery& query = arguments.query;
  for (const auto& [text, bound] :
       {std::pair(&arguments.from, &query.from_ms), std::pair(&arguments.to, &query.to_ms)}) {
    if (text->empty()) continue;
    const auto time_ms = parse_time(*text, location->timezone);
    if (!time_ms) return complain(exit_configuration, no_time_words(*text));
    *bound = *time_ms;
  }
  for (const std::string& name : arguments.statuses) {
    for (const schema::AlertStatus status : schema::EnumValuesAlertStatus()) {
      if (name == schema::EnumNameAlertStatus(status)) query.statuses.push_back(status);
    }
  }
  const ScratchDirectory scratch;
  AlertStore store;
  if (const Status status = store.open_secondary(alert_directory(location->directory), scratch.path()); !status.ok()) {
    return complain(exit_failed, status.text);
  }
  if (!arguments.json) {
    fmt::print("{:<19}  {:<19}  {:<11}  {:<14}  {:<8}  {:<18}  {:<14}  {:<14}  {}\n",
               "start (" + location->timezone + ")", "end", "status", "triage", "severity", "kind", "subject", "trip",
               "message");
  }
  std::size_t count = 0;
  std::string line;
  const Status status = store.query(query, [&](const Alert& alert) {
    ++count;
    if (arguments.json) {
      line.clear();
      json::append_json(alert, line);
      fmt::print("{}\n", line);
    } else {
      print_row(alert, location->timezone);
    }
    return true;
  });
  if (!status.ok()) return complain(exit_failed, status.text);
  if (count == 0) warn_of_unknown(query, *location);
  if (!arguments.json) fmt::print("{} {}\n", count, query.all_revisions ? "revisions" : "alerts");
  return exit_good;
}

}  // namespace

void add_alerts_command(CLI::App& cli, int& exit_code) {
  auto arguments = std::make_shared<AlertsArguments>();
  AlertQuery& query = arguments->query;
  CLI::App* command = cli.add_subcommand("alerts", "search the alerts that a pipeline has raised");
  command->footer(
      "Reads the alert store in the state directory; the engine may be running. Options that are given must all "
      "hold.\n\n"
      "Examples:\n"
      "  vigia alerts --config config/customs.yaml --kind unauthorized_stop --from 2026-03-04\n"
      "  vigia alerts --config config/customs.yaml --subject SEAL-00042 --all-revisions --json\n"
      "  vigia alerts --state-directory vigia-demo/state --status provisional\n\n"
      "Exit: 0; 1 when there is no store to read; 2 when the configuration is invalid.");
  command->add_option("--config", arguments->config, "the pipeline, a YAML file");
  command->add_option("--state-directory", arguments->directory, "instead of a pipeline: its state directory");
  command->add_option("--from", arguments->from, "alerts that end at or after this time (or last)");
  command->add_option("--to", arguments->to, "alerts that start at or before this time");
  command->add_option("--subject", query.subject, "the seal");
  command->add_option("--kind", query.kinds, "such as unauthorized_stop; several are alternatives");
  command->add_option("--status", arguments->statuses, "several are alternatives")
      ->check(CLI::IsMember({"provisional", "confirmed", "withdrawn", "cleared"}));
  command->add_option("--site", query.site, "the site where it was");
  command->add_option("--trip", query.trip, "the trip");
  command->add_option("--rule", query.rule, "the rule's id");
  command->add_option("--id", query.alert_id, "one alert");
  command->add_option("--limit", query.limit, "no more than so many")->check(not_negative());
  command->add_flag("--newest-first", query.newest_first, "by their start; else the oldest first");
  command->add_flag("--all-revisions", query.all_revisions, "every revision of each alert, not only the last");
  command->add_flag("--json", arguments->json,
                    "one JSON line each, as on the topic of states; with --all-revisions as on the alert topic");
  command->callback([arguments, &exit_code] { exit_code = run_alerts(*arguments); });
}

}  // namespace vigia
