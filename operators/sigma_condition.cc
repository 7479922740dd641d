#include "operators/sigma_condition.h"

#include <fmt/format.h>

#include <algorithm>

#include "operators/rule.h"

namespace vigia {
namespace {

using Kind = SigmaExpression::Kind;

constexpr std::size_t depth_max = 64;

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : text) {
    const bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (is_space || c == '(' || c == ')' || c == '|') end_word();
    if (c == '(' || c == ')' || c == '|') words.emplace_back(1, c);
    if (!is_space && c != '(' && c != ')' && c != '|') word += c;
  }
  end_word();
  return words;
}

// Recursive descent; the first problem ends it.
class ConditionParser {
 public:
  ConditionParser(std::string_view text, const SigmaSelections& selections)
      : words_(words_of(text)), selections_(selections) {}

  SigmaConditionProblem parse(SigmaExpression& out) {
    out = any_of();
    if (problem_.found.empty() && at_ < words_.size()) {
      if (word() == "|") {
        fail("an aggregation behind |", "a condition alone; counting is for correlations (event_count, value_count)");
      } else {
        fail(word(), "and, or, or the end");
      }
    }
    return std::move(problem_);
  }

 private:
  [[nodiscard]] std::string_view word() const { return at_ < words_.size() ? std::string_view(words_[at_]) : ""; }
  bool take(std::string_view expected) {
    if (at_ >= words_.size() || !same_word(words_[at_], expected)) return false;
    ++at_;
    return true;
  }
  void fail(std::string_view found, std::string expected) {
    if (problem_.found.empty())
      problem_ = {fmt::format("condition: {}", found.empty() ? "an end" : found), std::move(expected)};
    at_ = words_.size();
  }

  SigmaExpression any_of() { return list("or", Kind::any_of, &ConditionParser::all_of); }
  SigmaExpression all_of() { return list("and", Kind::all_of, &ConditionParser::negation); }

  SigmaExpression list(std::string_view joined_by, Kind kind, SigmaExpression (ConditionParser::*part)()) {
    std::vector<SigmaExpression> parts;
    do parts.push_back((this->*part)());
    while (take(joined_by));
    if (parts.size() == 1) return std::move(parts.front());
    return {kind, std::move(parts), {}};
  }

  SigmaExpression negation() {
    if (find(word()) != nullptr || !take("not")) return primary();
    return deeper([&] {
      SigmaExpression out{Kind::negation, {}, {}};
      out.parts.push_back(negation());
      return out;
    });
  }

  template <class Inner>
  SigmaExpression deeper(Inner&& inner) {
    if (++depth_ > depth_max) {
      fail("more than 64 levels", "fewer parentheses");
      return {};
    }
    auto out = inner();
    --depth_;
    return out;
  }

  SigmaExpression primary() {
    if (take("(")) {
      auto inner = deeper([&] { return any_of(); });
      if (!take(")")) fail(word(), ")");
      return inner;
    }
    if (at_ + 1 < words_.size() && same_word(words_[at_ + 1], "of")) return quantified();
    if (const auto* selection = find(word()); selection != nullptr) {
      ++at_;
      return *selection;
    }
    fail(word(), fmt::format("a selection of the detection: {}", names()));
    return {};
  }

  SigmaExpression quantified() {
    const bool all = same_word(word(), "all");
    if (!all && word() != "1" && !same_word(word(), "any")) {
      fail(fmt::format("{} of", word()), "1 of, any of, or all of");
      return {};
    }
    at_ += 2;
    const bool them = same_word(word(), "them") && find(word()) == nullptr;
    SigmaExpression out{all ? Kind::all_of : Kind::any_of, {}, {}};
    for (const auto& [name, selection] : selections_)
      if (them ? !name.starts_with('_') : glob_match(word(), name)) out.parts.push_back(selection);
    if (out.parts.empty())
      fail(fmt::format("of {}, which fits no selection", word()), fmt::format("one of: {}", names()));
    ++at_;
    return out;
  }

  [[nodiscard]] const SigmaExpression* find(std::string_view name) const {
    const auto found = std::ranges::find(selections_, name, [](const auto& s) { return std::string_view(s.first); });
    return found == selections_.end() ? nullptr : &found->second;
  }

  [[nodiscard]] std::string names() const {
    std::string out;
    for (const auto& [name, selection] : selections_) out += (out.empty() ? "" : ", ") + name;
    return out;
  }

  std::vector<std::string> words_;
  const SigmaSelections& selections_;
  std::size_t at_ = 0, depth_ = 0;
  SigmaConditionProblem problem_;
};

}  // namespace

SigmaConditionProblem parse_condition(std::string_view text, const SigmaSelections& selections, SigmaExpression& out) {
  return ConditionParser(text, selections).parse(out);
}

}  // namespace vigia
