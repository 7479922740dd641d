#include "connectors/sigma_yaml.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "schemas/utf8.h"

namespace vigia {
namespace {

// Numbers and flags are such only without quotes.
SigmaScalar scalar_of(const YAML::Node& node) {
  SigmaScalar out;
  out.line = SigmaYaml::line_of(node);
  if (node.IsNull()) {
    out.type = SigmaScalar::Type::null;
    return out;
  }
  out.text = node.Scalar();
  if (node.Tag() != "?") return out;  // in quotes, or tagged
  if (out.text == "true" || out.text == "True" || out.text == "TRUE" || out.text == "false" || out.text == "False" ||
      out.text == "FALSE") {
    out.type = SigmaScalar::Type::boolean;
    out.flag = out.text[0] == 't' || out.text[0] == 'T';
    out.text = out.flag ? "true" : "false";
  } else if (out.text.starts_with("0x")) {
    std::uint64_t number = 0;
    const auto* const end = out.text.data() + out.text.size();
    const auto [at, code] = std::from_chars(out.text.data() + 2, end, number, 16);
    if (code != std::errc{} || at != end) return out;
    out.type = SigmaScalar::Type::number;
    out.number = static_cast<double>(number);
    out.text = std::to_string(number);
  } else if (parse_number(out.text, out.number)) {
    out.type = SigmaScalar::Type::number;
  }
  return out;
}

std::string kind_of(const YAML::Node& node) {
  return node.IsMap() ? "a map" : node.IsSequence() ? "a list" : node.IsNull() ? "nothing" : node.Scalar();
}

}  // namespace

std::vector<YAML::Node> SigmaYaml::parse(const std::string& text) const {
  if (!is_utf8(text)) {
    error(0, "bytes that are not UTF-8", "a text file in UTF-8");
    return {};
  }
  try {
    return YAML::LoadAll(text);
  } catch (const YAML::Exception& e) {
    error(e.mark.is_null() ? 0 : e.mark.line + 1, "broken YAML (" + e.msg + ")", "Sigma rules");
    return {};
  }
}

std::vector<SigmaYaml::Member> SigmaYaml::members(const YAML::Node& map) const {
  std::vector<Member> out;
  std::set<std::string> seen;
  for (const auto& entry : map) {
    const int line = line_of(entry.first);
    if (!entry.first.IsScalar()) {
      error(line, "a key that is no text", "a name");
      continue;
    }
    out.push_back({entry.first.Scalar(), line, entry.second});
    if (!seen.insert(out.back().key).second) error(line, out.back().key + " twice in one map", "each key once");
  }
  return out;
}

std::optional<std::string> SigmaYaml::text(const Member& member) const {
  if (member.value.IsScalar() && !member.value.Scalar().empty()) return member.value.Scalar();
  error(member.line, fmt::format("{}: {}", member.key, kind_of(member.value)), "a text");
  return std::nullopt;
}

std::vector<std::string> SigmaYaml::texts(const Member& member) const {
  if (!member.value.IsSequence()) {
    auto one = text(member);
    return one ? std::vector<std::string>{std::move(*one)} : std::vector<std::string>{};
  }
  std::vector<std::string> out;
  for (const auto& item : member.value)
    if (auto one = text({member.key, line_of(item), item})) out.push_back(std::move(*one));
  return out;
}

bool SigmaYaml::flag(const Member& member) const {
  if (member.value.IsScalar()) {
    const auto scalar = scalar_of(member.value);
    if (scalar.type == SigmaScalar::Type::boolean) return scalar.flag;
  }
  error(member.line, fmt::format("{}: {}", member.key, kind_of(member.value)), "true or false");
  return false;
}

std::optional<SigmaExpression> SigmaYaml::test(std::string_view key, int line, const YAML::Node& value) const {
  std::vector<SigmaScalar> values;
  const auto add = [&](const YAML::Node& node) {
    if (node.IsScalar() || node.IsNull()) {
      values.push_back(scalar_of(node));
      return true;
    }
    error(line_of(node), fmt::format("{} within {}", kind_of(node), key), "a value or a list of values");
    return false;
  };
  bool good = true;
  if (value.IsSequence()) {
    for (const auto& item : value) good = add(item) && good;
  } else {
    good = add(value);
  }
  auto test = std::make_shared<SigmaTest>();
  bool is_negated = false;
  const auto complain = [this](int at, std::string found, std::string expected) {
    error(at, std::move(found), std::move(expected));
  };
  if (!good || !read_sigma_test(key, line, values, *test, is_negated, complain)) return std::nullopt;
  SigmaExpression out{SigmaExpression::Kind::test, {}, std::move(test)};
  if (!is_negated) return out;
  SigmaExpression negation{SigmaExpression::Kind::negation, {}, {}};
  negation.parts.push_back(std::move(out));
  return negation;
}

SigmaExpression SigmaYaml::tests(const YAML::Node& map) const {
  SigmaExpression out;
  for (const auto& member : members(map))
    if (auto one = test(member.key, member.line, member.value)) out.parts.push_back(std::move(*one));
  return out;
}

SigmaExpression SigmaYaml::selection(const YAML::Node& node) const {
  const int line = line_of(node);
  if (node.IsMap() && node.size() > 0) return tests(node);
  if (!node.IsSequence() || node.size() == 0) {
    if (auto one = node.IsScalar() && !node.Scalar().empty() ? test("", line, node) : std::nullopt) return *one;
    error(line, fmt::format("a selection that is {}", node.size() == 0 ? "empty" : kind_of(node)),
          "a map of fields, or a list of keywords or maps");
    return {};
  }
  SigmaExpression out{SigmaExpression::Kind::any_of, {}, {}};
  for (const auto& item : node) {
    if (item.IsMap() && item.size() > 0) {
      out.parts.push_back(tests(item));
    } else if (auto one = test("", line_of(item), item)) {
      out.parts.push_back(std::move(*one));
    }
  }
  return out;
}

std::optional<SigmaLogSource> SigmaYaml::logsource(const YAML::Node& node) const {
  SigmaLogSource out;
  if (!node.IsMap() || node.size() == 0) {
    error(line_of(node), fmt::format("logsource: {}", kind_of(node)), "a map with product, category or service");
    return std::nullopt;
  }
  bool good = true;
  for (const auto& member : members(node)) {
    auto* const part = member.key == "product"    ? &out.product
                       : member.key == "category" ? &out.category
                       : member.key == "service"  ? &out.service
                                                  : nullptr;
    if (member.key == "definition") continue;  // for people
    if (part == nullptr) {
      error(member.line, "logsource: " + member.key, "product, category, service or definition");
      good = false;
    } else if (auto value = text(member)) {
      *part = std::move(*value);
    } else {
      good = false;
    }
  }
  return good ? std::optional(out) : std::nullopt;
}

}  // namespace vigia
