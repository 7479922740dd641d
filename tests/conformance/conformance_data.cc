#include "tests/conformance/conformance_data.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include <simdjson.h>

namespace vigia::conformance {
namespace {

using simdjson::dom::element;

const std::set<std::string, std::less<>>& seal_kinds() {
  static const std::set<std::string, std::less<>> kinds = {
      "unauthorized_stop", "route_deviation", "seal_opened",     "seal_tampered",   "seal_removed",
      "seal_wrong_unlock", "trip_delayed",    "report_interval", "report_distance", "zone_entered",
      "zone_left",         "zone_overstay",   "seal_condition",  "panic",           "weight_difference",
      "second_placement"};
  return kinds;
}

std::string text(element value) { return std::string(value.get_string().value()); }
simdjson::dom::array items(element list) { return list.get_array().value(); }
bool has(element object, std::string_view name) { return !object.at_key(name).error(); }

std::vector<reference::ReferenceAlert> alerts_of(element list) {
  std::vector<reference::ReferenceAlert> alerts;
  for (const element alert : items(list))
    alerts.push_back({text(alert["kind"].value()), text(alert["rule_id"].value()), text(alert["subject_id"].value()),
                      "", alert["start_ms"].get_int64().value(), alert["end_ms"].get_int64().value(), "", ""});
  return alerts;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

bool about_seals(element one) {
  if (has(one, "sigma")) return false;
  std::size_t rules = 0;
  for (const element rule : items(one["rules"].value())) {
    if (!seal_kinds().contains(text(rule["kind"].value()))) return false;
    ++rules;
  }
  for (const element event : items(one["events"].value())) {
    const auto topic = text(event["topic"].value());
    if (topic != "seal.events" && topic != "trip.events") return false;
  }
  return rules > 0;
}

}  // namespace

std::optional<std::string> find_shared(const std::string& name) {
  const auto path = std::filesystem::path(VIGIA_SOURCE_DIR) / ".." / "shared" / name;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  return std::filesystem::canonical(path).string();
}

std::vector<Case> seal_cases(const std::string& conformance, const harness::TempDir& directory) {
  const std::string site = conformance + "/cases/site/";
  const std::string pipeline = replaced(reference::read_file(conformance + "/cases/pipeline.yaml"), "site/", site);
  std::istringstream lines(reference::read_file(conformance + "/cases.jsonl"));
  simdjson::dom::parser parser;
  std::vector<Case> cases;
  for (std::string line; std::getline(lines, line);) {
    const element one = parser.parse(line).value();
    if (!about_seals(one)) continue;
    Case found;
    found.name = text(one["name"].value());
    const std::string rules = simdjson::minify(one["rules"].value());
    found.pipeline = directory.write("case-" + std::to_string(cases.size()) + ".yaml",
                                     replaced(pipeline, "rules: []", "rules: " + rules));
    found.zones_geojson = site + "zones.geojson";
    found.routes_geojson = site + "routes.geojson";
    std::string events;
    for (const element event : items(one["events"].value())) events += std::string(simdjson::minify(event)) + "\n";
    found.until_ms = one["until_ms"].get_int64().value();
    found.expected = alerts_of(one["expected"].value());
    found.lines = reference::parse_lines(events);
    cases.push_back(std::move(found));
  }
  return cases;
}

Case random_scenario(const std::string& conformance, const std::string& name, const std::string& input,
                     const harness::TempDir& directory) {
  const std::string folder = conformance + "/" + name + "/";
  std::istringstream lines(replaced(reference::read_file(folder + "pipeline.yaml"), "site/", folder + "site/"));
  std::string pipeline;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("sigma:")) continue;
    const auto kind = line.find("kind: ");
    const auto end = kind == line.npos ? line.npos : line.find_first_of(",}", kind);
    if (kind != line.npos && !seal_kinds().contains(line.substr(kind + 6, end - kind - 6))) continue;
    pipeline += line + "\n";
  }
  Case found;
  found.name = name + " " + input;
  found.pipeline = directory.write(name + ".yaml", pipeline);
  found.zones_geojson = folder + "site/zones.geojson";
  found.routes_geojson = folder + "site/routes.geojson";
  found.lines = reference::read_lines(folder + input);
  std::erase_if(found.lines,
                [](const auto& line) { return line.topic != "seal.events" && line.topic != "trip.events"; });
  simdjson::dom::parser parser;
  const element expected = parser.load(folder + "expected.json").value();
  found.until_ms = expected["until_ms"].get_int64().value();
  found.expected = alerts_of(expected["alerts"].value());
  std::erase_if(found.expected, [](const auto& alert) {
    return !seal_kinds().contains(alert.kind) || !alert.subject_id.starts_with("seal");
  });
  return found;
}

}  // namespace vigia::conformance
