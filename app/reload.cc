#include "app/reload.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "connectors/text_file.h"
#include "operators/signal_stage.h"

namespace vigia {

Reload::Reload(const LoadedStage& running, ConfigurationTopic& topic)
    : running_(running), topic_(topic), note_(running.pipeline.state_directory + "/configuration") {}

std::optional<std::string> Reload::last_read() const { return read_text_file(note_); }

Status Reload::note_read(ConfigurationHash hash) const {
  const std::string fresh = note_ + ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << hash.text();
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(fresh, note_, error);
  if (!out || error) return Status::of(Fault::storage, fmt::format("{}: can't be written", note_));
  return Status::good();
}

Status Reload::begin() {
  if (Status status = topic_.catch_up(); !status.ok()) return status;
  if (Status status = check_application(running_.configuration); !status.ok()) return status;
  return follow(running_.configuration);
}

// Who has read no files here before, and has some that never held, does not change the rules of others: it may be another
// pipeline under their name.
Status Reload::check_application(const Configuration& loaded) const {
  const ConfigurationHash ours = loaded.hash();
  const ConfigurationHash current = topic_.current();
  if (!current.is_known() || topic_.has(ours) || last_read()) return Status::good();
  Configuration theirs;
  if (topic_.find(current, theirs).ok()) {
    spdlog::error("configuration {}, against {}, by which the application runs:", ours.text(), current.text());
    for (const std::string& line : differences(theirs, loaded)) spdlog::error("  {}", line);
  }
  return Status::of(
      Fault::misconfigured,
      fmt::format(
          "application {} is in use by another configuration: it runs by {}, and the files here say {}, which never "
          "held. For another pipeline choose another `application`. For one more instance bring the files of "
          "the running ones here. To change the rules of the application change the files of a running instance "
          "and send it SIGHUP (kill -HUP PID), or start with the state directory of one that was stopped; where "
          "there is none any more: echo {} > {}, and start again",
          running_.pipeline.application, current.text(), ours.text(), current.text(), note_));
}

Status Reload::follow(const Configuration& loaded) {
  const ConfigurationHash ours = loaded.hash();
  const ConfigurationHash current = topic_.current();
  const auto last = last_read();
  const bool has_changed = last ? *last != ours.text() : !topic_.has(ours);
  if (ours == current) {
    spdlog::info("configuration {}", ours.text());
  } else if (current.is_known() && !has_changed) {
    spdlog::warn(
        "the application runs by configuration {}, which was announced since the files here were last read ({}): "
        "going by that; to go by these files change them, or bring the new ones here",
        current.text(), ours.text());
  } else {
    Configuration before;
    const bool is_known = current.is_known() && topic_.find(current, before).ok();
    if (Status status = topic_.announce(loaded); !status.ok()) return status;
    spdlog::info("configuration {} is announced{}", ours.text(), is_known ? ":" : "");
    if (is_known) {
      for (const std::string& line : differences(before, loaded)) spdlog::info("  {}", line);
    }
  }
  return note_read(ours);
}

Status Reload::again() {
  const auto refuse = [&](const std::string& why) {
    spdlog::error("the new configuration is refused: {}; going on with {}", why, topic_.current().text());
    return Status::good();
  };
  const auto loaded = load_stage(running_.path);
  if (!loaded) return refuse("it has the mistakes above");
  const auto fixed = fixed_differences(running_.pipeline, loaded->pipeline);
  for (const std::string& line : fixed) spdlog::error("{}", line);
  if (!fixed.empty()) return refuse("only rules and site files may change while it runs");
  if (needs_signal_stage(loaded->stage) && !needs_signal_stage(running_.stage))
    return refuse(
        "it has the first rule that needs the stage of signals (service_quality, a correlation, a rule by holder), "
        "which "
        "begins with a restart");
  if (Status status = topic_.catch_up(); !status.ok()) return status;
  return follow(loaded->configuration);
}

std::vector<std::string> fixed_differences(const Pipeline& running, const Pipeline& wanted) {
  std::vector<std::string> lines;
  const auto compare = [&](const char* key, const auto& a, const auto& b, const char* what_to_do) {
    if (!(a == b)) lines.push_back(fmt::format("{}: has changed: {}", key, what_to_do));
  };
  const char* restart = "restart for it";
  const char* begin_anew = "choose another application and an empty state directory, and restart";
  const char* other_state = "stop, and start with the other state directory";
  const Pipeline &a = running, &b = wanted;
  compare("application", a.application, b.application, begin_anew);
  compare("kafka.brokers", a.brokers, b.brokers, restart);
  compare("kafka.properties", a.properties, b.properties, restart);
  compare("kafka.create_topics", a.create_topics, b.create_topics, restart);
  compare("kafka.lost_offsets", a.lost_offsets, b.lost_offsets, restart);
  compare("delivery", a.delivery, b.delivery, restart);
  compare("timezone", a.timezone, b.timezone, restart);
  compare("time.horizon", a.horizon_ms, b.horizon_ms, restart);
  compare("time.allowed_lateness", a.allowed_lateness_ms, b.allowed_lateness_ms, restart);
  compare("time.max_clock_skew", a.max_clock_skew_ms, b.max_clock_skew_ms, restart);
  compare("time.clock", a.clock, b.clock, restart);
  compare("time.source_silence", a.source_silence_ms, b.source_silence_ms, restart);
  compare("state.directory", a.state_directory, b.state_directory, other_state);
  compare("state.snapshot_every", a.snapshot_every_ms, b.snapshot_every_ms, restart);
  compare("state.publish_every", a.publish_every_ms, b.publish_every_ms, restart);
  compare("state.standby", a.standby_copies, b.standby_copies, restart);
  compare("state.memory_budget", a.memory_budget_bytes, b.memory_budget_bytes, restart);
  compare("state.proof_retention", a.proof_retention_ms, b.proof_retention_ms, restart);
  compare("correlations", a.group_budget, b.group_budget, restart);
  compare("triage.reactivate_within", a.reactivate_within_ms, b.reactivate_within_ms, restart);
  compare("sources", a.sources, b.sources, begin_anew);
  compare("outputs", a.outputs, b.outputs, restart);
  return lines;
}

}  // namespace vigia
