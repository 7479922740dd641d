// The events of a group, by rising start. Most groups have one, which lies in the group itself; several lie in a block of
// their own, which is shared with nobody.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "operators/correlation.h"

namespace vigia {

class EventList {
 public:
  EventList() = default;
  EventList(const EventList&) = delete;
  EventList& operator=(const EventList&) = delete;
  ~EventList() { free_block(); }

  [[nodiscard]] CorrelationEvent* begin() { return block_ == nullptr ? &one_ : block_; }
  [[nodiscard]] CorrelationEvent* end() { return begin() + count_; }
  [[nodiscard]] const CorrelationEvent* begin() const { return block_ == nullptr ? &one_ : block_; }
  [[nodiscard]] const CorrelationEvent* end() const { return begin() + count_; }
  [[nodiscard]] std::span<const CorrelationEvent> all() const { return {begin(), end()}; }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] CorrelationEvent& operator[](std::size_t i) { return begin()[i]; }
  [[nodiscard]] const CorrelationEvent& operator[](std::size_t i) const { return begin()[i]; }
  [[nodiscard]] const CorrelationEvent& front() const { return *begin(); }
  [[nodiscard]] const CorrelationEvent& back() const { return *(end() - 1); }

  // Before `at`. Places in the list are others afterwards, as with erase().
  void insert(const CorrelationEvent* at, const CorrelationEvent& event) {
    const auto position = at - begin();
    if (count_ == capacity_) move_to(2 * capacity_);
    auto* place = begin() + position;
    std::move_backward(place, end(), end() + 1);
    *place = event;
    ++count_;
  }
  void erase(const CorrelationEvent* first, const CorrelationEvent* last) {
    std::move(begin() + (last - begin()), end(), begin() + (first - begin()));
    count_ -= static_cast<std::uint32_t>(last - first);
    if (block_ != nullptr && (count_ <= 1 || count_ < capacity_ / 4)) move_to(std::max(1u, 2 * count_));
  }
  void clear() { erase(begin(), end()); }

  // What is touched when the list is gone through, and when one is added.
  [[gnu::always_inline]] void prefetch_begin() const {
    if (block_ != nullptr) __builtin_prefetch(block_);
  }
  [[gnu::always_inline]] void prefetch_end() const {
    if (block_ == nullptr) return;
    __builtin_prefetch(block_ + count_ - 1);
    __builtin_prefetch(block_ + count_);
  }

 private:
  void free_block() {
    if (block_ != nullptr) std::allocator<CorrelationEvent>().deallocate(block_, capacity_);
  }
  void move_to(std::uint32_t capacity) {
    auto* block = capacity == 1 ? nullptr : std::allocator<CorrelationEvent>().allocate(capacity);
    std::uninitialized_copy_n(begin(), count_, block == nullptr ? &one_ : block);
    free_block();
    block_ = block;
    capacity_ = capacity;
  }

  CorrelationEvent* block_ = nullptr;  // null: there is one at most, here
  std::uint32_t count_ = 0, capacity_ = 1;
  CorrelationEvent one_;
};

}  // namespace vigia
