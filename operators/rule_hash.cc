#include "operators/rule_hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "schemas/enum_names.h"

namespace vigia {
namespace {

std::string hex_of(const std::string& text) { return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size())); }

void append(std::string& out, const std::vector<std::string>& texts) {
  for (const auto& text : texts) fmt::format_to(std::back_inserter(out), "{}:{},", text.size(), text);
  out += ';';
}

void append(std::string& out, const ParamValue& value) {
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) return append(out, *texts);
  if (const auto* text = std::get_if<std::string>(&value)) return append(out, std::vector<std::string>{*text});
  if (const auto* number = std::get_if<double>(&value)) fmt::format_to(std::back_inserter(out), "{};", *number);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) fmt::format_to(std::back_inserter(out), "{};", *integer);
}

}  // namespace

std::string hash_of(const RuleSpec& rule) {
  auto text = fmt::format("{}:{};{};{};{};{};", rule.id.size(), rule.id, rule.kind, schema::name_of(rule.severity),
                          schema::name_of(rule.category), rule.scope == Scope::always ? "always" : "trip");
  append(text, rule.only.site);
  append(text, rule.only.zone);
  append(text, rule.only.id);
  for (const auto& [name, value] : rule.params) {
    text += name + "=";
    append(text, value);
  }
  return hex_of(text);
}

std::string hash_with(const std::string& rule_hash, std::uint64_t content_hash) {
  return hex_of(fmt::format("{}+{:016x}", rule_hash, content_hash));
}

}  // namespace vigia
