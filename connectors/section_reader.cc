#include "connectors/section_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "connectors/scalar_value.h"
#include "connectors/suggestion.h"
#include "schemas/utf8.h"

namespace vigia {
namespace {

// Texts of the file in a message: on one line, and not all of a novel.
std::string excerpt(std::string_view text) {
  constexpr std::size_t longest = 80;
  std::string out(text.substr(0, longest));
  std::replace(out.begin(), out.end(), '\n', ' ');
  return text.size() > longest ? out + "..." : out;
}

// The first line that is not UTF-8, of which yaml-cpp would silently drop the rest; 0: none.
int line_without_utf8(std::string_view text) {
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!is_utf8(text.substr(0, end))) return line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}

template <class Variant>
void assign(const ScalarValue& scalar, Variant& out) {
  std::visit([&](const auto& value) { out = value; }, scalar.value);
}

}  // namespace

const ConfigValue& Section::at(std::string_view key) const {
  static const ConfigValue nothing;
  const auto found = values_.find(key);
  return found == values_.end() ? nothing : found->second;
}

std::optional<YAML::Node> SectionReader::parse(const std::string& text, std::string_view expected) {
  if (const int line = line_without_utf8(text); line != 0) {
    error(line, "bytes that are not UTF-8", "a text file in UTF-8");
    return std::nullopt;
  }
  try {
    references_ = {};
    const std::vector<YAML::Node> documents = YAML::LoadAll(references_.hide(text));
    if (documents.size() > 1) {
      error(line_of(documents[1]), "a second document", "one YAML document a file");
      return std::nullopt;
    }
    if (!documents.empty() && documents[0].IsMap()) return documents[0];
    error(1, documents.empty() || documents[0].IsNull() ? "an empty file" : "no map", std::string(expected));
  } catch (const YAML::Exception& e) {
    error(e.mark.is_null() ? 0 : e.mark.line + 1, "broken YAML (" + e.msg + ")", std::string(expected));
  }
  return std::nullopt;
}

Section SectionReader::read(const YAML::Node& map, const SectionSpec& spec) {
  Section section;
  section.line_ = line_of(map);
  std::vector<std::string_view> names;
  for (const KeySpec& key : spec.keys) names.push_back(key.name);

  std::set<std::string> seen;
  for (const auto& entry : map) {
    const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "a key that is no text";
    const int line = line_of(entry.first);
    if (!seen.insert(name).second) {
      error(line, fmt::format("{} twice in one {}", excerpt(references_.as_written(name)), spec.name), "each key once");
      continue;
    }
    const auto key = std::find_if(spec.keys.begin(), spec.keys.end(), [&](const KeySpec& k) { return k.name == name; });
    if (key == spec.keys.end()) {
      error(line, fmt::format("unknown key {} in {}", excerpt(references_.as_written(name)), spec.name),
            one_of(name, names));
      continue;
    }
    ConfigValue& value = section.values_[std::string(name)];
    value.line = line;
    value.given = true;
    read_value(*key, entry.second, value);
  }
  for (const KeySpec& key : spec.keys) {
    if (seen.contains(std::string(key.name))) continue;
    if (key.required) {
      error(section.line_, fmt::format("{} without {}", spec.name, key.name),
            fmt::format("{}: {} ({})", key.name, expectation(key), key.help));
    }
    ConfigValue& value = section.values_[std::string(key.name)];
    value.line = section.line_;
    if (key.default_text.empty()) continue;
    const std::string text(key.default_text);
    if (key.type == ValueType::text_list) {
      value.value = std::vector<std::string>{text};
    } else {
      assign(parse_scalar(key, text, false), value.value);
    }
  }
  return section;
}

Section SectionReader::read_below(const Section& section, std::string_view key, const SectionSpec& spec) {
  const ConfigValue& value = section.at(key);
  return read(value.maps.empty() ? YAML::Node(YAML::NodeType::Map) : value.maps[0], spec);
}

std::optional<std::string> SectionReader::peek_text(const YAML::Node& map, std::string_view key) const {
  for (const auto& entry : map) {
    if (!entry.first.IsScalar() || entry.first.Scalar() != key || !entry.second.IsScalar()) continue;
    return references_.expand(entry.second.Scalar(), environment_).text;
  }
  return std::nullopt;
}

void SectionReader::read_value(const KeySpec& key, const YAML::Node& node, ConfigValue& out) const {
  // A null's own mark may stand on the next key.
  if (node.IsNull()) return error(out.line, fmt::format("{}: nothing", key.name), expectation(key));
  switch (key.type) {
    case ValueType::text_list: return read_list(key, node, out);
    case ValueType::text_map: return read_texts_by_name(key, node, out);
    case ValueType::section:
    case ValueType::sections: return read_maps(key, node, out);
    default: return read_scalar(key, node, out);
  }
}

void SectionReader::read_scalar(const KeySpec& key, const YAML::Node& node, ConfigValue& out) const {
  const auto scalar = expand(key, node);
  if (!scalar) return;
  // What a variable holds is neither plain nor quoted: it is whatever the key asks for.
  const bool is_text_type = key.type == ValueType::text || key.type == ValueType::choice;
  const bool text_for_number =
      scalar->quoted && !scalar->substituted &&
      (key.type == ValueType::integer || key.type == ValueType::number || key.type == ValueType::boolean);
  const ScalarValue value =
      text_for_number ? ScalarValue{} : parse_scalar(key, scalar->text, !scalar->quoted && !scalar->substituted);
  assign(value, out.value);
  if (!std::holds_alternative<std::monostate>(value.value)) return;
  const bool in_quotes = text_for_number || (is_text_type && (scalar->quoted || scalar->text.empty()));
  const std::string_view quote = in_quotes ? "\"" : "";
  error(out.line, fmt::format("{}: {}{}{}", key.name, quote, excerpt(scalar->text), quote),
        expectation(key, scalar->text));
}

void SectionReader::read_list(const KeySpec& key, const YAML::Node& node, ConfigValue& out) const {
  std::vector<std::string> texts;
  if (!node.IsSequence()) wrong_type(key, node);
  for (std::size_t i = 0; node.IsSequence() && i < node.size(); ++i) {
    const auto scalar = expand(key, node[i]);
    if (!scalar) continue;
    const ScalarValue value = parse_scalar(key, scalar->text, !scalar->quoted && !scalar->substituted);
    if (const auto* text = std::get_if<std::string>(&value.value)) {
      texts.push_back(*text);
      out.element_lines.push_back(line_of(node[i]));
    } else {
      const std::string found = scalar->text.empty() ? "\"\"" : excerpt(scalar->text);
      error(line_of(node[i]), fmt::format("{}: {}", key.name, found), expectation(key, scalar->text));
    }
  }
  if ((key.required || key.filled) && node.IsSequence() && node.size() == 0) {
    error(out.line, fmt::format("{}: an empty list", key.name), expectation(key));
  }
  out.value = std::move(texts);
}

void SectionReader::read_texts_by_name(const KeySpec& key, const YAML::Node& node, ConfigValue& out) const {
  std::map<std::string, std::string> texts;
  if (!node.IsMap()) wrong_type(key, node);
  for (auto entry = node.begin(); node.IsMap() && entry != node.end(); ++entry) {
    const std::string name = entry->first.IsScalar() ? entry->first.Scalar() : std::string();
    const KeySpec value_key{.name = name, .type = ValueType::text, .help = key.help};
    const auto scalar = expand(value_key, entry->second);
    if (scalar && !texts.emplace(name, scalar->text).second) {
      error(line_of(entry->first), fmt::format("{} twice in {}", excerpt(name), key.name), "each name once");
    }
  }
  out.value = std::move(texts);
}

void SectionReader::read_maps(const KeySpec& key, const YAML::Node& node, ConfigValue& out) const {
  if (key.type == ValueType::section) {
    if (node.IsMap()) return out.maps.push_back(node);
    return wrong_type(key, node);
  }
  if (!node.IsSequence()) return wrong_type(key, node);
  for (std::size_t i = 0; i < node.size(); ++i) {
    if (node[i].IsMap()) {
      out.maps.push_back(node[i]);
    } else {
      error(line_of(node[i]), fmt::format("{}: something that is no map", key.name),
            fmt::format("each of them {{key: value, ...}} with the keys of {}", key.section));
    }
  }
  if (key.required && node.size() == 0) error(out.line, fmt::format("{}: an empty list", key.name), "at least one");
}

void SectionReader::wrong_type(const KeySpec& key, const YAML::Node& node) const {
  const std::string found = node.IsNull()       ? "nothing"
                            : node.IsSequence() ? "a list"
                            : node.IsMap()      ? "a map"
                                                : excerpt(node.Scalar());
  error(line_of(node), fmt::format("{}: {}", key.name, found), expectation(key));
}

std::optional<SectionReader::Scalar> SectionReader::expand(const KeySpec& key, const YAML::Node& node) const {
  if (!node.IsScalar()) {
    wrong_type(key, node);
    return std::nullopt;
  }
  auto expanded = references_.expand(node.Scalar(), environment_);
  if (!expanded.error.empty()) {
    error(line_of(node), fmt::format("{}: {}", key.name, excerpt(expanded.error)),
          "${NAME} of a variable that is set, or ${NAME:-default}");
    return std::nullopt;
  }
  return Scalar{std::move(expanded.text), node.Tag() == "!", expanded.substituted};
}

}  // namespace vigia
