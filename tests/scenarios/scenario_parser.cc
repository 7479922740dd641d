#include "tests/scenarios/scenario_parser.h"

#include <functional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "tests/scenarios/scenario_events.h"
#include "tests/scenarios/scenario_site.h"
#include "tests/scenarios/scenario_words.h"

namespace vigia::scenarios {
namespace {

using Words = std::vector<std::string>;

class Parser {
 public:
  explicit Parser(const std::string& name) { scenario_.name = name; }

  Scenario parse(const std::string& text) {
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
      ++file_line_;
      try {
        if (file_ != nullptr && line != "end")
          *file_ += line + "\n";
        else
          read(line);
      } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format("{}, line {}: {}", scenario_.name, file_line_, error.what()));
      }
    }
    if (file_ != nullptr) throw std::runtime_error(scenario_.name + ": a file without end");
    finish();
    return std::move(scenario_);
  }

 private:
  void read(const std::string& line) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == line.npos || line[begin] == '#') return;
    const auto end = line.find(' ', begin);
    const std::string word = line.substr(begin, end - begin);
    const auto rest_at = end == line.npos ? line.npos : line.find_first_not_of(' ', end);
    const std::string rest = rest_at == line.npos ? "" : line.substr(rest_at);
    const auto known = commands().find(word);
    if (known == commands().end()) throw std::runtime_error("unknown command " + word);
    (this->*known->second)(rest);
  }

  using Command = void (Parser::*)(const std::string&);
  static const std::map<std::string, Command>& commands() {
    static const std::map<std::string, Command> table = {
        {"rule", &Parser::rule},         {"config", &Parser::config},
        {"sigma", &Parser::sigma},       {"file", &Parser::file},
        {"zone", &Parser::zone},         {"route", &Parser::route},
        {"seal", &Parser::seal},         {"trip", &Parser::trip},
        {"door", &Parser::door},         {"camera", &Parser::camera},
        {"security", &Parser::security}, {"list", &Parser::list},
        {"raw", &Parser::raw},           {"batch", &Parser::batch},
        {"end", &Parser::end},           {"until", &Parser::until},
        {"expect", &Parser::expect},     {"revisions", &Parser::revisions},
        {"account", &Parser::account},   {"dead_letter", &Parser::dead_letter},
        {"error", &Parser::error},       {"warning", &Parser::warning},
        {"order", &Parser::order},       {"reference", &Parser::reference}};
    return table;
  }

  static Words words_of(const std::string& rest) {
    const auto comment = rest.find(" #");
    return split(rest.substr(0, comment), ' ');
  }

  void rule(const std::string& rest) { rules_ += "\n  - " + rest; }
  void config(const std::string& rest) {
    const auto colon = rest.find(':');
    if (colon == rest.npos) throw std::runtime_error("config KEY: VALUE");
    sections_[rest.substr(0, colon)] = rest.substr(colon + 1);
  }
  // One of the scenario's own files, else of the ready ones in config/sigma, with the names of fields that ready pipelines have.
  void sigma(const std::string& rest) {
    const bool is_own = scenario_.files.contains(rest);
    auto& list = sections_["sigma"];
    list = fmt::format(" [{}{}]", list.empty() ? "" : list.substr(2, list.size() - 3) + ", ",
                       is_own ? rest : VIGIA_SOURCE_DIR "/config/sigma/" + rest);
    if (!is_own) sections_.try_emplace("sigma_pipeline", " " VIGIA_SOURCE_DIR "/config/sigma/ecs.yml");
    scenario_.has_reference = false;  // it knows no correlations
  }
  // What follows, until `end`, lies beside the pipeline file under that name.
  void file(const std::string& rest) { file_ = &scenario_.files[rest]; }
  void zone(const std::string& rest) { site_.add_zone(words_of(rest)); }
  void route(const std::string& rest) { site_.add_route(words_of(rest)); }

  void add(std::vector<Input> inputs) {
    auto& target = in_batch_ ? members_ : scenario_.inputs;
    target.insert(target.end(), inputs.begin(), inputs.end());
  }
  void seal(const std::string& rest) { add(seal_records(words_of(rest))); }
  void trip(const std::string& rest) { add(trip_records(words_of(rest))); }
  void door(const std::string& rest) { add(door_records(words_of(rest))), has_devices_ = true; }
  void camera(const std::string& rest) { add(camera_records(words_of(rest))), has_devices_ = true; }
  void security(const std::string& rest) { add(security_records(words_of(rest))), has_devices_ = true; }
  // doors|cameras|holders {id: ...}
  void list(const std::string& rest) {
    const auto space = rest.find(' ');
    if (space == rest.npos) throw std::runtime_error("list doors|cameras|holders {id: ...}");
    listed_[rest.substr(0, space)] += "\n  - " + rest.substr(space + 1);
    has_devices_ = true;
  }
  void raw(const std::string& rest) {
    auto words = split(rest, ' ');
    if (words.size() < 3) throw std::runtime_error("raw TOPIC KEY TIME VALUE");
    const auto value_at = words.size() == 3 ? rest.size() : rest.find(words[3], rest.find(words[2]) + words[2].size());
    scenario_.inputs.push_back({{words[0], words[1], parse_time(words[2]), rest.substr(value_at)}, {}, true});
  }
  void batch(const std::string& rest) {
    header_ = words_of(rest);
    in_batch_ = true;
  }
  void end(const std::string&) {
    if (std::exchange(file_, nullptr) != nullptr) return;
    scenario_.inputs.push_back(batch_record(header_, members_));
    members_.clear();
    in_batch_ = false;
  }

  void until(const std::string& rest) { scenario_.until_ms = parse_time(rest); }

  // KIND SUBJECT START [- END|open] [STATUS] [NAME=VALUE ...]
  void expect(const std::string& rest) {
    const auto words = words_of(rest);
    if (words == Words{"none"}) return;
    if (words.size() < 3) throw std::runtime_error("expect KIND SUBJECT START [- END|open] [STATUS] [NAME=VALUE ...]");
    ExpectedAlert alert{words[0], words[1], "confirmed", parse_time(words[2]), 0, {}, file_line_};
    alert.end_ms = alert.start_ms;
    std::size_t next = 3;
    if (next + 1 < words.size() && words[next] == "-") {
      const bool open = words[next + 1] == "open";
      alert.end_ms = open ? 0 : parse_time(words[next + 1]);
      alert.status = open ? "confirmed" : "cleared";
      next += 2;
    }
    for (; next < words.size(); ++next) {
      const auto [name, value] = name_and_value(words[next]);
      if (words[next].find('=') == std::string::npos)
        alert.status = words[next];
      else if (name == "evidence")
        alert.evidence_ms = times_of(value);
      else
        alert.more[name] = value;
    }
    scenario_.alerts.push_back(std::move(alert));
  }

  static std::vector<TimeMs> times_of(const std::string& list) {
    std::vector<TimeMs> times;
    for (const auto& time : split(list, ',')) times.push_back(parse_time(time));
    return times;
  }

  void revisions(const std::string& rest) {
    const auto words = words_of(rest);
    if (words.size() < 4) throw std::runtime_error("revisions KIND SUBJECT START STATUS ...");
    scenario_.revisions.push_back(
        {words[0], words[1], parse_time(words[2]), Words(words.begin() + 3, words.end()), file_line_});
  }
  void account(const std::string& rest) {
    for (const auto& word : words_of(rest)) {
      const auto [name, value] = name_and_value(word);
      scenario_.account[name] = std::stoull(value);
    }
  }
  void dead_letter(const std::string& rest) { scenario_.dead_letters.push_back(rest); }
  void error(const std::string& rest) { scenario_.config_errors.push_back(rest); }
  void warning(const std::string& rest) { scenario_.config_warnings.push_back(rest); }
  void order(const std::string& rest) {
    if (rest != "any") throw std::runtime_error("order any");
    scenario_.any_order = true;
  }
  void reference(const std::string& rest) {
    if (!rest.starts_with("off")) throw std::runtime_error("reference off, and why");
    scenario_.has_reference = false;
  }

  void finish() {
    std::map<std::string, std::string> sections = {
        {"application", " scenario"},
        {"kafka", " {brokers: \"localhost:9092\"}"},
        {"timezone", " America/Guayaquil"},
        {"time", fmt::format(" {{horizon: 24h, allowed_lateness: {}, max_clock_skew: 5m, clock: records}}",
                             scenario_.any_order ? "24h" : "10m")},
        {"state", " {directory: state}"},
        {"site", " [zones.geojson, routes.geojson]"},
        {"sources",
         " [{topic: seal.events, stream: seal, format: json}, {topic: trip.events, stream: trip, format: json}]"},
        {"outputs", " {alerts: vigia.alerts, alert_state: vigia.alerts.state, format: json}"},
        {"rules", rules_.empty() ? " []" : rules_}};
    if (has_devices_) {
      sections["site"] = " [zones.geojson, routes.geojson, site.yaml]";
      sections["sources"] =
          " [{topic: seal.events, stream: seal}, {topic: trip.events, stream: trip}, "
          "{topic: access.events, stream: access}, {topic: camera.events, stream: camera}, "
          "{topic: security.events, stream: security}]";
      scenario_.has_reference = false;  // it knows seals and trips
    }
    for (const auto& [name, value] : listed_) scenario_.site_yaml += name + ":" + value + "\n";
    if (scenario_.site_yaml.empty()) scenario_.site_yaml = "doors: []\n";
    for (const auto& [name, value] : sections_) sections[name] = value;
    for (const auto& [name, value] : sections) scenario_.pipeline_yaml += name + ":" + value + "\n";
    scenario_.zones_geojson = site_.zones_geojson();
    scenario_.routes_geojson = site_.routes_geojson();
  }

  Scenario scenario_;
  ScenarioSite site_;
  std::string rules_;
  std::map<std::string, std::string> sections_;
  Words header_;
  std::vector<Input> members_;
  std::map<std::string, std::string> listed_;  // by section of the site file
  std::string* file_ = nullptr;                // that the lines belong to
  bool in_batch_ = false, has_devices_ = false;
  std::size_t file_line_ = 0;
};

}  // namespace

Scenario parse_scenario(const std::string& name, const std::string& text) { return Parser(name).parse(text); }

}  // namespace vigia::scenarios
