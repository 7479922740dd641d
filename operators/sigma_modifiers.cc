#include "operators/sigma_modifiers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "operators/sigma_encoding.h"

namespace vigia {
namespace {

constexpr std::array<std::string_view, 23> known = {
    "contains", "startswith", "endswith", "all",    "windash", "re",           "i",       "m",
    "s",        "cased",      "cidr",     "exists", "base64",  "base64offset", "utf16le", "utf16be",
    "wide",     "lt",         "lte",      "gt",     "gte",     "fieldref",     "neq"};

// The modifiers of one line, as far as their order does not matter.
struct Modifiers {
  std::vector<std::string> in_order;
  [[nodiscard]] bool has(std::string_view name) const { return std::ranges::find(in_order, name) != in_order.end(); }
};

class TestReader {
 public:
  TestReader(int line, SigmaTest& out, const SigmaComplaint& complain) : line_(line), out_(out), complain_(complain) {}

  bool read(std::string_view key, const std::vector<SigmaScalar>& values, bool& is_negated) {
    split(key);
    check_together();
    if (!good_) return false;
    out_.all = modifiers_.has("all");
    is_negated = modifiers_.has("neq");
    cased_ = modifiers_.has("cased");
    if (values.empty()) fail(line_, fmt::format("{} without a value", key), "a value or a list of values");
    for (const auto& value : values) read_value(value);
    return good_;
  }

 private:
  void fail(int line, std::string found, std::string expected) {
    complain_(line, std::move(found), std::move(expected));
    good_ = false;
  }

  void split(std::string_view key) {
    auto bar = key.find('|');
    out_.field = std::string(key.substr(0, bar));
    std::set<std::string> seen;
    while (bar != std::string_view::npos) {
      key.remove_prefix(bar + 1);
      bar = key.find('|');
      const std::string name(key.substr(0, bar));
      if (name.empty() || std::ranges::find(known, name) == known.end()) {
        fail(line_, fmt::format("modifier {}", name.empty() ? "without a name" : name),
             "one of contains, startswith, endswith, all, windash, re (with i, m, s), cased, cidr, exists, base64, "
             "base64offset, utf16le, utf16be, wide, lt, lte, gt, gte, fieldref, neq");
      } else if (!seen.insert(name).second) {
        fail(line_, fmt::format("modifier {} twice", name), "each once");
      }
      modifiers_.in_order.push_back(name);
    }
  }

  // Whatever else stands beside one of these would have no meaning.
  void check_together() {
    struct Rule {
      std::string_view name;
      std::set<std::string_view> beside;
    };
    const Rule rules[] = {{"re", {"i", "m", "s", "all", "neq"}},
                          {"cidr", {"all", "neq"}},
                          {"exists", {}},
                          {"lt", {"neq"}},
                          {"lte", {"neq"}},
                          {"gt", {"neq"}},
                          {"gte", {"neq"}},
                          {"fieldref", {"contains", "startswith", "endswith", "all", "cased", "neq"}}};
    for (const auto& [name, beside] : rules) {
      if (!modifiers_.has(name)) continue;
      kind_ = name;
      for (const auto& other : modifiers_.in_order)
        if (other != name && !beside.contains(other))
          fail(line_, fmt::format("modifiers {} and {} together", name, other), "one of them");
    }
    const bool is_regex = modifiers_.has("re");
    for (const auto* flag : {"i", "m", "s"})
      if (modifiers_.has(flag) && !is_regex) fail(line_, fmt::format("modifier {} without re", flag), "re before it");
    const auto places = std::ranges::count_if(modifiers_.in_order, [](const std::string& name) {
      return name == "contains" || name == "startswith" || name == "endswith";
    });
    if (places > 1) fail(line_, "more than one of contains, startswith, endswith", "one of them");
    if (out_.field.empty() && !kind_.empty() && kind_ != "re")
      fail(line_, fmt::format("modifier {} of keywords", kind_), "a field that it is about");
    const bool is_encoded = modifiers_.has("base64") || modifiers_.has("base64offset");
    bool encoding_done = false;
    for (const auto& name : modifiers_.in_order) {
      if (name == "base64" || name == "base64offset") encoding_done = true;
      const bool is_utf16 = name == "utf16le" || name == "utf16be" || name == "wide";
      if (is_utf16 && is_encoded && encoding_done)
        fail(line_, fmt::format("{} behind base64", name), "it before base64");
    }
  }

  void read_value(const SigmaScalar& value) {
    if (kind_ == "re") return read_regex(value);
    if (kind_ == "cidr") return read_cidr(value);
    if (kind_ == "exists") return read_exists(value);
    if (kind_ == "fieldref") return read_reference(value);
    if (!kind_.empty()) return read_bound(value);
    if (value.type == SigmaScalar::Type::null) {
      if (out_.field.empty() || has_text_modifier()) return fail(value.line, "null", "a text");
      out_.patterns.push_back(SigmaPattern::null());
    } else if (value.type == SigmaScalar::Type::number && !out_.field.empty() && !has_text_modifier()) {
      out_.patterns.push_back(SigmaPattern::number(value.number, value.text));
    } else {
      read_text(value);
    }
  }

  [[nodiscard]] bool has_text_modifier() const {
    return std::ranges::any_of(
        modifiers_.in_order, [](const std::string& name) { return name != "all" && name != "neq" && name != "cased"; });
  }

  void read_text(const SigmaScalar& value) {
    std::vector<SigmaText> texts{SigmaText::parse(value.text)};
    if (value.text.empty() && out_.field.empty()) return fail(value.line, "an empty keyword", "a text");
    for (const auto& name : modifiers_.in_order) {
      std::vector<SigmaText> next;
      for (auto& text : texts)
        if (!modify(name, std::move(text), value, next)) return;
      texts = std::move(next);
    }
    for (auto& text : texts) {
      if (out_.field.empty()) {
        text.begin_with_any();
        text.end_with_any();
      }
      out_.patterns.push_back(SigmaPattern::text(text, cased_));
    }
    if (texts.size() > 1 && out_.all)
      fail(value.line, "all of a value that stands for several (windash, base64offset)", "a selection for each value");
  }

  bool modify(const std::string& name, SigmaText&& text, const SigmaScalar& value, std::vector<SigmaText>& out) {
    if (name == "contains" || name == "endswith") text.begin_with_any();
    if (name == "contains" || name == "startswith") text.end_with_any();
    const bool rewrites =
        name == "base64" || name == "base64offset" || name == "utf16le" || name == "utf16be" || name == "wide";
    if (name == "windash") return read_windash(text, value, out);
    if (!rewrites) {
      out.push_back(std::move(text));
      return true;
    }
    if (text.has_wildcards()) {
      fail(value.line, fmt::format("{} of a value with wildcards", name), "a plain text; contains behind it");
      return false;
    }
    const auto literal = text.literal();
    if (name == "base64") out.push_back(SigmaText::plain(base64(literal)));
    if (name == "base64offset")
      for (const auto& one : base64_offsets(literal)) out.push_back(SigmaText::plain(one));
    if (name != "base64" && name != "base64offset") out.push_back(SigmaText::plain(utf16(literal, name == "utf16be")));
    return true;
  }

  bool read_windash(const SigmaText& text, const SigmaScalar& value, std::vector<SigmaText>& out) {
    std::vector<SigmaText> texts{SigmaText{}};
    for (const auto& piece : text.pieces) {
      std::vector<SigmaText> longer;
      for (const auto& one : texts) {
        if (piece.part != SigmaText::Part::literal) {
          longer.push_back(one);
          longer.back().pieces.push_back(piece);
          continue;
        }
        for (const auto& variant : windash(piece.literal)) {
          longer.push_back(one);
          longer.back().pieces.push_back({SigmaText::Part::literal, variant});
        }
      }
      texts = std::move(longer);
      if (texts.empty() || texts.size() > 625) {
        fail(value.line, "windash of more than four dashes", "at most four, or several values");
        return false;
      }
    }
    std::ranges::move(texts, std::back_inserter(out));
    return true;
  }

  void read_regex(const SigmaScalar& value) {
    std::string error;
    auto pattern =
        SigmaPattern::regex(value.text, modifiers_.has("i"), modifiers_.has("m"), modifiers_.has("s"), error);
    if (!error.empty())
      return fail(value.line, fmt::format("the regular expression {} ({})", value.text, error),
                  "one that RE2 takes: no look-around, no references back");
    out_.patterns.push_back(std::move(pattern));
  }

  void read_cidr(const SigmaScalar& value) {
    std::string error;
    auto pattern = SigmaPattern::cidr(value.text, error);
    if (!error.empty())
      return fail(value.line, fmt::format("the network {} ({})", value.text, error), "a network such as 10.0.0.0/8");
    out_.patterns.push_back(std::move(pattern));
  }

  void read_exists(const SigmaScalar& value) {
    const bool is_flag = value.type == SigmaScalar::Type::boolean;
    if (!is_flag && value.text != "yes" && value.text != "no")
      return fail(value.line, fmt::format("exists: {}", value.text), "true or false");
    out_.patterns.push_back(SigmaPattern::exists(is_flag ? value.flag : value.text == "yes"));
  }

  void read_reference(const SigmaScalar& value) {
    if (value.type != SigmaScalar::Type::text || value.text.empty())
      return fail(value.line, fmt::format("fieldref: {}", value.text), "the name of a field");
    using Place = SigmaPattern::Place;
    const auto place = modifiers_.has("contains")     ? Place::anywhere
                       : modifiers_.has("startswith") ? Place::start
                       : modifiers_.has("endswith")   ? Place::end
                                                      : Place::whole;
    out_.references.push_back({value.text, place, cased_});
  }

  void read_bound(const SigmaScalar& value) {
    using Order = SigmaPattern::Order;
    double bound = value.number;
    if (value.type != SigmaScalar::Type::number && !parse_number(value.text, bound))
      return fail(value.line, fmt::format("{}: {}", kind_, value.text), "a number");
    const auto order = kind_ == "lt" ? Order::lt : kind_ == "lte" ? Order::lte : kind_ == "gt" ? Order::gt : Order::gte;
    out_.patterns.push_back(SigmaPattern::order(order, bound));
  }

  int line_;
  SigmaTest& out_;
  const SigmaComplaint& complain_;
  Modifiers modifiers_;
  std::string_view kind_;  // of the modifiers that say what is compared; empty: texts
  bool cased_ = false, good_ = true;
};

}  // namespace

bool read_sigma_test(std::string_view key, int line, const std::vector<SigmaScalar>& values, SigmaTest& out,
                     bool& is_negated, const SigmaComplaint& complain) {
  return TestReader(line, out, complain).read(key, values, is_negated);
}

}  // namespace vigia
