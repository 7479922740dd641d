#include "connectors/alert_payload.h"

#include <algorithm>
#include <array>

#include "connectors/foreign_json.h"
#include "schemas/verify.h"

namespace vigia {

namespace {

constexpr std::size_t longest_id = 64;

// The alert stands whole in the forms for security tools.
std::string read_within(const foreign::Object& document, json::Reader& reader, Alert& out) {
  const auto alert = foreign::object(document, "vigia");
  if (!alert) return "no alert in a member vigia";
  return reader.read_alert(std::string(simdjson::minify(*alert)), out).error;
}

std::string read_as(RecordFormat format, std::string_view bytes, json::Reader& reader, Alert& out) {
  if (format == RecordFormat::json) return reader.read_alert(bytes, out).error;
  if (format == RecordFormat::ecs || format == RecordFormat::ocsf) {
    foreign::dom::object document;
    if (auto error = foreign::read_object(bytes, document); !error.empty()) return error;
    return read_within(format == RecordFormat::ecs ? document : foreign::object(document, "unmapped"), reader, out);
  }
  // Without the identifier any table might pass for an alert.
  if (bytes.size() < 8 || bytes.substr(4, 4) != schema::AlertIdentifier()) return "not an alert in FlatBuffers";
  const schema::Alert* alert = schema::verify_alert_record(bytes);
  if (alert == nullptr) return "FlatBuffers that do not verify";
  alert->UnPackTo(&out);
  return {};
}

bool is_id(const std::string& text) {
  return !text.empty() && text.size() <= longest_id &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

std::string read_alert_payload(std::string_view bytes, RecordFormat expected, json::Reader& reader, Alert& out) {
  if (bytes.empty()) return "empty";
  const std::string error = read_as(expected, bytes, reader, out);
  using enum RecordFormat;
  const auto reads = [&](RecordFormat other) {
    return other != expected && read_as(other, bytes, reader, out).empty();
  };
  if (!error.empty() && std::ranges::none_of(std::array{json, flatbuffers, ecs, ocsf}, reads)) return error;
  if (!is_id(out.alert_id)) return "no alert_id";
  return out.revision > 0 ? "" : "no revision";
}

}  // namespace vigia
