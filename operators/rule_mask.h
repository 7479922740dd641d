// Which of a stage's rules can concern a device, as far as the site's list says: what `only` leaves out for good, and what an
// operator knows that it will never find there, is not folded for it. One mask for each place of the list; most are alike.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace vigia {

class RuleMask {
 public:
  void add(std::uint16_t rule) { bits_ |= bit(rule); }
  [[nodiscard]] bool holds(std::uint16_t rule) const { return (bits_ & bit(rule)) != 0; }
  friend bool operator==(RuleMask, RuleMask) = default;

 private:
  // Rules beyond the last bit share it: then a device that one of them concerns is folded for all of them.
  static constexpr std::uint64_t bit(std::uint16_t rule) { return std::uint64_t{1} << std::min<unsigned>(rule, 63); }

  std::uint64_t bits_ = 0;
};

// Immutable once it is built: any number of threads may read it.
class RuleMasks {
 public:
  // Of the next place, counted from 0.
  void add(RuleMask mask) { number_of_place_.push_back(number_of(mask)); }
  // Of what the site does not list.
  void set_unlisted(RuleMask mask) { unlisted_ = mask; }
  // `place` beyond the list: not listed.
  [[nodiscard]] RuleMask of(std::uint32_t place) const {
    return place < number_of_place_.size() ? masks_[number_of_place_[place]] : unlisted_;
  }

 private:
  [[nodiscard]] std::uint32_t number_of(RuleMask mask) {
    const auto number = static_cast<std::uint32_t>(std::ranges::find(masks_, mask) - masks_.begin());
    if (number == masks_.size()) masks_.push_back(mask);
    return number;
  }

  std::vector<RuleMask> masks_;                 // those that differ
  std::vector<std::uint32_t> number_of_place_;  // in masks_
  RuleMask unlisted_;
};

}  // namespace vigia
