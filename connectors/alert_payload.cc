#include "connectors/alert_payload.h"

#include <algorithm>

#include "schemas/verify.h"

namespace vigia {

namespace {

constexpr std::size_t longest_id = 64;

std::string read_as(RecordFormat format, std::string_view bytes, json::Reader& reader, Alert& out) {
  if (format == RecordFormat::json) return reader.read_alert(bytes, out).error;
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
  const RecordFormat other = expected == RecordFormat::json ? RecordFormat::flatbuffers : RecordFormat::json;
  std::string error = read_as(expected, bytes, reader, out);
  if (!error.empty() && !read_as(other, bytes, reader, out).empty()) return error;
  if (!is_id(out.alert_id)) return "no alert_id";
  return out.revision > 0 ? "" : "no revision";
}

}  // namespace vigia
