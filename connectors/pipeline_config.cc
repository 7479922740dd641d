#include "connectors/pipeline_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "connectors/formats.h"
#include "connectors/idle_rules.h"
#include "connectors/kafka_properties.h"
#include "connectors/pipeline_hash.h"
#include "connectors/rule_reader.h"
#include "connectors/section_reader.h"
#include "connectors/sigma_files.h"
#include "connectors/site_files.h"
#include "connectors/text_file.h"
#include "connectors/timezone.h"

namespace vigia {
namespace {

template <class Enum>
struct Named {
  std::string_view name;
  Enum value;
};

constexpr Named<Delivery> deliveries[] = {{"exactly_once", Delivery::exactly_once},
                                          {"at_least_once", Delivery::at_least_once}};
constexpr Named<LostOffsets> lost_offsets[] = {{"stop", LostOffsets::stop}, {"accept", LostOffsets::accept}};
constexpr Named<ClockMode> clocks[] = {{"wall", ClockMode::wall}, {"records", ClockMode::records}};
constexpr Named<RecordFormat> formats[] = {{"json", RecordFormat::json},
                                           {"flatbuffers", RecordFormat::flatbuffers},
                                           {"ecs", RecordFormat::ecs},
                                           {"ocsf", RecordFormat::ocsf}};
constexpr Named<Partitioner> partitioners[] = {{"auto", Partitioner::automatic},
                                               {"murmur2", Partitioner::murmur2},
                                               {"crc32", Partitioner::crc32},
                                               {"fnv1a", Partitioner::fnv1a},
                                               {"unchecked", Partitioner::unchecked}};
constexpr StreamId streams[] = {StreamId::trip,     StreamId::seal,    StreamId::access,    StreamId::camera,
                                StreamId::security, StreamId::command, StreamId::site_model};

// The table of keys has let only names through that are in `table`; the first stands in for one that it has refused.
template <class Enum, std::size_t count>
Enum value_of(const std::string& name, const Named<Enum> (&table)[count]) {
  for (const auto& entry : table) {
    if (name == entry.name) return entry.value;
  }
  return table[0].value;
}

template <class Enum, std::size_t count>
std::string_view name_in(const Named<Enum> (&table)[count], Enum value) {
  for (const auto& entry : table) {
    if (value == entry.value) return entry.name;
  }
  return {};
}

// What a source of that stream may be written in.
std::vector<std::string_view> formats_of(StreamId stream) {
  std::vector<std::string_view> names = {"json", "flatbuffers"};
  for (const ForeignFormat& foreign : foreign_formats())
    if (foreign.gives(stream)) names.push_back(foreign.name);
  return names;
}

// What Kafka takes for a topic, and so for the names that topics and groups are made of.
bool is_topic_name(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= 249 && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), fits);
}

constexpr const char* topic_name_form = "1 to 249 of the letters a-z A-Z 0-9 . _ -";

// Reads one pipeline file into a Pipeline. Each function reads one section.
class PipelineReader {
 public:
  PipelineReader(const std::string& path, SectionReader& reader, LoadedPipeline& out)
      : path_(path), reader_(reader), pipeline_(out.pipeline), configuration_(out.configuration) {}

  // `rule_lines`: of the rules' ids.
  void read(const YAML::Node& root, std::vector<SiteFile>& site_files, std::map<std::string, int>& rule_lines) {
    const Section top = reader_.read(root, config_section("pipeline"));
    pipeline_.application = top.text("application");
    if (!pipeline_.application.empty()) check_name("application", pipeline_.application, top.line("application"));
    pipeline_.delivery = value_of(top.text("delivery"), deliveries);
    pipeline_.timezone = top.text("timezone");
    if (!pipeline_.timezone.empty() && !is_timezone(pipeline_.timezone)) {
      reader_.error(top.line("timezone"), "timezone: " + pipeline_.timezone,
                    "a name of the IANA time-zone database, such as America/Guayaquil or UTC");
    }
    read_kafka(reader_.read_below(top, "kafka", config_section("kafka")));
    read_time(reader_.read_below(top, "time", config_section("time")));
    read_state(reader_.read_below(top, "state", config_section("state")));
    read_sources(top);
    read_outputs(reader_.read_below(top, "outputs", config_section("outputs")));
    read_correlations(reader_.read_below(top, "correlations", config_section("correlations")));
    read_triage(reader_.read_below(top, "triage", config_section("triage")));
    rule_lines = read_rules(reader_, top.at("rules").maps, pipeline_.sources, sources_are_complete_, pipeline_.rules);
    read_sigma(top);
    const ConfigValue& site = top.at("site");
    for (std::size_t i = 0; i < site.element_lines.size(); ++i) {
      site_files.push_back({resolve(top.list("site")[i]), site.element_lines[i]});
      pipeline_.site_files.push_back(site_files.back().path);
    }
  }

 private:
  [[nodiscard]] std::string resolve(const std::string& relative) const {
    return (std::filesystem::path(path_).parent_path() / relative).lexically_normal().string();
  }

  void check_name(std::string_view key, const std::string& name, int line) {
    if (!is_topic_name(name)) reader_.error(line, fmt::format("{}: {}", key, name), topic_name_form);
  }

  void check_topic(std::string_view key, const std::string& topic, int line) {
    if (topic.empty()) return;  // not given, or refused already
    check_name(key, topic, line);
    const auto [first, is_new] = topic_lines_.emplace(topic, line);
    if (is_new) return;
    reader_.error(line, fmt::format("{}: {} again (first on line {})", key, topic, first->second),
                  "each topic once in the sources and outputs");
  }

  void read_kafka(const Section& kafka) {
    pipeline_.brokers = kafka.text("brokers");
    pipeline_.properties = kafka.map("properties");
    pipeline_.create_topics = kafka.flag("create_topics");
    pipeline_.lost_offsets = value_of(kafka.text("lost_offsets"), lost_offsets);
    for (const auto& [name, value] : pipeline_.properties) {
      const std::string problem = kafka_property_problem(name, value);
      if (!problem.empty())
        reader_.error(kafka.line("properties"), fmt::format("property {}: {}", name, value), problem);
    }
  }

  void read_time(const Section& time) {
    pipeline_.horizon_ms = time.integer("horizon");
    pipeline_.allowed_lateness_ms = time.integer("allowed_lateness");
    pipeline_.max_clock_skew_ms = time.integer("max_clock_skew");
    pipeline_.clock = value_of(time.text("clock"), clocks);
    pipeline_.source_silence_ms = time.integer("source_silence");
    const bool both_read = pipeline_.horizon_ms > 0;
    if (both_read && pipeline_.allowed_lateness_ms > pipeline_.horizon_ms) {
      reader_.error(time.line("allowed_lateness"), "allowed_lateness longer than horizon", "at most the horizon");
    }
  }

  void read_state(const Section& state) {
    pipeline_.state_directory = resolve(state.text("directory"));
    pipeline_.snapshot_every_ms = state.integer("snapshot_every");
    pipeline_.publish_every_ms = state.integer("publish_every");
    pipeline_.standby_copies = static_cast<std::int32_t>(state.integer("standby"));
    pipeline_.memory_budget_bytes = static_cast<std::uint64_t>(state.integer("memory_budget"));
    pipeline_.proof_retention_ms = state.integer("proof_retention");
  }

  void read_sources(const Section& top) {
    for (const YAML::Node& node : top.at("sources").maps) {
      const Section section = reader_.read(node, config_section("source"));
      check_topic("topic", section.text("topic"), section.line("topic"));
      const auto stream = std::find_if(std::begin(streams), std::end(streams),
                                       [&](StreamId id) { return name_of(id) == section.text("stream"); });
      if (stream == std::end(streams)) {
        sources_are_complete_ = false;
        continue;
      }
      const std::string format = section.text("format");
      const ForeignFormat* foreign = foreign_format(format, *stream);
      const auto good = formats_of(*stream);
      if (!format.empty() && std::find(good.begin(), good.end(), format) == good.end()) {
        reader_.error(section.line("format"),
                      fmt::format("format {}, which gives no events of stream {}", format, name_of(*stream)),
                      fmt::format("one of {}", fmt::join(good, ", ")));
      }
      const SourceSpec source{section.text("topic"),
                              *stream,
                              foreign != nullptr ? RecordFormat::json : value_of(format, formats),
                              foreign,
                              value_of(section.text("partitioner"), partitioners),
                              has_operators(*stream)};
      if (!source.has_operators && *stream != StreamId::command) {
        reader_.warning(section.line("stream"), fmt::format("no rule of this version reads stream {}; topic {} is left "
                                                            "alone",
                                                            name_of(*stream), source.topic));
      }
      pipeline_.sources.push_back(source);
    }
  }

  void read_outputs(const Section& outputs) {
    OutputSpec& out = pipeline_.outputs;
    const std::pair<std::string_view, std::string*> topics[] = {{"alerts", &out.alerts},
                                                                {"alert_state", &out.alert_state},
                                                                {"dead_letters", &out.dead_letters},
                                                                {"too_late", &out.too_late},
                                                                {"signals", &out.signals},
                                                                {"replies", &out.replies},
                                                                {"triage", &out.triage},
                                                                {"journal", &out.journal},
                                                                {"snapshots", &out.snapshots},
                                                                {"configurations", &out.configurations}};
    for (const auto& [key, topic] : topics) {
      *topic = outputs.text(key);
      check_topic(key, *topic, outputs.line(key));
    }
    for (const auto& [key, topic] : {std::pair{"triage", &out.triage},
                                     {"journal", &out.journal},
                                     {"snapshots", &out.snapshots},
                                     {"configurations", &out.configurations}}) {
      if (!topic->empty() || !is_topic_name(pipeline_.application)) continue;
      *topic = pipeline_.application + "." + key;
      check_topic(key, *topic, outputs.line(key));
    }
    out.format = value_of(outputs.text("format"), formats);
    out.alert_retention_ms = outputs.integer("alert_retention");
    out.record_retention_ms = outputs.integer("record_retention");
  }

  void read_correlations(const Section& correlations) {
    pipeline_.group_budget.groups_max = static_cast<std::uint64_t>(correlations.integer("max_groups"));
    pipeline_.group_budget.bytes_max = static_cast<std::uint64_t>(correlations.integer("max_bytes"));
  }

  void read_triage(const Section& triage) {
    pipeline_.reactivate_within_ms = triage.integer("reactivate_within");
    if (pipeline_.reactivate_within_ms == 0 || !sources_are_complete_) return;
    if (std::ranges::none_of(pipeline_.sources, [](auto& source) { return source.stream == StreamId::command; })) {
      reader_.error(triage.line("reactivate_within"), "reactivate_within without a source of commands",
                    "a source with stream: command, for without commands no alert is ever closed");
    }
  }

  void read_sigma(const Section& top) {
    const auto read_file = [&](std::string_view key, const std::string& file, int line) -> std::optional<SiteDocument> {
      auto content = read_text_file(resolve(file));
      if (content) return SiteDocument{resolve(file), std::move(*content)};
      reader_.error(line, fmt::format("{}: {}, which can't be read", key, resolve(file)), "a file that can be read");
      return std::nullopt;
    };
    const ConfigValue& sigma = top.at("sigma");
    for (std::size_t i = 0; i < sigma.element_lines.size(); ++i)
      if (auto file = read_file("sigma", top.list("sigma")[i], sigma.element_lines[i]))
        configuration_.sigma.push_back(std::move(*file));
    if (!top.text("sigma_pipeline").empty())
      if (auto file = read_file("sigma_pipeline", top.text("sigma_pipeline"), top.line("sigma_pipeline")))
        configuration_.sigma_pipeline = std::move(*file);
  }

  const std::string& path_;
  SectionReader& reader_;
  Pipeline& pipeline_;
  Configuration& configuration_;
  bool sources_are_complete_ = true;
  std::map<std::string, int> topic_lines_;
};

void check_fields(const Configuration& configuration, Diagnostics& diagnostics) {
  std::vector<SigmaFile> files;
  for (const SiteDocument& document : configuration.sigma) files.push_back({document.name, document.content});
  check_sigma_fields(files, {configuration.sigma_pipeline.name, configuration.sigma_pipeline.content}, diagnostics);
}

// Rules of both formats are known by their ids.
void check_sigma(const std::string& path, const Pipeline& pipeline, Diagnostics& diagnostics) {
  if (!pipeline.sigma) return;
  std::map<std::string, const SigmaHead*> heads;
  for (const auto& stream : pipeline.sigma->streams)
    for (const auto& detection : stream.detections) heads.emplace(detection.head.rule_id, &detection.head);
  for (const auto& correlation : pipeline.sigma->correlations)
    heads.emplace(correlation.head.rule_id, &correlation.head);
  for (const RuleSpec& rule : pipeline.rules)
    if (const auto same = heads.find(rule.id); same != heads.end())
      diagnostics.error(same->second->file, same->second->line,
                        fmt::format("rule {}, which is in {} as well", rule.id, path), "each id once");
  const auto has_source = [&](StreamId stream) {
    return std::any_of(pipeline.sources.begin(), pipeline.sources.end(),
                       [&](const SourceSpec& source) { return source.stream == stream; });
  };
  constexpr std::pair<SigmaPlan::Stream, StreamId> read[] = {{SigmaPlan::seal, StreamId::seal},
                                                             {SigmaPlan::trip, StreamId::trip},
                                                             {SigmaPlan::access, StreamId::access},
                                                             {SigmaPlan::camera, StreamId::camera},
                                                             {SigmaPlan::security, StreamId::security}};
  for (const auto& [stream, id] : read)
    for (const auto& detection : pipeline.sigma->streams[stream].detections)
      if (!has_source(id))
        diagnostics.error(detection.head.file, detection.head.line,
                          fmt::format("rule {} without a source of its stream", detection.head.rule_id),
                          fmt::format("a source with stream: {}", name_of(id)));
  for (const auto& detection : pipeline.sigma->streams[SigmaPlan::command].detections)
    diagnostics.error(detection.head.file, detection.head.line,
                      fmt::format("rule {} over service command", detection.head.rule_id),
                      "service seal, trip, access, camera or alert: this version does not judge commands");
}

void load(const std::string& path, const EnvironmentLookup& environment, Diagnostics& diagnostics,
          LoadedPipeline& out) {
  const std::string expected = "a pipeline: application, sources, rules, ...";
  const auto text = read_text_file(path);
  if (!text) return diagnostics.error(path, 0, "a file that can't be read", expected);
  SectionReader reader(path, environment, diagnostics);
  const auto root = reader.parse(*text, expected);
  if (!root) return;
  std::vector<SiteFile> site_files;
  std::map<std::string, int> rule_lines;
  PipelineReader(path, reader, out).read(*root, site_files, rule_lines);
  load_site_files(path, site_files, environment, out, diagnostics);
  if (diagnostics.errors.empty()) warn_of_idle_rules(path, rule_lines, out, diagnostics);
  if (is_timezone(out.pipeline.timezone)) out.site.days = local_days(out.pipeline.timezone);
  out.pipeline.sigma = plan_of(out.configuration, diagnostics);
  check_fields(out.configuration, diagnostics);
  check_sigma(path, out.pipeline, diagnostics);
  out.pipeline.config_hash = pipeline_hash(out.pipeline, site_files);
  out.configuration.rules = out.pipeline.rules;
  out.configuration.timezone = out.pipeline.timezone;
  for (SiteFile& file : site_files) out.configuration.site.push_back({file.path, std::move(file.content)});
}

}  // namespace

LoadedPipeline load_pipeline(const std::string& path, const EnvironmentLookup& environment) {
  LoadedPipeline loaded;
  Diagnostics diagnostics;
  try {
    load(path, environment, diagnostics, loaded);
  } catch (const YAML::Exception& e) {  // not known to happen: the reader asks every node for its type first
    diagnostics.error(path, e.mark.is_null() ? 0 : e.mark.line + 1, "broken YAML (" + e.msg + ")", "a pipeline");
  }
  diagnostics.sort();
  if (!diagnostics.errors.empty()) loaded = {};
  loaded.errors = std::move(diagnostics.errors);
  loaded.warnings = std::move(diagnostics.warnings);
  return loaded;
}

std::string_view name_of(Delivery delivery) { return name_in(deliveries, delivery); }
std::string_view name_of(ClockMode clock) { return name_in(clocks, clock); }
std::string_view name_of(RecordFormat format) { return name_in(formats, format); }
std::string_view name_of(Partitioner partitioner) { return name_in(partitioners, partitioner); }

}  // namespace vigia
