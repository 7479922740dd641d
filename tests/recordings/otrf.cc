// Rows of Windows' and Linux' logs, as NXLog and Azure Sentinel kept them, to what Elastic's shippers make of the same events:
// the event's own data under `winlog.event_data`, and starts of processes and connections also in the schema's own fields
// (Winlogbeat's modules for Security and Sysmon).
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>
#include <simdjson.h>

#include "schemas/json_object.h"
#include "schemas/rfc3339.h"
#include "tests/recordings/recording.h"

namespace vigia::recordings {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;
using Data = std::map<std::string, std::string>;

struct Row {
  std::string time, host, channel, code;
  Data data;
  [[nodiscard]] std::string at(const std::string& name) const {
    const auto found = data.find(name);
    return found == data.end() ? std::string() : found->second;
  }
};

std::string text_of(element value) {
  const auto text = value.get_string();
  return text.error() ? simdjson::minify(value) : std::string(text.value_unsafe());
}
std::string member(const object& row, std::string_view name) {
  const auto value = row.at_key(name);
  return value.error() ? std::string() : text_of(value.value_unsafe());
}

std::string between(std::string_view text, std::string_view before, std::string_view behind) {
  const auto begin = text.find(before);
  if (begin == text.npos) return {};
  const auto rest = text.substr(begin + before.size());
  return std::string(rest.substr(0, rest.find(behind)));
}

// <Data Name="X">value</Data>, of an event that may be cut off.
Data data_of_xml(std::string_view xml) {
  constexpr std::string_view head = "<Data Name=\"";
  Data data;
  for (auto at = xml.find(head); at != xml.npos; at = xml.find(head, at + 1)) {
    const auto one = xml.substr(at);
    data[between(one, head, "\"")] = between(one, "\">", "</Data>");
  }
  return data;
}

Data scalars_of(const object& members) {
  Data data;
  for (const auto one : members)
    if (!one.value.is_object() && !one.value.is_array() && one.key != "Message")
      data[std::string(one.key)] = text_of(one.value);
  return data;
}

Row row_of(const object& row, simdjson::dom::parser& parser) {
  if (const auto time = member(row, "@timestamp"); !time.empty())  // NXLog
    return {time, member(row, "Hostname"), member(row, "Channel"), member(row, "EventID"), scalars_of(row)};
  Row out{member(row, "TimeGenerated"), member(row, "Computer"), member(row, "Channel"), member(row, "EventID"), {}};
  const auto message = member(row, "SyslogMessage"), data = member(row, "EventData");
  if (message.starts_with("<Event>")) {
    out.channel = between(message, "<Channel>", "<");
    out.code = between(message, "<EventID>", "<");
    out.data = data_of_xml(message);
  } else if (data.starts_with("{")) {
    out.data = scalars_of(parser.parse(data).get_object().value());
  } else if (data.starts_with("<")) {
    out.data = data_of_xml(data);
  } else {
    out.data = scalars_of(row);
  }
  return out;
}

std::string name_of(const std::string& path) { return path.substr(path.find_last_of("/\\") + 1); }

void write_process(const std::string& image, const std::string& command, const std::string& parent,
                   json::JsonObject& event) {
  auto process = event.object("process");
  process.field("executable", image);
  process.field("name", name_of(image));
  process.field("command_line", command);
  auto above = process.object("parent");
  above.field("executable", parent);
  above.field("name", name_of(parent));
}

void write_connection(const std::string& image, const std::string& direction, const std::string& ip,
                      const std::string& port, json::JsonObject& event) {
  { event.object("network").field("direction", direction); }
  {
    auto process = event.object("process");
    process.field("executable", image);
    process.field("name", name_of(image));
  }
  auto destination = event.object("destination");
  destination.field("ip", ip);
  destination.field("port", std::int64_t{std::stoll(port)});
}

std::string ecs_of(const Row& row) {
  const bool is_sysmon = row.channel.find("Sysmon") != row.channel.npos;
  const bool is_start = (is_sysmon && row.code == "1") || (row.channel == "Security" && row.code == "4688");
  const bool is_link = is_sysmon && row.code == "3";
  const bool is_measured = row.at("Type") == "VMConnection";  // by Azure's own agent
  std::string out;
  json::JsonObject event(out);
  event.field("@timestamp", row.time);
  { event.object("host").field("name", row.host); }
  {
    auto head = event.object("event");
    head.field("code", row.code);
    if (is_start) head.key("category") += R"(["process"],"type":["start"])";
    if (is_link || is_measured) head.key("category") += R"(["network"])";
  }
  if (is_start && is_sysmon)
    write_process(row.at("Image"), row.at("CommandLine"), row.at("ParentImage"), event);
  else if (is_start)
    write_process(row.at("NewProcessName"), row.at("CommandLine"), row.at("ParentProcessName"), event);
  else if (is_link)
    write_connection(row.at("Image"), row.at("Initiated") == "true" ? "egress" : "ingress", row.at("DestinationIp"),
                     row.at("DestinationPort"), event);
  else if (is_measured)
    write_connection(row.at("ProcessName"), row.at("Direction"), row.at("DestinationIp"), row.at("DestinationPort"),
                     event);
  auto winlog = event.object("winlog");
  winlog.field("channel", row.channel);
  auto data = winlog.object("event_data");
  for (const auto& [name, value] : row.data) {
    std::string quoted;
    json::append_json_string(name, quoted);
    data.field(quoted.substr(1, quoted.size() - 2), value);
  }
  return out;
}

}  // namespace

std::vector<reference::Line> read_otrf(const std::string& folder, const harness::TempDir& directory) {
  std::vector<std::string> archives;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".zip") archives.push_back(entry.path().string());
  const auto unpacked = directory.file("unpacked");
  std::filesystem::create_directories(unpacked);
  for (const auto& archive : archives)
    if (std::system(fmt::format("python3 -m zipfile -e '{}' '{}'", archive, unpacked).c_str()) != 0)
      throw std::runtime_error("can't unpack " + archive);

  std::vector<reference::Line> lines;
  simdjson::dom::parser rows, inner;
  for (const auto& entry : std::filesystem::directory_iterator(unpacked)) {
    std::istringstream stream(reference::read_file(entry.path().string()));
    for (std::string text; std::getline(stream, text);) {
      const auto row = row_of(rows.parse(text).get_object().value(), inner);
      const auto time = parse_rfc3339(row.time);
      if (!time) throw std::runtime_error("a row without time: " + text);
      lines.push_back({"security.events", row.host, *time, ecs_of(row)});
    }
  }
  std::ranges::stable_sort(lines, {},
                           [](const auto& line) { return std::tie(line.timestamp_ms, line.key, line.value); });
  return lines;
}

}  // namespace vigia::recordings
