#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/command.h"
#include "app/stage_loading.h"
#include "app/stage_service.h"
#include "app/state_location.h"
#include "app/store_followers.h"
#include "app/time_text.h"
#include "connectors/alert_store.h"
#include "connectors/snapshot_store.h"
#include "schemas/enum_names.h"
#include "schemas/json_object.h"

namespace vigia {
namespace {

struct StateArguments {
  std::string config;
  std::string key;
};

int complain(const Status& status) {
  fmt::print(stderr, "vigia state: {}\n", status.text);
  return exit_failed;
}

// How an alert stands, as a member of it.
std::string triage_member(const Alert& alert) {
  std::string text = ",\"triage\":";
  {
    json::JsonObject triage(text);
    triage.field("status", schema::name_of(alert.triage_status));
    if (alert.triage_revision > 0) {
      triage.field("by", alert.triage_by);
      triage.field("at_ms", alert.triage_ms);
    }
    if (!alert.triage_note.empty()) triage.field("note", alert.triage_note);
    for (const auto& attribute : alert.attributes)
      if (attribute->key == "silenced" || attribute->key == "reactivates")
        triage.field(attribute->key, attribute->value);
  }
  return text;
}

// To the alerts that `text` names, how they stand, as far as the alert store knows.
void add_triage(const AlertStore& store, std::string& text) {
  constexpr std::string_view name = R"("alert_id":")";
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
    at += name.size();
    const auto end = text.find('"', at);
    AlertQuery query;
    query.alert_id = text.substr(at, end - at);
    at = end + 1;
    const auto insert = [&](const Alert& alert) {
      text.insert(at, triage_member(alert));
      return false;
    };
    if (!store.query(query, insert).ok()) return;
  }
}

// Shows what the stages know of one key, or of all.
class StateShow {
 public:
  StateShow(const LoadedStage& loaded, std::string key) : loaded_(loaded), key_(std::move(key)) {
    const auto directory = alert_directory(loaded.pipeline.state_directory);
    has_alerts_ = alerts_.open_secondary(directory, alert_scratch_.path()).ok();  // else there are none yet
  }

  Status of(const StagePart& part) {
    const ScratchDirectory scratch;
    SnapshotStore store;
    Status status = store.open_secondary(snapshot_directory(part.directory), scratch.path());
    std::vector<std::string> tasks;
    if (status.ok()) status = store.tasks(tasks);
    for (std::size_t i = 0; i < tasks.size() && status.ok() && !is_done(); ++i) status = of(part, store, tasks[i]);
    return status;
  }

  [[nodiscard]] std::size_t shown() const { return shown_; }
  [[nodiscard]] bool is_done() const { return !key_.empty() && shown_ > 0; }

 private:
  Status of(const StagePart& part, const SnapshotStore& store, const std::string& name) {
    std::optional<SnapshotHead> head;
    if (Status status = store.head(name, head); !status.ok()) return status;
    const auto task = part.stage->make_task(config_of(*part.stage, loaded_.stage));
    const auto before = shown_;
    return store.keys(name, [&](std::string_view key, std::string_view bytes) -> std::string {
      if (!key_.empty() && key != key_) return {};
      if (shown_ == before) {
        if (auto error = task->restore_meta(head ? head->meta : std::string()); !error.empty()) return error;
        const std::string& zone = loaded_.pipeline.timezone;
        fmt::print(stderr, "task {}, as of {} ({})\n", name, format_time(head ? head->clock_ms : 0, zone), zone);
      }
      if (auto error = task->restore_key(key, bytes); !error.empty()) return error;
      auto text = task->describe_key(key);
      if (has_alerts_) add_triage(alerts_, text);
      fmt::print("{}\n", text);
      ++shown_;
      return {};
    });
  }

  const LoadedStage& loaded_;
  std::string key_;  // empty: all
  ScratchDirectory alert_scratch_;
  AlertStore alerts_;
  bool has_alerts_ = false;
  std::size_t shown_ = 0;
};

int run_state(const StateArguments& arguments) {
  const auto loaded = load_stage(arguments.config);
  if (!loaded) return exit_configuration;
  StateShow show(*loaded, arguments.key);
  for (const StagePart& part : parts_of(*loaded)) {
    if (Status status = show.of(part); !status.ok()) return complain(status);
    if (show.is_done()) break;
  }
  if (show.shown() > 0) return exit_good;
  if (arguments.key.empty()) return complain(Status::of(Fault::none, "the last snapshot has nothing to show"));
  return complain(
      Status::of(Fault::none, fmt::format("{} is not in the last snapshot: it was never heard of, or not since, "
                                          "or has nothing left to remember",
                                          arguments.key)));
}

}  // namespace

void add_state_command(CLI::App& cli, int& exit_code) {
  auto arguments = std::make_shared<StateArguments>();
  CLI::App* command =
      cli.add_subcommand("state", "what the engine knows of one seal, door or camera, or of all, as JSON");
  command->footer(
      "Reads the last snapshot in the state directory, and in the alert store what people have done about its alerts; "
      "the\nengine may be running.\n\n"
      "Example:\n"
      "  vigia state --config config/customs.yaml SEAL-00042 | jq .\n"
      "  vigia state --config config/customs.yaml | jq -r '[.seal_id, .route_id, .speed_kmh] | @csv'\n\n"
      "Exit: 0; 1 when nothing is known; 2 when the configuration is invalid.");
  command->add_option("--config", arguments->config, "the pipeline, a YAML file")->required();
  command->add_option("id", arguments->key, "its id: the key of its records; all are shown, a line each, without it");
  command->callback([arguments, &exit_code] { exit_code = run_state(*arguments); });
}

}  // namespace vigia
