#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/command.h"
#include "app/report.h"
#include "app/report_input.h"
#include "app/report_render.h"
#include "app/state_location.h"
#include "app/store_followers.h"
#include "app/time_text.h"
#include "connectors/suggestion.h"

namespace vigia {
namespace {

struct ReportFormat {
  std::string_view name;
  std::string (*render)(const Report& report);
};

constexpr ReportFormat formats[] = {
    {"text", report_text}, {"json", report_json}, {"csv", report_csv}, {"html", report_html}};

struct ReportArguments {
  std::string kind, config;
  PeriodOptions period;
  std::string site, subject;
  std::string format = "text", language = "en", output = "-";
  ReportInput input;
  std::string until;
};

template <class Things>
std::vector<std::string_view> names_of(const Things& things) {
  std::vector<std::string_view> names;
  for (const auto& thing : things) names.push_back(thing.name);
  return names;
}

TimeMs wall_now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

int complain(int code, std::string_view text) {
  fmt::print(stderr, "vigia report: {}\n", text);
  return code;
}

// What the command line asks for.
struct Asked {
  const ReportKind* kind = nullptr;
  const ReportFormat* format = nullptr;
  ReportInput input;
  ReportRequest request;
};

// Everything that is wrong is added to `errors`. `zone`: of the pipeline, or UTC when that can't be read.
Asked understand(const ReportArguments& arguments, const std::string& zone, std::vector<std::string>& errors) {
  Asked asked;
  asked.kind = find_report(arguments.kind);
  if (asked.kind == nullptr)
    errors.push_back(fmt::format("found the report '{}', expected one of {}", arguments.kind,
                                 fmt::join(names_of(report_kinds()), ", ")));
  for (const ReportFormat& format : formats)
    if (format.name == arguments.format) asked.format = &format;
  if (asked.format == nullptr)
    errors.push_back(
        fmt::format("found the format {}, expected one of {}", arguments.format, fmt::join(names_of(formats), ", ")));
  if (const auto language = language_of(arguments.language))
    asked.request.language = *language;
  else
    errors.push_back(fmt::format("found the language {}, expected en or es", arguments.language));
  if (asked.kind != nullptr && asked.kind->needs_scope && arguments.site.empty() && arguments.subject.empty())
    errors.push_back(
        fmt::format("found the report {} without --site or --subject, expected one of them", arguments.kind));
  const PeriodForm form = asked.kind == nullptr ? PeriodForm::day : asked.kind->period;
  if (const auto period = period_of(arguments.period, form, wall_now_ms(), zone, errors))
    asked.request.period = *period;
  asked.input = arguments.input;
  if (!arguments.until.empty()) {
    asked.input.until_ms = parse_time(arguments.until, zone);
    if (!asked.input.until_ms) errors.push_back(no_time_words("--until " + arguments.until));
  }
  asked.request.site = arguments.site;
  asked.request.subject = arguments.subject;
  return asked;
}

// Nothing can be at a site that the site files don't have.
void warn_of_unknown_site(const SiteModel& model, const std::string& site) {
  std::vector<std::string_view> known;
  for (const Zone& zone : model.zones) known.push_back(zone.site);
  for (const Door& door : model.equipment.doors()) known.push_back(door.site);
  for (const Camera& camera : model.equipment.cameras()) known.push_back(camera.site);
  if (site.empty() || std::ranges::find(known, site) != known.end()) return;
  const std::string_view near = nearest_name(site, known);
  fmt::print(stderr, "vigia report: warning: the site files have no site {}{}\n", site,
             near.empty() ? std::string() : fmt::format("; did you mean {}?", near));
}

int write_out(const std::string& path, const std::string& text) {
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "wb");
  if (file == nullptr) return complain(exit_failed, fmt::format("{} can't be written", path));
  const bool is_written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool is_closed = (file == stdout ? std::fflush(file) : std::fclose(file)) == 0;
  return is_written && is_closed ? exit_good : complain(exit_failed, fmt::format("{} can't be written", path));
}

// Those of the engine, beside it, or new ones in `scratch`.
Status open_stores(const std::string& config, const ReportInput& input, const std::string& state_directory,
                   const std::string& scratch, AlertStore& alerts, RecordStore& records) {
  if (input.paths.empty()) {
    Status status = alerts.open_secondary(alert_directory(state_directory), scratch + "/alerts");
    return status.ok() ? records.open_secondary(record_directory(state_directory), scratch + "/records") : status;
  }
  if (Status status = alerts.open(scratch + "/alerts"); !status.ok()) return status;
  if (Status status = records.open(scratch + "/records"); !status.ok()) return status;
  return fill_stores(config, input, alerts, records);
}

int run_report(const ReportArguments& arguments) {
  std::vector<std::string> errors;
  LoadedPipeline loaded;
  if (arguments.config.empty())
    errors.emplace_back("found no --config, expected the pipeline's file");
  else
    loaded = load_pipeline(arguments.config);
  const bool is_loaded = !arguments.config.empty() && loaded.ok();
  const Asked asked = understand(arguments, is_loaded ? loaded.pipeline.timezone : "UTC", errors);
  for (const std::string& error : errors) (void)complain(exit_configuration, error);
  fmt::print(stderr, "{}", format_errors(loaded.errors));
  if (!is_loaded || !errors.empty()) return exit_configuration;

  warn_of_unknown_site(loaded.site, asked.request.site);
  const ScratchDirectory scratch;
  if (scratch.path().empty()) return complain(exit_failed, "no directory can be made where temporary files go");
  AlertStore alerts;
  RecordStore records;
  Status status =
      open_stores(arguments.config, asked.input, loaded.pipeline.state_directory, scratch.path(), alerts, records);
  Report report;
  if (status.ok()) status = make_report(*asked.kind, {alerts, records, loaded, asked.request}, report);
  if (!status.ok()) return complain(exit_failed, status.text);
  return write_out(arguments.output, asked.format->render(report));
}

}  // namespace

void add_report_command(CLI::App& cli, int& exit_code) {
  auto arguments = std::make_shared<ReportArguments>();
  CLI::App* command =
      cli.add_subcommand("report", "the reports of control rooms and inspectors, as text or for the printer");
  command->footer(
      "Reports:\n"
      "  daily             the record of trips at 08:00: documents, cargo, seal, depots, times, incidents\n"
      "  providers         quality of each provider's service: messages without and with delay\n"
      "  camera-failures   failure log of the cameras, and its summary; by default of the last month\n"
      "  soc               the day of the security operations centre: incidents, actions, indicator\n"
      "  movements         who and what moved in an enclosure: seals in zones, badges at doors\n"
      "  file              everything about a site or a subject between two times, with the records behind it\n\n"
      "Reads the stores in the state directory; the engine may be running. Days and times are those of the pipeline's\n"
      "time zone. Without a period it is the last day that is over.\n\n"
      "Examples:\n"
      "  vigia report daily --config config/customs.yaml --day 2026-03-04 --language es --format html --output "
      "daily.html\n"
      "  vigia report camera-failures --config config/guarded-site.yaml --month 2026-02 --format csv\n"
      "  vigia report file --config config/customs.yaml --subject SEAL-00042 --from 2026-03-04T06:00 --to 2026-03-05\n"
      "  vigia report soc --config config/customs.yaml --input day.jsonl --day 2026-03-04\n\n"
      "Exit: 0; 1 when there are no stores to read or the output can't be written; 2 when the configuration or the "
      "command\nline is invalid.");
  command->add_option("kind", arguments->kind, "which report")->required();
  command->add_option("--config", arguments->config, "the pipeline, a YAML file");
  command->add_option("--day", arguments->period.day, "2026-03-04; of `daily` the 24 hours before its 08:00");
  command->add_option("--month", arguments->period.month, "2026-03");
  command->add_option("--from", arguments->period.from, "from this time on");
  command->add_option("--to", arguments->period.to, "up to this time, and without it");
  command->add_option("--site", arguments->site, "only what was at this site");
  command->add_option("--subject", arguments->subject,
                      "only what is about this seal, trip, door, camera, badge holder, container, ...");
  command->add_option("--format", arguments->format, "text, json, csv or html")->capture_default_str();
  command->add_option("--language", arguments->language, "en or es")->capture_default_str();
  command->add_option("--output", arguments->output, "where it goes, - for standard output")->capture_default_str();
  CLI::Option* input = command->add_option("--input", arguments->input.paths,
                                           "recorded JSON lines, as of replay, instead of the engine's stores");
  command->add_option("--until", arguments->until, "with --input: advance the clock to this time at the end")
      ->needs(input);
  command->callback([arguments, &exit_code] { exit_code = run_report(*arguments); });
}

}  // namespace vigia
