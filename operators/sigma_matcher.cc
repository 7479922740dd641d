#include "operators/sigma_matcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

namespace vigia {

using Kind = SigmaExpression::Kind;

SigmaMatcher::Node SigmaMatcher::compile(const SigmaExpression& expression, const SigmaFieldNames& names) {
  const auto field_of = [&](const std::string& name) {
    const auto mapped = names.find(name);
    return fields_.add(mapped == names.end() ? name : mapped->second);
  };
  Node node;
  node.kind = expression.kind;
  for (const auto& part : expression.parts) node.parts.push_back(compile(part, names));
  if (expression.kind != Kind::test) return node;
  const auto& test = *expression.test;
  if (test.field.empty()) {
    has_keywords_ = true;
  } else {
    node.test.field = field_of(test.field);
  }
  node.test.patterns = test.patterns;
  node.test.all = test.all;
  for (const auto& reference : test.references)
    node.test.patterns.push_back(
        SigmaPattern::other_field(field_of(reference.field), reference.place, reference.cased));
  return node;
}

void SigmaMatcher::add(const SigmaExpression& condition, const SigmaFieldNames& names, const SigmaExpression& when) {
  Node root;
  root.parts.push_back(compile(condition, names));
  root.parts.push_back(compile(when, {}));
  roots_.push_back(std::move(root));
}

bool SigmaMatcher::Test::holds(const SigmaEvent& event) const {
  const auto fits = [&](const SigmaPattern& pattern) {
    if (field != SigmaIndex::all_texts) return pattern.matches(event, field);
    return std::ranges::any_of(event.texts(), [&](const SigmaValue& text) { return pattern.matches(text); });
  };
  return all ? std::ranges::all_of(patterns, fits) : std::ranges::any_of(patterns, fits);
}

bool SigmaMatcher::Node::holds(const SigmaEvent& event) const {
  const auto part_holds = [&](const Node& part) { return part.holds(event); };
  switch (kind) {
    case Kind::test: return test.holds(event);
    case Kind::negation: return !parts.front().holds(event);
    case Kind::any_of: return std::ranges::any_of(parts, part_holds);
    case Kind::all_of: break;
  }
  return std::ranges::all_of(parts, part_holds);
}

// A set of atoms one of which holds whenever a rule matches, and how selective it is thought to be.
struct SigmaMatcher::Cover {
  std::vector<Atom> atoms;
  double worth = 0;
};

// Chooses a cover for each rule: long texts before short ones, and what few rules ask for before what many do (an EventID).
class SigmaMatcher::Covers {
 public:
  explicit Covers(const std::vector<Node>& roots) {
    for (const auto& root : roots) {
      std::set<std::string> of_rule;
      count(root, of_rule);
      for (const auto& name : of_rule) ++uses_[name];
    }
  }

  std::optional<Cover> of(const Node& node) const {
    switch (node.kind) {
      case Kind::negation: return std::nullopt;
      case Kind::test: return of(node.test);
      case Kind::any_of: return any_of(node.parts, [this](const Node& part) { return of(part); });
      case Kind::all_of: break;
    }
    return best_of(node.parts, [this](const Node& part) { return of(part); });
  }

 private:
  static std::string name_of(int field, const SigmaHint& hint) {
    return fmt::format("{} {} {} {}", field, static_cast<int>(hint.kind), hint.number, hint.text);
  }

  void count(const Node& node, std::set<std::string>& names) const {
    if (node.kind == Kind::negation) return;
    for (const auto& part : node.parts) count(part, names);
    if (node.kind != Kind::test) return;
    for (const auto& pattern : node.test.patterns)
      for (const auto& hint : pattern.hints()) names.insert(name_of(node.test.field, hint));
  }

  std::optional<Cover> of(const Test& test) const {
    const auto of_hint = [&](const SigmaHint& hint) -> std::optional<Cover> {
      if (hint.kind == SigmaHint::Kind::none) return std::nullopt;
      if (test.field == SigmaIndex::all_texts && hint.kind != SigmaHint::Kind::literal) return std::nullopt;
      return Cover{{{test.field, hint}}, worth_of(test.field, hint)};
    };
    const auto of_pattern = [&](const SigmaPattern& pattern) { return any_of(pattern.hints(), of_hint); };
    return test.all ? best_of(test.patterns, of_pattern) : any_of(test.patterns, of_pattern);
  }

  double worth_of(int field, const SigmaHint& hint) const {
    using HintKind = SigmaHint::Kind;
    const double length = hint.kind == HintKind::present  ? 0.1
                          : hint.kind == HintKind::number ? static_cast<double>(fmt::formatted_size("{}", hint.number))
                                                          : static_cast<double>(hint.text.size()) + 0.5;
    const auto used = uses_.find(name_of(field, hint));
    return length / static_cast<double>(used == uses_.end() ? 1 : used->second);
  }

  template <class Parts, class CoverOf>
  static std::optional<Cover> any_of(const Parts& parts, CoverOf&& cover_of) {
    Cover all{{}, 1e9};
    for (const auto& part : parts) {
      auto cover = cover_of(part);
      if (!cover) return std::nullopt;
      all.worth = std::min(all.worth, cover->worth);
      std::ranges::move(cover->atoms, std::back_inserter(all.atoms));
    }
    return all;
  }

  template <class Parts, class CoverOf>
  static std::optional<Cover> best_of(const Parts& parts, CoverOf&& cover_of) {
    std::optional<Cover> best;
    for (const auto& part : parts)
      if (auto cover = cover_of(part); cover && (!best || cover->worth > best->worth)) best = std::move(cover);
    return best;
  }

  std::unordered_map<std::string, std::size_t> uses_;  // in how many rules
};

void SigmaMatcher::prepare() {
  const Covers covers(roots_);
  for (std::uint32_t rule = 0; rule < roots_.size(); ++rule) {
    const auto cover = covers.of(roots_[rule]);
    if (!cover) always_.push_back(rule);
    if (cover)
      for (const auto& [field, hint] : cover->atoms) index_.add(field, hint, rule);
  }
  index_.prepare();
}

void SigmaMatcher::match(const SigmaEvent& event, Scratch& scratch, std::vector<std::uint32_t>& out) const {
  out.clear();
  scratch.seen.resize(roots_.size());
  ++scratch.generation;
  scratch.candidates.assign(always_.begin(), always_.end());
  index_.candidates(event, [&](std::uint32_t rule) {
    if (scratch.seen[rule] == scratch.generation) return;
    scratch.seen[rule] = scratch.generation;
    scratch.candidates.push_back(rule);
  });
  for (const auto rule : scratch.candidates)
    if (roots_[rule].holds(event)) out.push_back(rule);
  std::sort(out.begin(), out.end());
}

}  // namespace vigia
