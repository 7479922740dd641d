#include "tests/conformance/conformance_data.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include <simdjson.h>

namespace vigia::conformance {
namespace {

using simdjson::dom::element;

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

const std::set<std::string_view> seal_topics = {"seal.events", "trip.events"};
bool only_seals(const std::vector<reference::Line>& lines) {
  return std::ranges::all_of(lines, [](const auto& line) { return seal_topics.contains(line.topic); });
}

}  // namespace

std::optional<std::string> find_shared(const std::string& name) {
  const auto path = std::filesystem::path(VIGIA_SOURCE_DIR) / ".." / "shared" / name;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  return std::filesystem::canonical(path).string();
}

std::vector<Case> all_cases(const std::string& conformance, const harness::TempDir& directory) {
  const std::string site = conformance + "/cases/site/";
  const std::string pipeline = replaced(reference::read_file(conformance + "/cases/pipeline.yaml"), "site/", site);
  std::istringstream lines(reference::read_file(conformance + "/cases.jsonl"));
  simdjson::dom::parser parser;
  std::vector<Case> cases;
  for (std::string line; std::getline(lines, line);) {
    const element one = parser.parse(line).value();
    Case found;
    found.name = text(one["name"].value());
    const std::string rules = simdjson::minify(one["rules"].value());
    std::string sigma;
    if (has(one, "sigma"))
      for (const element document : items(one["sigma"].value()))
        sigma += "---\n" + std::string(simdjson::minify(document)) + "\n";
    const auto file = "case-" + std::to_string(cases.size()) + ".sigma.yml";
    if (!sigma.empty()) sigma = "\nsigma: [" + directory.write(file, sigma) + "]";
    found.pipeline = directory.write("case-" + std::to_string(cases.size()) + ".yaml",
                                     replaced(pipeline, "rules: []", "rules: " + rules + sigma));
    found.zones_geojson = site + "zones.geojson";
    found.routes_geojson = site + "routes.geojson";
    std::string events;
    for (const element event : items(one["events"].value())) events += std::string(simdjson::minify(event)) + "\n";
    found.until_ms = one["until_ms"].get_int64().value();
    found.expected = alerts_of(one["expected"].value());
    found.lines = reference::parse_lines(events);
    found.only_seals = only_seals(found.lines);
    cases.push_back(std::move(found));
  }
  return cases;
}

Case random_scenario(const std::string& conformance, const std::string& name, const std::string& input,
                     const harness::TempDir& directory) {
  const std::string folder = conformance + "/" + name + "/";
  const auto pipeline = replaced(replaced(reference::read_file(folder + "pipeline.yaml"), "site/", folder + "site/"),
                                 "[rules/", "[" + folder + "rules/");
  Case found;
  found.name = name + " " + input;
  found.pipeline = directory.write(name + ".yaml", pipeline);
  found.zones_geojson = folder + "site/zones.geojson";
  found.routes_geojson = folder + "site/routes.geojson";
  found.lines = reference::read_lines(folder + input);
  simdjson::dom::parser parser;
  const element expected = parser.load(folder + "expected.json").value();
  found.until_ms = expected["until_ms"].get_int64().value();
  found.expected = alerts_of(expected["alerts"].value());
  return found;
}

Case of_seals(Case one) {
  std::erase_if(one.lines, [](const auto& line) { return !seal_topics.contains(line.topic); });
  std::erase_if(one.expected, [](const auto& alert) { return !alert.subject_id.starts_with("seal"); });
  return one;
}

}  // namespace vigia::conformance
