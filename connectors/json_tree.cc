#include "connectors/json_tree.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstddef>

namespace vigia {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr int depth_max = 64;

class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') ends_.push_back(i);
    }
  }
  [[nodiscard]] int at(std::size_t offset) const {
    return static_cast<int>(std::lower_bound(ends_.begin(), ends_.end(), offset) - ends_.begin()) + 1;
  }
  // The line of the last character that is not white space.
  [[nodiscard]] int last() const {
    const std::size_t end = text_.find_last_not_of(" \t\r\n");
    return end == std::string_view::npos ? 1 : at(end);
  }
  [[nodiscard]] std::string_view line(int number) const {
    const std::size_t from = number == 1 ? 0 : ends_[static_cast<std::size_t>(number) - 2] + 1;
    const std::size_t to =
        static_cast<std::size_t>(number) <= ends_.size() ? ends_[static_cast<std::size_t>(number) - 1] : text_.size();
    return text_.substr(from, to - from);
  }
  [[nodiscard]] int count() const { return static_cast<int>(ends_.size()) + 1; }

 private:
  std::string_view text_;
  std::vector<std::size_t> ends_;
};

bool leaves_string_open(std::string_view line) {
  bool open = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (open && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      open = !open;
    }
  }
  return open;
}

// Builds the tree depth first, in the order of the text; `line_` is always the last place that was still good.
class Reader {
 public:
  Reader(std::string_view text, const simdjson::padded_string& padded)
      : lines_(text), base_(padded.data()), size_(text.size()) {}

  simdjson::error_code read(ondemand::document& document, JsonNode& out) {
    ondemand::json_type type{};
    if (auto error = document.type().get(type)) return error;
    ondemand::value root;
    if (auto error = document.get_value().get(root)) {
      return error == simdjson::SCALAR_DOCUMENT_AS_VALUE ? simdjson::INCORRECT_TYPE : error;
    }
    if (auto error = read_value(root, out, 0)) return error;
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS ? simdjson::SUCCESS  // nothing follows
                                                                          : simdjson::TRAILING_CONTENT;
  }

  // Where an error is: simdjson finds some only as a whole, before it knows any place.
  [[nodiscard]] int line_of(simdjson::error_code error, bool reading) const {
    if (error == simdjson::UTF8_ERROR) {
      return first_line([](std::string_view line) { return !simdjson::validate_utf8(line.data(), line.size()); });
    }
    if (error == simdjson::UNCLOSED_STRING || error == simdjson::UNESCAPED_CHARS) {
      return first_line(leaves_string_open);
    }
    return reading ? line_ : lines_.last();
  }

 private:
  template <class Test>
  [[nodiscard]] int first_line(Test test) const {
    for (int line = 1; line <= lines_.count(); ++line) {
      if (test(lines_.line(line))) return line;
    }
    return lines_.last();
  }

  void see(std::string_view token) {
    const auto offset = static_cast<std::size_t>(token.data() - base_);
    if (offset < size_) line_ = lines_.at(offset);
  }

  simdjson::error_code read_value(ondemand::value value, JsonNode& out, int depth) {
    if (depth > depth_max) return simdjson::DEPTH_ERROR;
    see(value.raw_json_token());
    out.line = line_;
    ondemand::json_type type{};
    if (auto error = value.type().get(type)) return error;
    switch (type) {
      case ondemand::json_type::array: return read_array(value, out, depth);
      case ondemand::json_type::object: return read_object(value, out, depth);
      case ondemand::json_type::number: out.type = JsonNode::Type::number; return value.get_double().get(out.number);
      case ondemand::json_type::string: return read_string(value, out);
      case ondemand::json_type::boolean: return read_boolean(value, out);
      case ondemand::json_type::null: return read_null(value);
    }
    return simdjson::TAPE_ERROR;
  }

  static simdjson::error_code read_string(ondemand::value value, JsonNode& out) {
    out.type = JsonNode::Type::string;
    std::string_view text;
    if (auto error = value.get_string().get(text)) return error;
    out.text = text;
    return simdjson::SUCCESS;
  }

  static simdjson::error_code read_null(ondemand::value value) {
    bool null = false;
    if (auto error = simdjson::simdjson_result<bool>(value.is_null()).get(null)) return error;
    return null ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
  }

  static simdjson::error_code read_boolean(ondemand::value value, JsonNode& out) {
    out.type = JsonNode::Type::boolean;
    bool truth = false;
    if (auto error = value.get_bool().get(truth)) return error;
    out.number = truth;
    return simdjson::SUCCESS;
  }

  simdjson::error_code read_array(ondemand::value value, JsonNode& out, int depth) {
    out.type = JsonNode::Type::array;
    ondemand::array array;
    if (auto error = value.get_array().get(array)) return error;
    for (auto item : array) {
      ondemand::value child;
      if (auto error = item.get(child)) return error;
      if (auto error = read_value(child, out.items.emplace_back(), depth + 1)) return error;
    }
    return simdjson::SUCCESS;
  }

  simdjson::error_code read_object(ondemand::value value, JsonNode& out, int depth) {
    out.type = JsonNode::Type::object;
    ondemand::object object;
    if (auto error = value.get_object().get(object)) return error;
    for (auto member : object) {
      ondemand::field field;
      if (auto error = std::move(member).get(field)) return error;
      std::string_view key;
      if (auto error = field.unescaped_key().get(key)) return error;
      out.keys.emplace_back(key);
      if (auto error = read_value(field.value(), out.items.emplace_back(), depth + 1)) return error;
    }
    return simdjson::SUCCESS;
  }

  Lines lines_;
  const char* base_;
  std::size_t size_;
  int line_ = 1;
};

}  // namespace

const JsonNode* JsonNode::find(std::string_view key) const {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

std::string JsonNode::describe() const {
  switch (type) {
    case Type::null: return "null";
    case Type::boolean: return number != 0 ? "true" : "false";
    case Type::number: return fmt::format("the number {}", number);
    case Type::string: return fmt::format("the string \"{}\"", text);
    case Type::array: return items.empty() ? "an empty array" : "an array";
    case Type::object: return "an object";
  }
  return {};
}

std::optional<JsonNode> parse_json_tree(std::string_view name, std::string_view text,
                                        std::vector<ConfigError>& errors) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);  // a byte order mark, as Windows editors leave it
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    errors.push_back({std::string(name), 1, "an empty file", "a JSON object"});
    return std::nullopt;
  }
  const simdjson::padded_string padded(text);
  ondemand::parser parser;
  ondemand::document document;
  Reader reader(text, padded);
  JsonNode root;
  simdjson::error_code error = parser.iterate(padded).get(document);
  const bool reading = error == simdjson::SUCCESS;
  if (reading) error = reader.read(document, root);
  if (error == simdjson::SUCCESS) return root;
  errors.push_back({std::string(name), reader.line_of(error, reading),
                    fmt::format("malformed JSON ({})", simdjson::error_message(error)), "valid JSON, in UTF-8"});
  return std::nullopt;
}

}  // namespace vigia
