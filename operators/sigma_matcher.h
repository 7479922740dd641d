// Many detections against one event. Made once for a stream's rules; a rule costs next to nothing on events that none of
// its hints fits (operators/sigma_index.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "operators/sigma_event.h"
#include "operators/sigma_index.h"
#include "operators/sigma_rule.h"

namespace vigia {

using SigmaFieldNames = std::map<std::string, std::string>;  // as a rule writes it: path in the event

// Add rules and fields, then prepare(), then match from any thread.
class SigmaMatcher {
 public:
  // Adds a rule; its number is how many there were. `when`, in the event's own names, must hold as well.
  void add(const SigmaExpression& condition, const SigmaFieldNames& names, const SigmaExpression& when = {});
  // A field that is wanted for its value.
  int add_field(std::string_view path) { return fields_.add(path); }
  void prepare();

  [[nodiscard]] std::size_t size() const { return roots_.size(); }
  [[nodiscard]] const SigmaFields& fields() const { return fields_; }
  [[nodiscard]] bool wants_all_texts() const { return has_keywords_; }

  // What match needs beside, one a thread.
  struct Scratch {
    std::vector<std::uint64_t> seen;  // by rule: the generation it was a candidate of
    std::vector<std::uint32_t> candidates;
    std::uint64_t generation = 0;
  };
  // The numbers of the rules that the event matches, rising, replace those in `out`.
  void match(const SigmaEvent& event, Scratch& scratch, std::vector<std::uint32_t>& out) const;

 private:
  struct Test {
    int field = SigmaIndex::all_texts;
    std::vector<SigmaPattern> patterns;
    bool all = false;
    [[nodiscard]] bool holds(const SigmaEvent& event) const;
  };
  struct Node {
    SigmaExpression::Kind kind = SigmaExpression::Kind::all_of;
    std::vector<Node> parts;
    Test test;
    [[nodiscard]] bool holds(const SigmaEvent& event) const;
  };
  struct Atom {
    int field = 0;
    SigmaHint hint;
  };
  struct Cover;
  class Covers;
  [[nodiscard]] Node compile(const SigmaExpression& expression, const SigmaFieldNames& names);

  SigmaFields fields_;
  std::vector<Node> roots_;
  SigmaIndex index_;
  std::vector<std::uint32_t> always_;  // rules that no hint is known of
  bool has_keywords_ = false;
};

}  // namespace vigia
