// Which rules an event may match, found by its values and not by asking the rules: of each rule the index knows a set of
// hints one of which every match fulfils. Whole values are found by hash, parts of texts by a few bytes of each literal,
// sought in one pass over the text.
//
// The search for literals is our own because what libraries offer does not fit: RE2::Set keeps one automaton for what has
// matched so far and grows with the variety of texts, Hyperscan exists for one kind of processor only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operators/sigma_event.h"
#include "operators/sigma_pattern.h"

namespace vigia {

// Lists of numbers by hash. Different keys of one hash share a list.
class HashedLists {
 public:
  void add(std::uint64_t hash, std::uint32_t number) { added_.emplace_back(hash, number); }
  void prepare();  // once, after the last add
  template <class Found>
  void find(std::uint64_t hash, Found&& found) const {
    if (slots_.empty()) return;
    const auto mask = slots_.size() - 1;
    for (auto at = hash & mask; slots_[at].end != 0; at = (at + 1) & mask) {
      if (slots_[at].hash != hash) continue;
      for (auto i = slots_[at].begin; i < slots_[at].end; ++i) found(added_[i].second);
      return;
    }
  }
  [[nodiscard]] bool empty() const { return added_.empty(); }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t begin = 0, end = 0;  // in added_, sorted; end 0: free
  };
  std::vector<std::pair<std::uint64_t, std::uint32_t>> added_;
  std::vector<Slot> slots_;  // open addressing
};

// The literals that are sought in the texts of one field.
class LiteralSearch {
 public:
  void add(std::string_view literal, std::uint32_t rule) { rules_[std::string(literal)].push_back(rule); }
  void prepare();
  [[nodiscard]] bool empty() const { return literals_.empty(); }
  // found(rule) for each literal at each of its places.
  template <class Found>
  void scan(std::string_view folded, Found&& found) const {
    std::uint32_t gram = 0;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(folded.data());
    for (std::size_t i = 0; i < folded.size(); ++i) {
      gram = (gram << 8 | bytes[i]) & mask_;
      const auto bit = gram * multiplier >> shift_;
      if ((filter_[bit >> 6] >> (bit & 63) & 1) == 0 || i + 1 < gram_bytes_) continue;
      by_gram_.find(gram, [&](std::uint32_t number) {
        const auto& literal = literals_[number];
        const auto before = literal.offset + gram_bytes_ - 1;  // of the literal, before this byte
        if (i < before || folded.substr(i - before, literal.text.size()) != literal.text) return;
        for (const auto rule : literal.rules) found(rule);
      });
    }
  }

 private:
  static constexpr std::uint32_t multiplier = 2654435761u;
  struct Literal {
    std::string text;
    std::size_t offset = 0;  // of the bytes by which it is found
    std::vector<std::uint32_t> rules;
  };
  std::map<std::string, std::vector<std::uint32_t>> rules_;
  std::vector<Literal> literals_;
  HashedLists by_gram_;
  std::vector<std::uint64_t> filter_;  // bits of the grams there are
  std::uint32_t mask_ = 0, shift_ = 0;
  std::size_t gram_bytes_ = 0;
};

class SigmaIndex {
 public:
  static constexpr int all_texts = -1;  // in place of a field

  // REQUIRES: the hint is not none.
  void add(int field, const SigmaHint& hint, std::uint32_t rule);
  void prepare();

  // found(rule) for each rule one of whose hints the event fulfils; the same rule may come again.
  template <class Found>
  void candidates(const SigmaEvent& event, Found&& found) const {
    for (const int field : event.fields()) {
      if (static_cast<std::size_t>(field) >= fields_.size()) continue;
      const auto& of_field = fields_[static_cast<std::size_t>(field)];
      for (int i = event.first(field); i >= 0; i = event.next(i)) look_up(of_field, event.value(i), found);
    }
    if (!texts_.empty())
      for (const auto& text : event.texts()) texts_.scan(text.folded, found);
  }

 private:
  struct Field {
    HashedLists by_text, by_number;
    LiteralSearch literals;
    std::vector<std::uint32_t> present;
  };
  [[nodiscard]] static std::uint64_t hash_of(std::string_view text);
  [[nodiscard]] static std::uint64_t hash_of(double number);

  template <class Found>
  static void look_up(const Field& field, const SigmaValue& value, Found& found) {
    if (value.type == SigmaType::null) return;
    for (const auto rule : field.present) found(rule);
    if (value.type == SigmaType::object) return;
    if (!field.by_text.empty()) field.by_text.find(hash_of(value.folded), found);
    double number = value.number;
    if (!field.by_number.empty() && (value.type == SigmaType::number || parse_number(value.text, number)))
      field.by_number.find(hash_of(number), found);
    if (!field.literals.empty()) field.literals.scan(value.folded, found);
  }

  std::vector<Field> fields_;
  LiteralSearch texts_;
};

}  // namespace vigia
