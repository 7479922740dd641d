#include "connectors/rule_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "connectors/suggestion.h"

namespace vigia {
namespace {

constexpr std::string_view clock_fault = "clock_fault";

// The value of a choice key; the enumerators' names are those of the schema.
template <class Enum>
Enum enum_of(const std::string& name, const char* const* names, Enum fallback) {
  for (int i = 0; names[i] != nullptr; ++i) {
    if (name == names[i]) return static_cast<Enum>(i);
  }
  return fallback;
}

ParamValue param_of(const ParamSpec& param, const Section& section) {
  switch (param.type) {
    case ParamType::duration:
    case ParamType::integer: return section.integer(param.name);
    case ParamType::number: return section.number(param.name);
    case ParamType::string: return section.text(param.name);
    case ParamType::string_list: return section.list(param.name);
  }
  return std::int64_t{0};
}

RuleSpec rule_of(const KindSpec& kind, const Section& section, const Section& only) {
  RuleSpec rule;
  rule.id = section.text("id");
  rule.kind = kind.kind;
  rule.severity = enum_of(section.text("severity"), schema::EnumNamesSeverity(), kind.default_severity);
  rule.category = enum_of(section.text("category"), schema::EnumNamesCategory(), default_category(rule.severity));
  rule.message = section.text("message");
  rule.scope = section.text("scope") == "always" || kind.kind == clock_fault ? Scope::always : Scope::trip;
  rule.only = {only.list("site"), only.list("zone"), only.list("id")};
  const std::string& route = section.text("route");
  rule.triage.route = route == "administrator" ? AlertRoute::administrator
                      : route == "deputy"      ? AlertRoute::deputy
                                               : AlertRoute::by_category;
  rule.triage.attend_when_cleared = section.text("attend_when") == "cleared";
  for (const ParamSpec& param : kind.params) rule.params.emplace(param.name, param_of(param, section));
  return rule;
}

// Reads the rules one by one; remembers the ids.
class RuleReader {
 public:
  RuleReader(SectionReader& reader, std::span<const SourceSpec> sources, bool sources_are_complete)
      : reader_(reader), sources_(sources), sources_are_complete_(sources_are_complete) {}

  void read(const YAML::Node& node, std::vector<RuleSpec>& out) {
    const KindSpec* kind = kind_of(node);
    if (kind == nullptr) return;
    const Section section = reader_.read(node, rule_section(*kind));
    const Section only = reader_.read_below(section, "only", config_section("only"));
    RuleSpec rule = rule_of(*kind, section, only);
    check_id(section, rule);
    if (!has_source(*kind, section)) return;
    if (kind->kind == clock_fault && section.given("scope") && section.text("scope") == "trip") {
      reader_.error(section.line("scope"), "scope: trip", "scope: always; clocks are judged on trips and off");
    }
    if (kind->kind == "service_quality" && !(rule.only.site.empty() && rule.only.zone.empty())) {
      reader_.error(section.line("only"), "only: site or zone of service_quality",
                    "only: { id: [...] }; a day's messages are in many places");
    }
    if (is_judged(*kind, rule, section)) out.push_back(std::move(rule));
  }

  [[nodiscard]] const std::map<std::string, int>& lines() const { return lines_; }

 private:
  // The kind, or nullptr when the rest of the rule can't be judged without it; then the common keys have been checked.
  const KindSpec* kind_of(const YAML::Node& node) {
    const auto name = reader_.peek_text(node, "kind");
    const KindSpec* kind = name ? find_kind(*name) : nullptr;
    if (kind != nullptr) return kind;
    const int line = SectionReader::line_of(node);
    if (!name) {
      reader_.error(line, "rule without kind", "kind: the name of an operator, such as unauthorized_stop");
    } else if (*name == "incident") {
      reader_.error(line, "kind: incident", "detections and correlations in Sigma's format, in files named by sigma");
    } else {
      std::vector<std::string_view> names;
      for (const KindSpec& spec : rule_kinds()) names.push_back(spec.kind);
      reader_.error(line, fmt::format("kind: {}", *name), one_of(*name, names));
    }
    if (const auto id = reader_.peek_text(node, "id")) note_id(*id, line);
    return nullptr;
  }

  void check_id(const Section& section, const RuleSpec& rule) {
    if (!section.given("id") || rule.id.empty()) return;
    const int line = section.line("id");
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
    if (rule.id.size() > 200 || std::any_of(rule.id.begin(), rule.id.end(), is_control)) {
      reader_.error(line, "id: too long or with control characters", "1 to 200 printable characters");
    }
    if (rule.id == clock_fault && rule.kind != clock_fault) {
      reader_.error(line, "id: clock_fault", "another id; this one is the implicit rule's");
    }
    note_id(rule.id, line);
  }

  void note_id(const std::string& id, int line) {
    const auto [first, is_new] = lines_.emplace(id, line);
    if (is_new) return;
    reader_.error(line, fmt::format("rule id {} again (first on line {})", id, first->second), "each id once");
  }

  bool has_source(const KindSpec& kind, const Section& section) {
    const auto is_read = [&](StreamId stream) {
      return std::ranges::any_of(sources_, [&](const SourceSpec& source) { return source.stream == stream; });
    };
    const bool all = kind.needs_all_streams;
    if (!sources_are_complete_ ||
        (all ? std::ranges::all_of(kind.streams, is_read) : std::ranges::any_of(kind.streams, is_read)))
      return true;
    std::vector<std::string_view> names;
    for (const StreamId stream : kind.streams) names.push_back(name_of(stream));
    reader_.error(section.line("kind"),
                  fmt::format("kind {} without a source of {}", kind.kind, all ? "each of its streams" : "its stream"),
                  fmt::format("a source with stream: {}", fmt::join(names, all ? ", and one with stream: " : " or ")));
    return false;
  }

  template <class Predicate>
  bool reads_any(const KindSpec& kind, Predicate predicate) const {
    return std::any_of(sources_.begin(), sources_.end(), [&](const SourceSpec& source) {
      return std::find(kind.streams.begin(), kind.streams.end(), source.stream) != kind.streams.end() &&
             predicate(source);
    });
  }

  bool is_judged(const KindSpec& kind, const RuleSpec& rule, const Section& section) {
    const int line = section.line("kind");
    if (!sources_are_complete_) return true;  // of a source that is wrong nothing can be said
    if (!reads_any(kind, [](const SourceSpec& source) { return source.has_operators; })) {
      reader_.warning(
          line, fmt::format("kind {} is not judged by its stream in this version; the rule is ignored", kind.kind));
      return false;
    }
    const auto is_trip = [](const SourceSpec& source) { return source.stream == StreamId::trip; };
    const bool is_of_seals = reads_any(kind, [](const SourceSpec& source) {
      return source.stream == StreamId::seal || source.stream == StreamId::trip;
    });
    if (is_of_seals && rule.scope == Scope::trip && std::none_of(sources_.begin(), sources_.end(), is_trip)) {
      reader_.warning(line, fmt::format("rule {} judges only on trips and no source has stream: trip, so it will never "
                                        "raise an alert; scope: always judges without trips",
                                        rule.id));
    }
    return true;
  }

  SectionReader& reader_;
  std::span<const SourceSpec> sources_;
  bool sources_are_complete_;
  std::map<std::string, int> lines_;  // of the ids seen
};

}  // namespace

std::map<std::string, int> read_rules(SectionReader& reader, const std::vector<YAML::Node>& nodes,
                                      std::span<const SourceSpec> sources, bool sources_are_complete,
                                      std::vector<RuleSpec>& out) {
  RuleReader rules(reader, sources, sources_are_complete);
  for (const YAML::Node& node : nodes) rules.read(node, out);
  const auto has_devices = [](const SourceSpec& source) {
    return source.stream == StreamId::seal || source.stream == StreamId::access || source.stream == StreamId::camera;
  };
  const auto is_clock_fault = [](const RuleSpec& rule) { return rule.kind == clock_fault; };
  if (std::any_of(sources.begin(), sources.end(), has_devices) &&
      std::none_of(out.begin(), out.end(), is_clock_fault)) {
    out.push_back(implicit_clock_fault());
  }
  return rules.lines();
}

}  // namespace vigia
