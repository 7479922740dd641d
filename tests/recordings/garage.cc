#include <algorithm>
#include <sstream>

#include <simdjson.h>

#include "schemas/rfc3339.h"
#include "tests/recordings/recording.h"

namespace vigia::recordings {

std::vector<reference::Line> read_garage(const std::string& folder) {
  std::vector<reference::Line> lines;
  simdjson::dom::parser parser;
  TimeMs newest_ms = 0;
  std::istringstream stream(reference::read_file(folder + "/demo-1.jsonl"));
  for (std::string text; std::getline(stream, text);) {
    const simdjson::dom::element message = parser.parse(text).value();
    newest_ms = std::max(newest_ms, *parse_rfc3339(message["@timestamp"].get_string().value()));
    lines.push_back({"camera.events", std::string(message["sensor"]["id"].get_string().value()), newest_ms, text});
  }
  return lines;
}

const std::string garage_rules =
    "name: spot_parked\n"
    "logsource: {product: vigia, service: camera}\n"
    "detection: {verdict: {kind: object, attributes.event_type: parked}, condition: verdict}\n"
    "---\n"
    "name: spot_empty\n"
    "logsource: {product: vigia, service: camera}\n"
    "detection: {verdict: {kind: object, attributes.event_type: empty}, condition: verdict}\n"
    "---\n"
    "name: spot_left\n"
    "generate: true\n"
    "correlation: {type: temporal_ordered, rules: [spot_parked, spot_empty], group-by: [zone_id], timespan: 30m}\n";

}  // namespace vigia::recordings
