#include "operators/sigma_index.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace vigia {

void HashedLists::prepare() {
  std::sort(added_.begin(), added_.end());
  added_.erase(std::unique(added_.begin(), added_.end()), added_.end());
  if (added_.empty()) return;
  slots_.assign(std::bit_ceil(added_.size() * 2), {});
  const auto mask = slots_.size() - 1;
  for (std::uint32_t begin = 0, end = 0; begin < added_.size(); begin = end) {
    while (end < added_.size() && added_[end].first == added_[begin].first) ++end;
    auto at = added_[begin].first & mask;
    while (slots_[at].end != 0) at = (at + 1) & mask;
    slots_[at] = {added_[begin].first, begin, end};
  }
}

void LiteralSearch::prepare() {
  if (rules_.empty()) return;
  gram_bytes_ = 4;
  for (const auto& [text, rules] : rules_) gram_bytes_ = std::min(gram_bytes_, text.size());
  mask_ = gram_bytes_ == 4 ? UINT32_MAX : (1u << 8 * gram_bytes_) - 1;
  const auto gram_of = [&](const std::string& text, std::size_t offset) {
    std::uint32_t gram = 0;
    for (std::size_t i = 0; i < gram_bytes_; ++i) gram = gram << 8 | static_cast<unsigned char>(text[offset + i]);
    return gram;
  };
  // What many literals have in common (.exe, http) is common in texts as well.
  std::unordered_map<std::uint32_t, std::size_t> uses;
  for (const auto& [text, rules] : rules_)
    for (std::size_t offset = 0; offset + gram_bytes_ <= text.size(); ++offset) ++uses[gram_of(text, offset)];
  const auto bits = std::clamp(static_cast<int>(std::bit_width(rules_.size())) + 4, 9, 18);
  shift_ = static_cast<std::uint32_t>(32 - bits);
  filter_.assign((std::size_t{1} << bits) / 64, 0);
  for (auto& [text, rules] : rules_) {
    std::size_t best = 0;
    for (std::size_t offset = 1; offset + gram_bytes_ <= text.size(); ++offset)
      if (uses[gram_of(text, offset)] < uses[gram_of(text, best)]) best = offset;
    const auto gram = gram_of(text, best);
    const auto bit = gram * multiplier >> shift_;
    filter_[bit >> 6] |= std::uint64_t{1} << (bit & 63);
    by_gram_.add(gram, static_cast<std::uint32_t>(literals_.size()));
    literals_.push_back({text, best, std::move(rules)});
  }
  by_gram_.prepare();
  rules_.clear();
}

std::uint64_t SigmaIndex::hash_of(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }
std::uint64_t SigmaIndex::hash_of(double number) {
  return std::bit_cast<std::uint64_t>(number == 0 ? 0.0 : number) * 0x9E3779B97F4A7C15u;
}

void SigmaIndex::add(int field, const SigmaHint& hint, std::uint32_t rule) {
  if (field == all_texts) return texts_.add(hint.text, rule);
  if (static_cast<std::size_t>(field) >= fields_.size()) fields_.resize(static_cast<std::size_t>(field) + 1);
  auto& of_field = fields_[static_cast<std::size_t>(field)];
  using Kind = SigmaHint::Kind;
  if (hint.kind == Kind::text || hint.kind == Kind::either) of_field.by_text.add(hash_of(hint.text), rule);
  if (hint.kind == Kind::number || hint.kind == Kind::either) of_field.by_number.add(hash_of(hint.number), rule);
  if (hint.kind == Kind::literal) of_field.literals.add(hint.text, rule);
  if (hint.kind == Kind::present) of_field.present.push_back(rule);
}

void SigmaIndex::prepare() {
  for (auto& field : fields_) {
    field.by_text.prepare();
    field.by_number.prepare();
    field.literals.prepare();
  }
  texts_.prepare();
}

}  // namespace vigia
