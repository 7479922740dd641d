#include "connectors/foreign_json.h"

#include <fmt/format.h>

#include <cmath>

#include "schemas/rfc3339.h"
#include "schemas/verify.h"

namespace vigia::foreign {
namespace {

template <class T>
std::optional<T> member(const Object& parent, std::string_view name) {
  T value;
  if (!parent || (*parent)[name].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

}  // namespace

std::string read_object(std::string_view json, dom::object& object) {
  thread_local dom::parser parser;
  if (json.empty()) return "0 bytes, expected a JSON object";
  if (json.size() > schema::max_record_bytes) return "the record is longer than 8 MiB";
  dom::element root;
  if (const auto code = parser.parse(json.data(), json.size()).get(root); code != simdjson::SUCCESS)
    return fmt::format("the record is not valid JSON: {}", simdjson::error_message(code));
  return root.get(object) == simdjson::SUCCESS ? "" : "the record is JSON, but no object";
}

std::string read_object(const InputRecord& record, dom::object& object) { return read_object(record.value, object); }

Object object(const Object& parent, std::string_view name) { return member<dom::object>(parent, name); }
std::optional<dom::array> list(const Object& parent, std::string_view name) { return member<dom::array>(parent, name); }
std::string_view text(const Object& parent, std::string_view name) {
  return member<std::string_view>(parent, name).value_or(std::string_view());
}
std::optional<double> number(const Object& parent, std::string_view name) { return member<double>(parent, name); }
std::optional<bool> flag(const Object& parent, std::string_view name) { return member<bool>(parent, name); }
std::optional<TimeMs> time(const Object& parent, std::string_view name) { return parse_rfc3339(text(parent, name)); }

std::optional<TimeMs> seconds_time(const Object& parent, std::string_view name) {
  const auto seconds = number(parent, name);
  if (!seconds || !(std::abs(*seconds) < 1e12)) return std::nullopt;
  return std::llround(*seconds * 1000);
}

std::optional<std::string> scalar(dom::element value) {
  std::string out;
  switch (value.type()) {
    case dom::element_type::STRING: out = std::string_view(value); break;
    case dom::element_type::BOOL: out = bool(value) ? "true" : "false"; break;
    case dom::element_type::INT64: json::append_json_number(std::int64_t(value), out); break;
    case dom::element_type::UINT64: json::append_json_number(std::uint64_t(value), out); break;
    case dom::element_type::DOUBLE: json::append_json_number(double(value), out); break;
    default: return std::nullopt;
  }
  return out;
}

void Attributes::add(std::string_view name, const Object& parent, std::string_view member_name) {
  if (const auto value = member<dom::element>(parent, member_name))
    if (const auto text = scalar(*value)) add(name, *text);
}

void Attributes::add_all(const Object& parent) {
  if (!parent) return;
  for (const dom::key_value_pair one : *parent)
    if (const auto text = scalar(one.value)) add(one.key, *text);
}

void Attributes::write(json::JsonObject& event) const {
  if (all_.empty()) return;
  std::string& out = event.key("attributes");
  for (const auto& [name, text] : all_) {
    out += &name == &all_.front().first ? '{' : ',';
    json::append_json_string(name, out);
    out += ':';
    json::append_json_string(text, out);
  }
  out += '}';
}

}  // namespace vigia::foreign
