// Our own JSON in CloudEvents 1.0, as the Kafka protocol binding has it: in binary mode the value is the event and the
// context stands in headers; in structured mode the value is one JSON object with the event in `data`.
#include <fmt/format.h>

#include "connectors/foreign_json.h"
#include "connectors/formats.h"
#include "connectors/record_batch.h"

namespace vigia {
namespace {

std::string_view header(const InputRecord& record, std::string_view name) {
  for (const RecordHeader& one : headers_of(record))
    if (one.name == name && one.value.data() != nullptr) return one.value;
  return {};
}

// The media type alone, without parameters.
std::string_view media_type(std::string_view content_type) {
  const auto end = content_type.find_first_of("; ");
  return content_type.substr(0, end);
}

std::string problem_of_version(std::string_view version) {
  return version.starts_with("1.") ? "" : fmt::format("specversion is \"{}\", expected 1.0", version);
}

std::string problem_of_type(std::string_view content_type) {
  const auto type = media_type(content_type);
  if (type.empty() || type.ends_with("/json") || type.ends_with("+json")) return "";
  return fmt::format("the content type is {}, expected JSON", type);
}

std::string structured(const InputRecord& record, std::string& json) {
  foreign::dom::object envelope;
  if (auto error = foreign::read_object(record, envelope); !error.empty()) return error;
  const auto version = foreign::text(envelope, "specversion");
  if (version.empty()) return "no header ce_specversion and no member specversion, expected a CloudEvent";
  if (auto problem = problem_of_version(version); !problem.empty()) return problem;
  if (auto problem = problem_of_type(foreign::text(envelope, "datacontenttype")); !problem.empty()) return problem;
  const auto data = foreign::object(envelope, "data");
  if (!data) return "data is missing or no object, expected an event or a batch in JSON";
  json += simdjson::minify(*data);
  return {};
}

}  // namespace

std::string adapt_cloudevents(const InputRecord& record, std::string& json) {
  const auto content_type = header(record, "content-type");
  const auto version = header(record, "ce_specversion");
  if (version.empty() || media_type(content_type) == "application/cloudevents+json") return structured(record, json);
  if (auto problem = problem_of_version(version); !problem.empty()) return problem;
  if (auto problem = problem_of_type(content_type); !problem.empty()) return problem;
  if (record.value.empty()) return "0 bytes, expected an event";
  json += record.value;
  return {};
}

}  // namespace vigia
