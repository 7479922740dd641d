#include "tests/scenarios/scenario_check.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "connectors/pipeline_config.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/temp_dir.h"
#include "tests/scenarios/scenario_words.h"

namespace vigia::scenarios {
namespace {

using harness::RunOptions;
using harness::RunResult;

constexpr TimeMs zone_tolerance_ms = 50;

std::string time_text(TimeMs time_ms) {
  if (time_ms == 0) return "open";
  const TimeMs since = time_ms - day_zero_ms;
  if (since < 0 || since > 1000 * 3'600'000LL) return fmt::format("@{}", time_ms);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", since / 3'600'000, since / 60'000 % 60, since / 1000 % 60,
                     since % 1000);
}

using Lines = std::vector<reference::Line>;

// The broker times of the records that it names.
std::vector<TimeMs> evidence_of(const Alert& alert, const Lines& lines) {
  std::vector<TimeMs> times;
  for (const auto& one : alert.evidence) {
    const auto& line = lines.at(static_cast<std::size_t>(one->offset));
    times.push_back(line.topic == one->topic ? line.timestamp_ms : no_time_ms);
  }
  return times;
}

std::string place_of(const Alert& alert) {
  return alert.position ? metres_of(alert.position->lat_deg, alert.position->lon_deg) : "";
}

std::string describe(const Alert& alert, const Lines& lines) {
  std::vector<std::string> attributes;
  for (const auto& attribute : alert.attributes)
    attributes.push_back("attr." + attribute->key + "=" + attribute->value);
  std::vector<std::string> evidence;
  for (const TimeMs time_ms : evidence_of(alert, lines)) evidence.push_back(time_text(time_ms));
  return fmt::format("{} {} {} - {} {} rule={} trip={} cause={} at={} evidence={} {}", alert.kind, alert.subject_id,
                     time_text(alert.start_ms), time_text(alert.end_ms), schema::EnumNameAlertStatus(alert.status),
                     alert.rule_id, alert.trip_id, alert.cause, place_of(alert), fmt::join(evidence, ","),
                     fmt::join(attributes, " "));
}

std::string attribute_of(const Alert& alert, const std::string& name) {
  for (const auto& attribute : alert.attributes)
    if (attribute->key == name) return attribute->value;
  return {};
}

std::string member_of(const Alert& alert, const std::string& name) {
  if (name == "rule") return alert.rule_id;
  if (name == "trip") return alert.trip_id;
  if (name == "cause") return alert.cause;
  if (name == "message") return alert.message;
  if (name == "type") return alert.subject_type;
  if (name == "site") return alert.site_id;
  if (name == "severity") return schema::EnumNameSeverity(alert.severity);
  if (name == "zone") return attribute_of(alert, "zone_id");
  if (name == "late_by") return std::to_string(alert.late_by_ms);
  if (name == "at") return place_of(alert);
  if (name.starts_with("attr.")) return attribute_of(alert, name.substr(5));
  return "(a scenario can't ask for " + name + ")";
}

bool fits(const ExpectedAlert& want, const Alert& have, const Lines& lines) {
  const TimeMs tolerance_ms = want.kind.starts_with("zone_") ? zone_tolerance_ms : 0;
  if (want.kind != have.kind || want.subject_id != have.subject_id) return false;
  if (want.status != schema::EnumNameAlertStatus(have.status)) return false;
  if (std::abs(want.start_ms - have.start_ms) > tolerance_ms || std::abs(want.end_ms - have.end_ms) > tolerance_ms)
    return false;
  if (want.evidence_ms && *want.evidence_ms != evidence_of(have, lines)) return false;
  return std::all_of(want.more.begin(), want.more.end(),
                     [&](const auto& item) { return member_of(have, item.first) == item.second; });
}

std::string compare_alerts(const std::vector<ExpectedAlert>& expected, std::vector<Alert> got, const Lines& lines) {
  std::string text;
  for (const auto& want : expected) {
    const auto found = std::find_if(got.begin(), got.end(), [&](const Alert& have) { return fits(want, have, lines); });
    if (found == got.end())
      text += fmt::format("  expected at line {}, but not there: {} {} {} - {} {}\n", want.file_line, want.kind,
                          want.subject_id, time_text(want.start_ms), time_text(want.end_ms), want.status);
    else
      got.erase(found);
  }
  for (const auto& extra : got) text += "  not expected: " + describe(extra, lines) + "\n";
  return text;
}

class Check {
 public:
  Check(const Scenario& scenario, const harness::LoadedStage& stage) : scenario_(scenario), stage_(stage) {
    for (const auto& input : scenario.inputs) lines_.push_back(input.line);
    if (std::any_of(scenario.inputs.begin(), scenario.inputs.end(),
                    [](const Input& input) { return input.wall_ms.has_value(); }))
      for (const auto& input : scenario.inputs) wall_ms_.push_back(input.wall_ms.value_or(input.line.timestamp_ms));
  }

  std::string all() {
    for (const std::size_t batch : {1, 32, 1024}) all_of_one_batch(batch);
    if (scenario_.any_order) other_orders();
    if (scenario_.has_reference) recomputation();
    return text_;
  }

 private:
  RunOptions options(std::size_t batch) const {
    return {.batch = batch, .until_ms = scenario_.until_ms, .wall_ms = wall_ms_};
  }

  void all_of_one_batch(std::size_t batch) {
    const auto plain = harness::run_engine(stage_, lines_, options(batch));
    one_run(plain, fmt::format("batch {}", batch));
    if (batch == 1) {
      first_final_ = harness::final_bytes(plain.revisions);
      taken_broker_ms_ = plain.taken_broker_ms;
      check_revisions(plain);
    } else if (harness::final_bytes(plain.revisions) != first_final_) {
      say(fmt::format("batch {}", batch),
          "  other final alerts than with batch 1:\n" + harness::final_bytes(plain.revisions) + "\n" + first_final_);
    }
    struct Way {
      unsigned threads;
      bool restart, spill, take_over = false;
    };
    for (const auto [threads, restart, spill, take_over] :
         {Way{1, true, false}, Way{2, false, false}, Way{2, true, false}, Way{8, false, false}, Way{8, true, false},
          Way{1, false, true}, Way{2, true, true}, Way{1, false, false, true}}) {
      auto how = options(batch);
      how.threads = threads;
      how.restart_each_epoch = restart;
      how.spill_each_epoch = spill;
      how.take_over_each_epoch = take_over;
      const auto run = harness::run_engine(stage_, lines_, how);
      const auto where = fmt::format("batch {}, {} threads{}{}{}", batch, threads, restart ? ", restarted" : "",
                                     spill ? ", spilled" : "", take_over ? ", taken over" : "");
      if (!run.error.empty()) say(where, "  " + run.error + "\n");
      if (run.bytes != plain.bytes)
        say(where, "  other bytes than on one thread without a restart:\n" + run.bytes + plain.bytes);
      if (run.account != plain.account) say(where, "  another account than on one thread without a restart\n");
    }
  }

  void one_run(const RunResult& run, const std::string& where) {
    const auto wrong = compare_alerts(scenario_.alerts, harness::final_alerts(run.revisions), lines_);
    if (!wrong.empty()) say(where, wrong);
    if (const auto broken = harness::broken_life_cycle(run.revisions); !broken.empty()) say(where, broken);
    if (!run.account.adds_up()) say(where, "  the account does not add up\n");
    if (run.account != run.total) say(where, "  the account of the epochs is not that of the task\n");
    check_account(run, where);
    check_dead_letters(run, where);
  }

  void check_account(const RunResult& run, const std::string& where) {
    const std::map<std::string, std::uint64_t> have = {{"applied", run.account.applied},
                                                       {"duplicate", run.account.duplicate},
                                                       {"too_late", run.account.too_late},
                                                       {"dead_letter", run.account.dead_letter},
                                                       {"unknown_enum_values", run.account.unknown_enum_values}};
    for (const auto& [name, count] : scenario_.account)
      if (!have.contains(name) || have.at(name) != count)
        say(where,
            fmt::format("  account: {} is {}, expected {}\n", name, have.contains(name) ? have.at(name) : 0, count));
  }

  void check_dead_letters(const RunResult& run, const std::string& where) {
    std::vector<std::string> reasons;
    for (const auto& rejection : run.rejected)
      if (rejection.kind == RejectKind::dead_letter) reasons.push_back(rejection.reason);
    bool same = reasons.size() == scenario_.dead_letters.size();
    for (std::size_t i = 0; same && i < reasons.size(); ++i)
      same = reasons[i].find(scenario_.dead_letters[i]) != std::string::npos;
    if (!same) say(where, fmt::format("  dead letters:\n    {}\n", fmt::join(reasons, "\n    ")));
  }

  void check_revisions(const RunResult& run) {
    for (const auto& want : scenario_.revisions) {
      std::string id;
      std::vector<std::string> have;
      for (const auto& alert : run.revisions) {
        const bool first = alert.revision == 1 && id.empty() && alert.kind == want.kind &&
                           alert.subject_id == want.subject_id && alert.start_ms == want.first_start_ms;
        if (first) id = alert.alert_id;
        if (!id.empty() && alert.alert_id == id) have.emplace_back(schema::EnumNameAlertStatus(alert.status));
      }
      if (have != want.statuses)
        say("batch 1", fmt::format("  revisions of line {}: {}\n", want.file_line, fmt::join(have, " ")));
    }
  }

  void other_orders() {
    std::mt19937 random(20260302);
    for (int round = 0; round < 6; ++round) {
      auto shuffled = lines_;
      if (round == 0)
        std::reverse(shuffled.begin(), shuffled.end());
      else
        std::shuffle(shuffled.begin(), shuffled.end(), random);
      if (round > 2) shuffled.insert(shuffled.end(), lines_.begin(), lines_.end());
      for (const std::size_t batch : {1, 32}) {
        const auto run = harness::run_engine(stage_, shuffled, options(batch));
        const auto where = fmt::format("seed 20260302, order {}, batch {}", round, batch);
        const auto wrong = compare_alerts(scenario_.alerts, harness::final_alerts(run.revisions), shuffled);
        if (!wrong.empty())
          say(where, wrong);
        else if (harness::final_bytes(run.revisions) != first_final_)
          say(where, "  other final alerts:\n" + harness::final_bytes(run.revisions) + "\n" + first_final_);
        if (const auto broken = harness::broken_life_cycle(run.revisions); !broken.empty()) say(where, broken);
      }
    }
  }

  void recomputation();

  void say(const std::string& where, const std::string& what) { text_ += where + ":\n" + what; }

  const Scenario& scenario_;
  const harness::LoadedStage& stage_;
  std::vector<reference::Line> lines_;
  std::vector<TimeMs> wall_ms_;
  std::vector<TimeMs> taken_broker_ms_;
  std::string first_final_;
  std::string text_;
};

std::string file_of(const Scenario& scenario, const harness::TempDir& directory) {
  directory.write("zones.geojson", scenario.zones_geojson);
  directory.write("routes.geojson", scenario.routes_geojson);
  directory.write("site.yaml", scenario.site_yaml);
  for (const auto& [name, content] : scenario.files) directory.write(name, content);
  return directory.write("pipeline.yaml", scenario.pipeline_yaml);
}

void Check::recomputation() {
  const harness::TempDir directory;
  const auto zones = directory.write("zones.geojson", scenario_.zones_geojson);
  const auto routes = directory.write("routes.geojson", scenario_.routes_geojson);
  std::vector<reference::Line> readable;
  TimeMs clock_ms = 0;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    clock_ms = std::max(clock_ms, taken_broker_ms_.at(i));
    if (scenario_.inputs[i].raw) continue;
    readable.push_back(lines_[i]);
    readable.back().timestamp_ms = taken_broker_ms_[i];
  }
  const auto recomputed =
      reference::recompute(reference::events_of(readable), stage_.config.rules, reference::read_site(zones, routes),
                           stage_.settings, std::max(clock_ms, scenario_.until_ms.value_or(clock_ms)));
  std::vector<reference::ReferenceAlert> expected;
  for (const auto& alert : scenario_.alerts) {
    const auto rule = alert.more.find("rule");
    expected.push_back({alert.kind, rule == alert.more.end() ? "" : rule->second, alert.subject_id, "", alert.start_ms,
                        alert.end_ms, alert.status, ""});
  }
  auto compared = recomputed;
  for (auto& alert : compared)
    if (std::none_of(expected.begin(), expected.end(), [&](const auto& e) { return e.rule_id == alert.rule_id; }))
      alert.rule_id = "";
  const auto wrong =
      reference::difference(expected, compared, {.zone_tolerance_ms = zone_tolerance_ms, .with_status = true});
  if (!wrong.empty()) say("the recomputation", wrong);
}

bool are_said(const std::vector<std::string>& parts, const std::vector<std::string>& have) {
  return std::equal(parts.begin(), parts.end(), have.begin(), have.end(),
                    [](const auto& part, const auto& text) { return text.find(part) != std::string::npos; });
}

// What is wrong with the pipeline must be what the scenario says.
std::string check_errors(const Scenario& scenario, const LoadedPipeline& loaded) {
  std::vector<std::string> errors, warnings;
  for (const auto& error : loaded.errors)
    errors.push_back(fmt::format("found {}, expected {}", error.found, error.expected));
  for (const auto& warning : loaded.warnings) warnings.push_back(warning.text);
  if (!are_said(scenario.config_errors, errors))
    return fmt::format("errors of the configuration:\n  {}\n", fmt::join(errors, "\n  "));
  if (!scenario.config_warnings.empty() && !are_said(scenario.config_warnings, warnings))
    return fmt::format("warnings of the configuration:\n  {}\n", fmt::join(warnings, "\n  "));
  return "";
}

}  // namespace

std::string check(const Scenario& scenario) {
  const harness::TempDir directory;
  auto loaded = load_pipeline(file_of(scenario, directory));
  const auto errors = check_errors(scenario, loaded);
  if (!errors.empty() || !scenario.config_errors.empty()) return errors;
  return Check(scenario, harness::stage_of(std::move(loaded))).all();
}

}  // namespace vigia::scenarios
