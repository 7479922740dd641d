#include "operators/correlation_group.h"

#include <xxhash.h>

#include <memory>
#include <span>
#include <utility>

namespace vigia {

static_assert(sizeof(CorrelationGroup) <= 192, "three cache lines");

std::uint32_t GroupTable::hash_of(std::uint32_t rule, std::string_view values) {
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(values.data(), values.size(), rule));
}

void GroupTable::place(Slot slot) {
  auto at = slot.hash & mask();
  while (slots_[at].group != none) at = (at + 1) & mask();
  slots_[at] = slot;
}

void GroupTable::make_slots(std::size_t size) {
  memory_ = allocate_large(size * sizeof(Slot));
  slots_ = reinterpret_cast<Slot*>(memory_.get());
  size_ = size;
  std::uninitialized_fill_n(slots_, size, Slot{});
}

std::uint32_t GroupTable::add(std::uint32_t hash, std::uint32_t rule, std::string_view values) {
  if (++count_ * 4 > size_ * 3) {
    const auto old_memory = std::move(memory_);
    const std::span old(slots_, size_);
    make_slots(2 * size_);
    for (const auto& slot : old)
      if (slot.group != none) place(slot);
  }
  const auto number = groups_.add();
  auto& group = *new (groups_.at(number)) CorrelationGroup(values);
  group.hash = hash;
  group.rule = rule;
  group.is_used = 1;
  place({hash, number});
  return number;
}

void GroupTable::remove(std::uint32_t number) {
  auto hole = at(number).hash & mask();
  while (slots_[hole].group != number) hole = (hole + 1) & mask();
  // What stands behind the hole moves up, unless it would come to stand before the place where it is looked for first.
  for (auto slot = (hole + 1) & mask(); slots_[slot].group != none; slot = (slot + 1) & mask()) {
    if (((slot - slots_[slot].hash) & mask()) < ((slot - hole) & mask())) continue;
    slots_[hole] = slots_[slot];
    hole = slot;
  }
  slots_[hole] = Slot{};
  --count_;
  std::destroy_at(&at(number));
  new (groups_.at(number)) CorrelationGroup();  // an empty one, as long as nobody has its number
  groups_.remove(number);
}

}  // namespace vigia
