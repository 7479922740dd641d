// A pipeline as configured: one YAML file, and the site files that it names. Loading finds every mistake in all of the
// files before it gives up, and gives nothing when there is one. Plain data: safe to copy, to move and to read from any
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/config_diagnostics.h"
#include "connectors/configuration.h"
#include "connectors/environment.h"
#include "connectors/site_yaml.h"
#include "engine/identity.h"
#include "operators/group_budget.h"
#include "operators/rule.h"
#include "operators/sigma_plan.h"
#include "operators/site_model.h"

namespace vigia {

struct ForeignFormat;  // connectors/formats.h

enum class Delivery : std::uint8_t { exactly_once, at_least_once };
enum class LostOffsets : std::uint8_t { stop, accept };
enum class ClockMode : std::uint8_t { wall, records };
enum class RecordFormat : std::uint8_t { json, flatbuffers, ecs, ocsf };  // the last two only of alerts
enum class Partitioner : std::uint8_t { automatic, murmur2, crc32, fnv1a, unchecked };

struct SourceSpec {
  std::string topic;
  StreamId stream = StreamId::seal;
  RecordFormat format = RecordFormat::json;
  const ForeignFormat* foreign = nullptr;  // null: the records are in `format`; else in this one, of another system
  Partitioner partitioner = Partitioner::automatic;
  bool has_operators = true;  // false: no rule of this version reads the stream; the source may be left alone

  friend bool operator==(const SourceSpec&, const SourceSpec&) = default;
};

// Names of topics. `triage`, `journal`, `snapshots` and `configurations` are APPLICATION.journal and so on when none were
// configured; `signals` is only used when a rule needs it, `replies` when there is a source of commands.
struct OutputSpec {
  std::string alerts, alert_state, dead_letters, too_late, signals, replies, triage, journal, snapshots, configurations;
  RecordFormat format = RecordFormat::json;
  TimeMs alert_retention_ms = 0;   // how long the alert store keeps a committed alert
  TimeMs record_retention_ms = 0;  // how long the record store keeps what reports need

  friend bool operator==(const OutputSpec&, const OutputSpec&) = default;
};

// Every field holds its default when the file does not say; the defaults stand in connectors/config_table.cc.
struct Pipeline {
  std::string application;  // consumer group, and part of every alert id

  std::string brokers;
  std::map<std::string, std::string> properties;  // handed to librdkafka as they are
  bool create_topics = false;                     // create what is missing instead of stopping
  LostOffsets lost_offsets = LostOffsets::stop;
  Delivery delivery = Delivery::exactly_once;

  std::string timezone;  // a name that the time-zone database has
  TimeMs horizon_ms = 0;
  TimeMs allowed_lateness_ms = 0;  // at most the horizon
  TimeMs max_clock_skew_ms = 0;
  ClockMode clock = ClockMode::wall;
  TimeMs source_silence_ms = 0;

  std::string state_directory;  // resolved against the pipeline's file, like every path here
  TimeMs snapshot_every_ms = 0;
  TimeMs publish_every_ms = 0;      // of snapshots, for other instances; 0: never
  std::int32_t standby_copies = 0;  // of each task, kept by other instances
  std::uint64_t memory_budget_bytes = 0;
  TimeMs proof_retention_ms = 0;  // of journal, daily snapshots, and the records behind an alert, at most as long as it

  TimeMs reactivate_within_ms = 0;  // triage: how soon after one was closed an alert is one that came back; 0: never

  std::vector<std::string> site_files;
  std::vector<SourceSpec> sources;  // at least one, no topic twice; InputRecord::topic is the position here
  OutputSpec outputs;
  std::vector<RuleSpec> rules;  // only kinds that are available; unique ids; with the implicit clock_fault

  std::shared_ptr<const SigmaPlan> sigma;  // detections and correlations; null: there are none
  GroupBudget group_budget;                // of each correlation and each rule over groups, in each partition

  // XXH3 of everything that can change an alert: rules, sources, times and the bytes of the site files. The same for
  // the same meaning, whatever the layout, the comments, the paths or the brokers.
  std::uint64_t config_hash = 0;
};

struct LoadedPipeline {
  Pipeline pipeline;                // empty when there are errors, and so are the two below
  SiteModel site;                   // zones and routes, doors, cameras, holders
  Configuration configuration;      // what of all this is kept: the rules, and the site files
  std::vector<ConfigError> errors;  // by file in the order of reading, then by line
  std::vector<ConfigWarning> warnings;

  [[nodiscard]] bool ok() const { return errors.empty(); }
};

// Reads a pipeline and all that it names. Never throws but std::bad_alloc; a file that can't be read is an error in the
// result. `environment` answers `${NAME}`.
[[nodiscard]] LoadedPipeline load_pipeline(const std::string& path,
                                           const EnvironmentLookup& environment = process_environment());

// The names used in the file, also for messages.
[[nodiscard]] std::string_view name_of(Delivery delivery);
[[nodiscard]] std::string_view name_of(ClockMode clock);
[[nodiscard]] std::string_view name_of(RecordFormat format);
[[nodiscard]] std::string_view name_of(Partitioner partitioner);

}  // namespace vigia
