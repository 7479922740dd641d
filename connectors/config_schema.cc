#include "connectors/config_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "connectors/config_table.h"

namespace vigia {
namespace {

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string quoted_list(const std::vector<std::string_view>& texts) {
  std::vector<std::string> quoted;
  for (const std::string_view text : texts) quoted.push_back(quote(text));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

// What is no text may come from an environment variable, too.
std::string or_variable(const std::string& schema) {
  return fmt::format(R"("anyOf": [{{{}}}, {{"$ref": "#/$defs/variable"}}])", schema);
}

std::string bounds(const KeySpec& key) {
  return key.max > 0 ? fmt::format(R"(, "minimum": {}, "maximum": {})", key.min, key.max) : std::string();
}

std::string texts_of(const KeySpec& key) {
  return key.allowed.empty() ? R"("type": "string", "minLength": 1)"
                             : fmt::format(R"("enum": {})", quoted_list(key.allowed));
}

// The members of a key's schema but for its description and default.
std::string type_of(const KeySpec& key) {
  switch (key.type) {
    case ValueType::text: return may_be_empty(key) ? R"("type": "string")" : R"("type": "string", "minLength": 1)";
    case ValueType::choice: return or_variable(texts_of(key));
    case ValueType::boolean: return or_variable(R"("type": "boolean")");
    case ValueType::integer: return or_variable(R"("type": "integer")" + bounds(key));
    case ValueType::number: return or_variable(R"("type": "number")" + bounds(key));
    case ValueType::duration: return or_variable(R"("type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$")");
    case ValueType::size: return or_variable(R"("type": "string", "pattern": "^[0-9]+(KiB|MiB|GiB)$")");
    case ValueType::text_list:
      return fmt::format(R"("type": "array", "items": {{{}}}{})", texts_of(key),
                         key.required || key.filled ? R"(, "minItems": 1)" : "");
    case ValueType::text_map:
      return R"("type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]})";
    case ValueType::section: return fmt::format(R"("$ref": "#/$defs/{}")", key.section);
    case ValueType::sections:
      return fmt::format(R"("type": "array", "items": {{"$ref": "#/$defs/{}"}}{})", key.section,
                         key.required ? R"(, "minItems": 1)" : "");
  }
  return {};
}

std::string default_of(const KeySpec& key) {
  if (key.default_text.empty()) return {};
  const bool is_json =
      key.type == ValueType::integer || key.type == ValueType::number || key.type == ValueType::boolean;
  const std::string value = is_json ? std::string(key.default_text) : quote(key.default_text);
  return fmt::format(R"(, "default": {})", key.type == ValueType::text_list ? "[" + value + "]" : value);
}

// An object's members, each on lines of its own; `kind`: the value of that key, when it is a rule's.
std::string object_of(const SectionSpec& section, std::string_view kind, std::string_view indent) {
  std::vector<std::string> members;
  std::vector<std::string_view> required;
  for (const KeySpec& key : section.keys) {
    const bool is_kind = !kind.empty() && key.name == "kind";
    members.push_back(fmt::format("\n{}    {}: {{{}{}, \"description\": {}}}", indent, quote(key.name),
                                  is_kind ? fmt::format(R"("const": {})", quote(kind)) : type_of(key), default_of(key),
                                  quote(key.help)));
    if (key.required) required.push_back(key.name);
  }
  const std::string required_member =
      required.empty() ? std::string() : fmt::format("\n{}  \"required\": {},", indent, quoted_list(required));
  return fmt::format(
      "\n{0}  \"description\": {1},\n{0}  \"type\": \"object\",{2}\n{0}  \"additionalProperties\": false,"
      "\n{0}  \"properties\": {{{3}\n{0}  }}",
      indent, quote(section.help), required_member, fmt::join(members, ","));
}

std::string definition(const std::string& name, const std::string& members) {
  return fmt::format("\n    {}: {{{}\n    }}", quote(name), members);
}

// A rule is what its kind says that it is.
std::string rule_definition() {
  std::vector<std::string_view> kinds;
  std::vector<std::string> branches;
  for (const KindSpec& kind : rule_kinds()) {
    kinds.push_back(kind.kind);
    branches.push_back(
        fmt::format("\n        {{\"if\": {{\"properties\": {{\"kind\": {{\"const\": {0}}}}}}}, "
                    "\"then\": {{\"$ref\": \"#/$defs/rule.{1}\"}}}}",
                    quote(kind.kind), kind.kind));
  }
  return definition(
      "rule", fmt::format("\n      \"type\": \"object\",\n      \"required\": [\"id\", \"kind\"],"
                          "\n      \"properties\": {{\"kind\": {{\"enum\": {}}}}},\n      \"allOf\": [{}\n      ]",
                          quoted_list(kinds), fmt::join(branches, ",")));
}

}  // namespace

std::string pipeline_json_schema() {
  std::vector<std::string> definitions;
  definitions.push_back(definition("variable",
                                   "\n      \"description\": \"${NAME} or ${NAME:-default}\",\n      "
                                   "\"type\": \"string\",\n      \"pattern\": \"[$][{]\""));
  for (const std::string_view name : {"kafka", "time", "state", "source", "outputs", "triage", "only"}) {
    definitions.push_back(definition(std::string(name), object_of(config_section(name), {}, "    ")));
  }
  definitions.push_back(rule_definition());
  for (const KindSpec& kind : rule_kinds()) {
    definitions.push_back(
        definition("rule." + std::string(kind.kind), object_of(rule_section(kind), kind.kind, "    ")));
  }
  return fmt::format(
      "{{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"vigia pipeline\",{},"
      "\n  \"$defs\": {{{}\n  }}\n}}\n",
      object_of(config_section("pipeline"), {}, ""), fmt::join(definitions, ","));
}

}  // namespace vigia
