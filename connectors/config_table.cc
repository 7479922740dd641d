#include "connectors/config_table.h"

#include <algorithm>
#include <deque>
#include <map>

#include "connectors/formats.h"
#include "connectors/quantity.h"

namespace vigia {
namespace {

constexpr double second_ms = 1000, hour_ms = 3600 * second_ms, day_ms = 24 * hour_ms;
constexpr double mib = 1 << 20, tib = mib * mib;

KeySpec with_default(std::string_view name, ValueType type, std::string_view default_text, std::string_view help) {
  return {.name = name, .type = type, .help = help, .default_text = default_text};
}

KeySpec required(std::string_view name, ValueType type, std::string_view help) {
  return {.name = name, .type = type, .help = help, .required = true};
}

KeySpec optional(std::string_view name, ValueType type, std::string_view help) {
  return {.name = name, .type = type, .help = help};
}

KeySpec bounded(KeySpec key, double min, double max) {
  key.min = min;
  key.max = max;
  return key;
}

KeySpec one_out_of(KeySpec key, std::vector<std::string_view> allowed) {
  key.allowed = std::move(allowed);
  return key;
}

KeySpec filled(KeySpec key) {
  key.filled = true;
  return key;
}

KeySpec of_section(KeySpec key, std::string_view section) {
  key.section = section;
  return key;
}

SectionSpec pipeline_section() {
  using enum ValueType;
  return {"pipeline",
          "One YAML file is one pipeline; paths in it are relative to it.",
          {required("application", text, "the consumer group, and part of every alert id"),
           of_section(optional("kafka", section, "how to reach the cluster"), "kafka"),
           one_out_of(with_default("delivery", choice, "exactly_once", "what a crash may do to the alert topic"),
                      {"exactly_once", "at_least_once"}),
           with_default("timezone", text, "UTC", "IANA name of the zone of opening hours and local days"),
           of_section(optional("time", section, "lateness and clocks"), "time"),
           of_section(optional("state", section, "what is kept on disk and in memory"), "state"),
           optional("site", text_list, "GeoJSON files of zones and routes; YAML files of doors, cameras and holders"),
           of_section(required("sources", sections, "the topics to read"), "source"),
           of_section(optional("outputs", section, "the topics to write"), "outputs"),
           of_section(optional("correlations", section, "what each correlation may keep"), "correlations"),
           of_section(optional("triage", section, "how what people do about alerts is taken"), "triage"),
           of_section(optional("rules", sections, "what to raise alerts about"), "rule"),
           optional("sigma", text_list, "files of detections and correlations in Sigma's format"),
           optional("sigma_pipeline", text, "a file that maps Sigma's log sources and field names")}};
}

std::vector<SectionSpec> parts_of_a_pipeline() {
  using enum ValueType;
  std::vector<std::string_view> source_formats = {"json", "flatbuffers"};
  for (const ForeignFormat& foreign : foreign_formats())
    if (source_formats.back() != foreign.name) source_formats.push_back(foreign.name);
  return {
      {"kafka",
       "How to reach the cluster.",
       {with_default("brokers", text, "localhost:9092", "bootstrap servers, host:port with commas between"),
        optional("properties", text_map, "handed to librdkafka as they are"),
        with_default("create_topics", boolean, "false", "create missing topics instead of stopping with their names"),
        one_out_of(with_default("lost_offsets", choice, "stop",
                                "when records were not read in time and are gone: stop, or accept and raise an alert"),
                   {"stop", "accept"})}},
      {"time",
       "Lateness and clocks.",
       {bounded(with_default("horizon", duration, "24h", "how late an event may come that sequence numbers announce"),
                second_ms, 31 * day_ms),
        bounded(with_default("allowed_lateness", duration, "10m", "how late one may come that nothing announces"), 0,
                31 * day_ms),
        bounded(with_default("max_clock_skew", duration, "5m", "how far a device's clock may be ahead"), 0,
                31 * day_ms),
        one_out_of(with_default("clock", choice, "wall", "records: never read the wall clock (recordings, tests)"),
                   {"wall", "records"}),
        bounded(with_default("source_silence", duration, "1m", "a source silent for longer is an alert"), second_ms,
                31 * day_ms)}},
      {"state",
       "What is kept on disk and in memory.",
       {with_default("directory", text, "state", "snapshots and the alert store"),
        bounded(with_default("snapshot_every", duration, "10s", "how often changed state goes to disk"), 100, day_ms),
        bounded(with_default("publish_every", duration, "5m",
                             "how often it goes to the topic of snapshots, for other instances; 0s: never"),
                0, day_ms),
        bounded(with_default("standby", integer, "0",
                             "how many other instances keep a copy of each task, to take it on at once"),
                0, 1),
        bounded(with_default("memory_budget", size, "2GiB", "what goes beyond it is spilled to disk"), mib, tib),
        bounded(with_default("proof_retention", duration, "400d",
                             "how long the journal, a snapshot of each day and the records behind an alert are kept"),
                hour_ms, 3660 * day_ms)}},
      {"source",
       "A topic to read.",
       {required("topic", text, "the topic's name"),
        one_out_of(required("stream", choice, "what its records are"),
                   {"seal", "trip", "access", "camera", "security", "command", "site_model"}),
        one_out_of(with_default("format", choice, "json", "how its records are written"), source_formats),
        one_out_of(with_default("partitioner", choice, "auto", "how its producer chose the partition of a key"),
                   {"auto", "murmur2", "crc32", "fnv1a", "unchecked"})}},
      {"outputs",
       "The topics to write.",
       {with_default("alerts", text, "vigia.alerts", "every revision of every alert"),
        with_default("alert_state", text, "vigia.alerts.state", "compacted: the last revision of each alert"),
        with_default("dead_letters", text, "vigia.dead-letters", "records that can't be read, with the reason"),
        with_default("too_late", text, "vigia.too-late", "events that came too late"),
        with_default("signals", text, "vigia.signals", "what stages tell each other; only when a rule needs it"),
        with_default("replies", text, "vigia.commands.replies",
                     "what became of each command; only with a source of stream command"),
        optional("triage", text, "the alerts, for the triage stage; by default APPLICATION.triage"),
        optional("journal", text, "the journal of epochs; by default APPLICATION.journal"),
        optional("snapshots", text, "compacted: the state, for other instances; by default APPLICATION.snapshots"),
        optional("configurations", text,
                 "compacted: rules and zones of all times; by default APPLICATION.configurations"),
        one_out_of(with_default("format", choice, "json", "how alerts are written"),
                   {"json", "flatbuffers", "ecs", "ocsf"}),
        bounded(with_default("alert_retention", duration, "365d", "how long the alert store keeps an alert"), hour_ms,
                3660 * day_ms),
        bounded(with_default("record_retention", duration, "365d",
                             "how long the events of trips and doors are kept for reports"),
                31 * day_ms, 3660 * day_ms)}},
      {"correlations",
       "What each correlation, and each other rule over groups, may keep in a partition; beyond it its oldest group "
       "goes.",
       {bounded(with_default("max_groups", integer, "1000000", "groups of one rule"), 1, 1e9),
        bounded(with_default("max_bytes", size, "512MiB", "memory of one rule's groups"), 1024, tib)}},
      {"triage",
       "How what people do about alerts is taken.",
       {bounded(with_default("reactivate_within", duration, "0s",
                             "an alert raised so soon after one of its rule and subject was closed names that one; 0s: "
                             "never"),
                0, 30 * day_ms)}},
      {"rule",
       "What to raise alerts about: these keys, and the parameters of its kind.",
       {required("id", text, "unique in the pipeline, and part of every alert id"),
        required("kind", text, "the operator"),
        one_out_of(optional("severity", choice, "by default that of the kind"),
                   {"info", "low", "medium", "high", "critical"}),
        one_out_of(optional("category", choice, "by default told by the severity"),
                   {"information", "attention_medium", "attention_major"}),
        optional("message", text, "instead of the operator's own words"),
        one_out_of(optional("route", choice, "who is in charge; by default told by the category"),
                   {"administrator", "deputy"}),
        one_out_of(
            with_default("attend_when", choice, "always", "cleared: its alerts can be closed once they are over"),
            {"always", "cleared"}),
        one_out_of(with_default("scope", choice, "trip", "always: judge seals off their trips too"),
                   {"trip", "always"}),
        of_section(optional("only", section, "what the rule is limited to"), "only")}},
      {"only",
       "What a rule is limited to: lists of patterns (* and ?); all lists given must match.",
       {filled(optional("site", text_list, "site ids")),
        filled(optional("zone", text_list, "zone ids; of a door, its area")),
        filled(optional("id", text_list, "device ids"))}},
  };
}

std::vector<SectionSpec> parts_of_a_site() {
  using enum ValueType;
  const KeySpec id = required("id", text, "unique in the site files");
  const KeySpec site = optional("site", text, "the site that it belongs to");
  const KeySpec lat = bounded(optional("lat_deg", number, "where it is"), -90, 90);
  const KeySpec lon = bounded(optional("lon_deg", number, "where it is"), -180, 180);
  return {
      {"site",
       "Doors, cameras, badge holders, staff and maintenance.",
       {of_section(optional("doors", sections, "doors and gates"), "door"),
        of_section(optional("cameras", sections, "cameras"), "camera"),
        of_section(optional("holders", sections, "badge holders"), "holder"),
        of_section(optional("staff", sections, "who gives commands about alerts; without, anybody"), "member"),
        of_section(optional("maintenance", sections, "when a site's alerts are silenced"), "window")}},
      {"door",
       "A door or gate.",
       {id, site, optional("area", text, "what is behind it"),
        optional("panel", text, "the alarm panel that reports it"),
        optional("hours", text, "when it may be used; without, always"),
        one_out_of(optional("closed", choice, "never to be used"), {"permanently"}), lat, lon}},
      {"camera",
       "A camera.",
       {id, site, optional("zone", text, "the zone it watches"), lat, lon,
        bounded(optional("heartbeat_every", duration, "how often it says that it is alive"), second_ms, 31 * day_ms)}},
      {"holder",
       "Somebody with a badge.",
       {id,
        one_out_of(with_default("class", choice, "unknown", "who they are"),
                   {"unknown", "employee", "visitor", "contractor", "officer", "guard"}),
        optional("areas", text_list, "the areas that they may enter")}},
      {"member",
       "Somebody who gives commands about alerts.",
       {required("id", text, "the name under which they do, unique in the site files"),
        one_out_of(with_default("role", choice, "administrator", "what they may close"), {"administrator", "deputy"}),
        filled(optional("site", text_list, "patterns of the sites that are theirs; without, all"))}},
      {"window",
       "When a site's alerts are silenced.",
       {required("site", text_list, "patterns of site ids"),
        optional("from", text, "its beginning, RFC 3339; without, always"),
        optional("until", text, "its end, RFC 3339; without, for good"),
        optional("hours", text, "only within these hours of the week, local time"),
        filled(optional("except", text_list, "kinds that are not silenced either, patterns"))}},
  };
}

// Default texts that are computed; a deque, so that they stay where they are.
std::string_view keep(std::string text) {
  static std::deque<std::string> texts;
  return texts.emplace_back(std::move(text));
}

KeySpec key_of(const ParamSpec& param) {
  KeySpec key{.name = param.name,
              .help = param.help,
              .required = param.required,
              .min = param.min,
              .max = param.max,
              .allowed = param.allowed};
  const auto whole = static_cast<std::int64_t>(param.default_value);
  switch (param.type) {
    case ParamType::duration: key.type = ValueType::duration; break;
    case ParamType::number: key.type = ValueType::number; break;
    case ParamType::integer: key.type = ValueType::integer; break;
    case ParamType::string: key.type = param.allowed.empty() ? ValueType::text : ValueType::choice; break;
    case ParamType::string_list: key.type = ValueType::text_list; break;
  }
  if (param.required) return key;
  if (!param.default_strings.empty()) {
    key.default_text = param.default_strings[0];
  } else if (param.type == ParamType::duration && whole != 0) {
    key.default_text = keep(format_duration(whole));
  } else if (param.type == ParamType::number || param.type == ParamType::integer) {
    key.default_text = keep(std::to_string(whole));
  }
  return key;
}

}  // namespace

std::span<const SectionSpec> config_sections() {
  static const std::vector<SectionSpec> table = [] {
    std::vector<SectionSpec> sections = {pipeline_section()};
    for (auto* more : {parts_of_a_pipeline, parts_of_a_site}) {
      for (SectionSpec& spec : more()) sections.push_back(std::move(spec));
    }
    return sections;
  }();
  return table;
}

const SectionSpec& config_section(std::string_view name) {
  const auto sections = config_sections();
  return *std::find_if(sections.begin(), sections.end(), [&](const SectionSpec& spec) { return spec.name == name; });
}

const SectionSpec& rule_section(const KindSpec& kind) {
  static const std::map<std::string_view, SectionSpec> table = [] {
    std::map<std::string_view, SectionSpec> sections;
    for (const KindSpec& spec : rule_kinds()) {
      SectionSpec section = config_section("rule");
      section.help = spec.help;
      for (const ParamSpec& param : spec.params) section.keys.push_back(key_of(param));
      sections.emplace(spec.kind, std::move(section));
    }
    return sections;
  }();
  return table.at(kind.kind);
}

}  // namespace vigia
