// A rule as configured: the kind of operator, its parameters with defaults filled in, and what it is limited to.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/identity.h"
#include "schemas/alert_generated.h"

namespace vigia {

enum class ParamType : std::uint8_t { duration, number, integer, string, string_list };

// A parameter's value: a duration in ms and an integer are int64.
using ParamValue = std::variant<std::int64_t, double, std::vector<std::string>, std::string>;

// What one parameter may be. `required` ones have no default. Bounds are inclusive and in the parameter's unit
// (durations: ms). `allowed` lists the permitted values of a string or string_list; empty: any.
struct ParamSpec {
  std::string_view name;
  ParamType type = ParamType::duration;
  bool required = false;
  double default_value = 0;  // may lie outside the bounds: 0 then means "off"
  double min = 0;
  double max = 0;
  std::vector<std::string_view> allowed = {};
  std::string_view help = {};
  std::vector<std::string_view> default_strings = {};  // of a string (the first) or a string_list
};

enum class StreamId : std::uint8_t {
  trip,
  seal,
  access,
  camera,
  security,
  command,
  site_model
};  // order of ties: trip first
[[nodiscard]] std::string_view name_of(StreamId stream);

// The streams that this version's operators read; events of the others are accepted and judged by no rule.
[[nodiscard]] bool has_operators(StreamId stream);

// One line of the table of kinds: everything about a kind that is not code.
struct KindSpec {
  std::string_view kind;
  std::vector<StreamId> streams;  // it needs a source of one of these, or of each
  schema::Severity default_severity = schema::Severity::medium;
  std::vector<ParamSpec> params;
  std::string_view help;  // one line for people
  bool needs_all_streams = false;
};

enum class Scope : std::uint8_t { trip, always };

// Glob patterns (`*`, `?`); all lists given must match; an empty list matches everything.
struct Only {
  std::vector<std::string> site, zone, id;
};

// Who is in charge of an alert.
enum class AlertRoute : std::uint8_t { by_category, administrator, deputy };

// What the triage stage does with a rule's alerts; nothing of it changes an alert (docs/triage.md).
struct TriageSpec {
  AlertRoute route = AlertRoute::by_category;
  bool attend_when_cleared = false;  // they can be closed only once they are over
  friend bool operator==(const TriageSpec&, const TriageSpec&) = default;
};

struct RuleSpec {
  std::string id;
  std::string kind;
  schema::Severity severity = schema::Severity::medium;
  schema::Category category = schema::Category::information;
  std::string message;  // empty: the operator's own words
  Scope scope = Scope::trip;
  Only only;
  TriageSpec triage = {};
  std::map<std::string, ParamValue, std::less<>> params;  // every parameter of the kind, defaults filled in

  [[nodiscard]] TimeMs duration_ms(std::string_view name) const {
    return std::get<std::int64_t>(params.find(name)->second);
  }
  [[nodiscard]] std::int64_t integer(std::string_view name) const {
    return std::get<std::int64_t>(params.find(name)->second);
  }
  [[nodiscard]] double number(std::string_view name) const { return std::get<double>(params.find(name)->second); }
  [[nodiscard]] const std::vector<std::string>& strings(std::string_view name) const {
    return std::get<std::vector<std::string>>(params.find(name)->second);
  }
  [[nodiscard]] const std::string& string(std::string_view name) const {
    return std::get<std::string>(params.find(name)->second);
  }
};

// Every kind of rule, those of later versions too, in the order of the documentation. A new operator is one line there.
[[nodiscard]] std::span<const KindSpec> rule_kinds();

// nullptr when there is no such kind.
[[nodiscard]] const KindSpec* find_kind(std::string_view kind);

// What an alert is when its rule does not say: critical and high need major attention, medium needs medium.
[[nodiscard]] schema::Category default_category(schema::Severity severity);

// The rule that every pipeline with devices has, configured or not: kind and id `clock_fault`, info.
[[nodiscard]] RuleSpec implicit_clock_fault();

// Everything a rule says, defaults included, the same for the same rule: for hashes, not for people.
[[nodiscard]] std::string canonical_text(const RuleSpec& rule);

// True when `text` matches the glob `pattern` (`*` any run, `?` one character).
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace vigia
