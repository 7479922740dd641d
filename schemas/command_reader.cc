#include "schemas/command_reader.h"

#include "schemas/json_fields.h"
#include "schemas/utf8.h"

namespace vigia {
namespace {

constexpr std::size_t longest_bytes = 64 << 10;
constexpr std::size_t smallest_bytes = 12;  // of a FlatBuffer

std::string read_json(std::string_view bytes, schema::CommandT& out) {
  if (!is_utf8(bytes)) return "the record is not valid UTF-8";
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::object object;
  if (const auto code = parser.parse(bytes.data(), bytes.size()).get(root); code != simdjson::SUCCESS)
    return fmt::format("the record is not valid JSON: {}", simdjson::error_message(code));
  if (root.get(object) != simdjson::SUCCESS)
    return fmt::format("the record is {}, expected an object", json::describe(root));
  json::Findings findings;
  json::for_each_field(object, "", findings, [&](json::Field& field) {
    std::string action;
    if (field("action", action)) {
      out.action = schema::CommandAction::unknown;
      for (const auto known : schema::EnumValuesCommandAction())
        if (action == schema::EnumNameCommandAction(known)) out.action = known;
      return true;
    }
    return field("alert_id", out.alert_id) || field("by", out.by) || field("note", out.note) ||
           field("event_time_ms", out.event_time_ms);
  });
  return findings.error;
}

}  // namespace

std::string read_command(std::string_view bytes, schema::CommandT& out) {
  out = {};
  if (bytes.empty()) return "the record is empty";
  if (bytes.size() > longest_bytes) return "the record is longer than 64 KiB";
  if (bytes.size() < smallest_bytes || bytes.substr(4, 4) != schema::CommandIdentifier()) return read_json(bytes, out);
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  if (!schema::VerifyCommandBuffer(verifier)) return "the record is not a valid FlatBuffers command";
  schema::GetCommand(data)->UnPackTo(&out);
  if (out.action > schema::CommandAction::MAX) out.action = schema::CommandAction::unknown;
  return {};
}

}  // namespace vigia
