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

// The bytes of one key of one task; empty when the task does not have it.
Status find_key(const SnapshotStore& store, const std::string& task, const std::string& key, std::string& bytes) {
  return store.keys(task, [&](std::string_view name, std::string_view value) {
    if (name == key) bytes = value;
    return std::string();
  });
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
void add_triage(const std::string& state_directory, std::string& text) {
  const ScratchDirectory scratch;
  AlertStore store;
  if (!store.open_secondary(alert_directory(state_directory), scratch.path()).ok()) return;  // there is none yet
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

// What one stage knows of the key, if it does.
int show_key(const LoadedStage& loaded, const StagePart& part, const std::string& key, bool& found) {
  const ScratchDirectory scratch;
  SnapshotStore store;
  Status status = store.open_secondary(snapshot_directory(part.directory), scratch.path());
  if (!status.ok()) return complain(status);
  std::vector<std::string> tasks;
  if (status = store.tasks(tasks); !status.ok()) return complain(status);
  for (const std::string& name : tasks) {
    std::string bytes;
    std::optional<SnapshotHead> head;
    if (status = find_key(store, name, key, bytes); !status.ok()) return complain(status);
    if (bytes.empty()) continue;
    found = true;
    if (status = store.head(name, head); !status.ok()) return complain(status);
    const auto task = part.stage->make_task(config_of(*part.stage, loaded.stage));
    if (std::string error = task->restore_meta(head ? head->meta : std::string()); !error.empty()) {
      return complain(Status::of(Fault::damaged, std::move(error)));
    }
    if (std::string error = task->restore_key(key, bytes); !error.empty()) {
      return complain(Status::of(Fault::damaged, std::move(error)));
    }
    fmt::print(stderr, "task {}, as of {} ({})\n", name, format_time(head->clock_ms, loaded.pipeline.timezone),
               loaded.pipeline.timezone);
    auto text = task->describe_key(key);
    add_triage(loaded.pipeline.state_directory, text);
    fmt::print("{}\n", text);
    return exit_good;
  }
  return exit_good;
}

int run_state(const StateArguments& arguments) {
  const auto loaded = load_stage(arguments.config);
  if (!loaded) return exit_configuration;
  for (const StagePart& part : parts_of(*loaded)) {
    bool found = false;
    const int exit = show_key(*loaded, part, arguments.key, found);
    if (found || exit != exit_good) return exit;
  }
  return complain(
      Status::of(Fault::none, fmt::format("{} is not in the last snapshot: it was never heard of, or not since, "
                                          "or has nothing left to remember",
                                          arguments.key)));
}

}  // namespace

void add_state_command(CLI::App& cli, int& exit_code) {
  auto arguments = std::make_shared<StateArguments>();
  CLI::App* command = cli.add_subcommand("state", "what the engine knows of one seal, door or camera, as JSON");
  command->footer(
      "Reads the last snapshot in the state directory, and in the alert store what people have done about its alerts; "
      "the\nengine may be running.\n\n"
      "Example:\n"
      "  vigia state --config config/customs.yaml SEAL-00042 | jq .\n\n"
      "Exit: 0; 1 when nothing is known of it; 2 when the configuration is invalid.");
  command->add_option("--config", arguments->config, "the pipeline, a YAML file")->required();
  command->add_option("id", arguments->key, "its id: the key of its records")->required();
  command->callback([arguments, &exit_code] { exit_code = run_state(*arguments); });
}

}  // namespace vigia
