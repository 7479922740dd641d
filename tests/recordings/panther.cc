#include "tests/recordings/panther.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include "schemas/json_object.h"
#include "schemas/rfc3339.h"

namespace vigia::recordings {
namespace {

constexpr TimeMs minute_ms = 60'000;
constexpr TimeMs minute_zero_ms = 1'717'200'000'000;  // 2024-06-01T00:00:00Z

std::string in_quotes(const std::string& text) {
  std::string out;
  json::append_json_string(text, out);
  return out;
}

struct Signal {
  std::string group, rule, field;  // field: of MatchCriteria, empty without any
  int at_least = 1;
  bool is_absent = false;
};

std::vector<Signal> signals_of(const YAML::Node& detection) {
  std::map<std::string, std::string> fields;
  std::size_t criteria = 0;
  for (const auto& criterion : detection["MatchCriteria"]) {
    ++criteria;
    for (const auto& match : criterion.second)
      fields[match["GroupID"].as<std::string>()] = match["Match"].as<std::string>();
  }
  if (criteria > 1) throw std::runtime_error("more than one criterion");
  std::vector<Signal> out;
  for (const auto& one : detection["Group"]) {
    const auto group = one["ID"].as<std::string>();
    out.push_back({group, one["RuleID"].as<std::string>(), fields[group], one["MinMatchCount"].as<int>(1),
                   one["Absence"].as<bool>(false)});
  }
  return out;
}

// The lines of a correlation; `fields`: of each rule the one that is joined, empty: none is.
std::string correlation(const std::string& name, const std::string& type, const std::string& more, int minutes,
                        const std::vector<std::pair<std::string, std::string>>& rules) {
  std::vector<std::string> names, aliases;
  for (const auto& [rule, field] : rules) {
    names.push_back(in_quotes(rule));
    if (!field.empty()) aliases.push_back(fmt::format("{}: {}", in_quotes(rule), in_quotes(field)));
  }
  const auto grouped =
      aliases.empty() ? std::string()
                      : fmt::format("  group-by: [joined]\n  aliases: {{joined: {{{}}}}}\n", fmt::join(aliases, ", "));
  return fmt::format("---\nname: {}\ncorrelation:\n  type: {}\n  rules: [{}]\n{}  timespan: {}m\n{}", in_quotes(name),
                     type, fmt::join(names, ", "), grouped, minutes, more);
}

void say(const YAML::Node& detection, PantherRule& out) {
  const auto signals = signals_of(detection);
  const int minutes = detection["LookbackWindowMinutes"].as<int>();
  std::vector<std::pair<std::string, std::string>> present, absent;
  for (const auto& signal : signals) {
    out.signals.push_back(signal.rule);
    auto& side = signal.is_absent ? absent : present;
    if (signal.at_least == 1) {
      side.emplace_back(signal.rule, signal.field);
      continue;
    }
    const auto often = fmt::format("{}: {}", out.id, signal.group);
    out.sigma += correlation(often, "event_count", fmt::format("  condition: {{gte: {}}}\n", signal.at_least), minutes,
                             {{signal.rule, signal.field}});
    side.emplace_back(often, signal.field.empty() ? "" : "joined");
  }
  if (absent.empty()) {
    out.sigma += correlation(out.id, "temporal", "", minutes, present);
    return;
  }
  if (present.size() != 1 || absent.size() != 1) {
    out.why_not = fmt::format("absence is of one rule and another, not of {} and {}", present.size(), absent.size());
    return;
  }
  const auto joined = present.front().second.empty() ? "" : "joined";
  std::vector<std::pair<std::string, std::string>> both;
  for (const std::string direction : {"before", "after"}) {
    both.emplace_back(fmt::format("{}: none {}", out.id, direction), joined);
    out.sigma += correlation(both.back().first, "absence", fmt::format("  direction: {}\n", direction), minutes,
                             {present.front(), absent.front()});
  }
  out.sigma += correlation(out.id, "temporal", "", 1, both);
}

TimeMs time_of(const YAML::Node& at) {
  if (const auto time = parse_rfc3339(at.Scalar())) return *time;
  return minute_zero_ms + at.as<int>() * minute_ms;
}

// {"a":{"b":"value"}} of a.b
std::string nested(const std::string& path, const std::string& value) {
  const auto dot = path.find('.');
  if (dot == path.npos) return fmt::format("{}:{}", in_quotes(path), in_quotes(value));
  return fmt::format("{}:{{{}}}", in_quotes(path.substr(0, dot)), nested(path.substr(dot + 1), value));
}

PantherTest test_of(const YAML::Node& node, const std::map<std::string, std::string>& rules) {
  PantherTest test{node["Name"].as<std::string>(), node["ExpectedResult"].as<bool>(), {}};
  for (const auto& output : node["RuleOutputs"])
    for (const auto& field : output["Matches"])
      for (const auto& value : field.second)
        for (const auto& at : value.second) {
          const auto text = value.first.as<std::string>();
          const auto time_ms = time_of(at);
          test.lines.push_back({"security.events", text, time_ms,
                                fmt::format(R"({{"@timestamp":{},"p_rule_id":{},{}}})", time_ms,
                                            in_quotes(rules.at(output["ID"].as<std::string>())),
                                            nested(field.first.as<std::string>(), text))});
        }
  std::ranges::stable_sort(test.lines, {}, &reference::Line::timestamp_ms);
  return test;
}

PantherRule read_rule(const std::string& path) {
  const auto node = YAML::LoadFile(path);
  const auto detection = node["Detection"];
  if (detection.size() != 1 || !detection[0]["Group"]) throw std::runtime_error(path + ": no single group");
  PantherRule rule{node["RuleID"].as<std::string>(), {}, {}, {}, {}};
  say(detection[0], rule);
  std::map<std::string, std::string> rules;
  for (const auto& signal : signals_of(detection[0])) rules[signal.group] = signal.rule;
  for (const auto& test : node["Tests"]) rule.tests.push_back(test_of(test, rules));
  return rule;
}

}  // namespace

std::vector<PantherRule> read_panther(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/correlation_rules"))
    paths.push_back(entry.path().string());
  std::ranges::sort(paths);
  std::vector<PantherRule> rules;
  for (const auto& path : paths) rules.push_back(read_rule(path));
  return rules;
}

std::vector<PantherRule> in_a_row(std::vector<PantherRule> rules) {
  int number = 1;
  TimeMs begin_ms = 1'577'836'800'000;  // 2020-01-01T00:00:00Z
  for (auto& rule : rules)
    for (auto& test : rule.tests) {
      const auto by_ms = begin_ms - test.lines.front().timestamp_ms;
      for (auto& line : test.lines) {
        const auto before = fmt::format("{{\"@timestamp\":{},", line.timestamp_ms);
        line.timestamp_ms += by_ms;
        line.value.replace(0, before.size(), fmt::format("{{\"@timestamp\":{},", line.timestamp_ms));
        const auto joined = in_quotes(line.key);
        line.key = fmt::format("{}/{}", number, line.key);
        line.value.replace(line.value.rfind(joined), joined.size(), in_quotes(line.key));
      }
      begin_ms += test_apart_ms;
      ++number;
    }
  return rules;
}

std::vector<reference::Line> lines_of(const std::vector<PantherRule>& rules) {
  std::vector<reference::Line> lines;
  for (const auto& rule : rules)
    for (const auto& test : rule.tests) lines.insert(lines.end(), test.lines.begin(), test.lines.end());
  return lines;
}

std::string sigma_of(const std::vector<PantherRule>& rules) {
  std::set<std::string> signals;
  std::string out;
  for (const auto& rule : rules) {
    if (!rule.why_not.empty()) continue;
    signals.insert(rule.signals.begin(), rule.signals.end());
    out += rule.sigma;
  }
  for (const auto& signal : signals)
    out += fmt::format(
        "---\nname: {0}\nlogsource: {{product: panther}}\ndetection:\n  signal: {{p_rule_id: {0}}}\n  condition: "
        "signal\n",
        in_quotes(signal));
  return out;
}

}  // namespace vigia::recordings
