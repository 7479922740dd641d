// What CorrelationTask keeps of one group, and where it finds it: by the hash of rule and group-by values. A group is 192
// bytes, with its first event and, when they are short, its values, so that a signal touches three neighbouring cache lines
// that can all be fetched ahead.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/alert_book.h"
#include "engine/key_record.h"
#include "engine/large_pages.h"
#include "operators/event_list.h"
#include "operators/hot_search.h"

namespace vigia {

// The group-by values as one text, each with its length before it (two bytes).
class GroupValues {
 public:
  GroupValues() = default;
  explicit GroupValues(std::string_view values) : size_(static_cast<std::uint32_t>(values.size())) {
    if (size_ > room) long_ = new char[size_];
    std::memcpy(data(), values.data(), size_);
  }
  GroupValues(const GroupValues&) = delete;
  GroupValues& operator=(const GroupValues&) = delete;
  ~GroupValues() {
    if (size_ > room) delete[] long_;
  }
  [[nodiscard]] std::string_view view() const { return {size_ > room ? long_ : short_, size_}; }
  [[nodiscard]] std::size_t block_bytes() const { return size_ > room ? size_ : 0; }

 private:
  static constexpr std::uint32_t room = 32;
  [[nodiscard]] char* data() { return size_ > room ? long_ : short_; }
  union {
    char short_[room] = {};
    char* long_;
  };
  std::uint32_t size_ = 0;
};

struct CorrelationGroup {
  static constexpr std::uint32_t none = UINT32_MAX;

  // What few have.
  struct Rest {
    std::vector<std::string> texts;       // of a GroupRule: device and content of events, with a zero byte between
    std::unique_ptr<HotSearch> search{};  // of a group with many events
  };

  TimeMs due_ms = never_ms;                  // judge it once the clock is past it
  std::uint64_t touch = 0;                   // counts what groups hear
  std::uint32_t older = none, newer = none;  // by `touch`, of the same rule
  std::uint32_t hash = 0;
  std::int32_t touched_hour = 0;
  std::uint32_t waiting = none;         // place among those to be judged in this epoch
  std::uint32_t rule : 28 = 0;          // number in the task
  std::uint32_t is_changed : 1 = 0;     // to be saved
  std::uint32_t is_revised : 1 = 0;     // a later revision of one of its events has come
  std::uint32_t has_intervals : 1 = 0;  // one of its events was no point
  std::uint32_t is_used : 1 = 0;
  std::unique_ptr<Rest> rest;
  EventList events;
  AlertBook book;
  GroupValues values;

  CorrelationGroup() = default;
  explicit CorrelationGroup(std::string_view packed) : values(packed) {}

  [[nodiscard]] const std::vector<std::string>& texts() const {
    static const std::vector<std::string> no_texts;
    return rest ? rest->texts : no_texts;
  }
  [[nodiscard]] Rest& with_rest() {
    if (!rest) rest = std::make_unique<Rest>();
    return *rest;
  }
  [[nodiscard]] HotSearch* search() const { return rest ? rest->search.get() : nullptr; }
};

// The number of the rule (Episode::rule) of an alert in the book of which nothing but the id is wanted any more.
inline constexpr std::uint16_t retired = no_rule - 1;

// All groups, by number. A group never moves.
class GroupTable {
 public:
  static constexpr std::uint32_t none = CorrelationGroup::none;

  GroupTable() { make_slots(64); }
  GroupTable(const GroupTable&) = delete;
  GroupTable& operator=(const GroupTable&) = delete;
  ~GroupTable() {
    for (std::uint32_t i = 0; i < groups_.count(); ++i) std::destroy_at(&at(i));
  }

  void swap(GroupTable& other) {
    std::swap(groups_, other.groups_);
    std::swap(memory_, other.memory_);
    std::swap(slots_, other.slots_);
    std::swap(size_, other.size_);
    std::swap(count_, other.count_);
  }

  [[nodiscard]] static std::uint32_t hash_of(std::uint32_t rule, std::string_view values);
  [[nodiscard]] CorrelationGroup& at(std::uint32_t group) {
    return *std::launder(reinterpret_cast<CorrelationGroup*>(groups_.at(group)));
  }
  [[nodiscard]] const CorrelationGroup& at(std::uint32_t group) const {
    return *std::launder(reinterpret_cast<const CorrelationGroup*>(groups_.at(group)));
  }
  // Its number, or none. `hash` is hash_of() both.
  [[nodiscard]] std::uint32_t find(std::uint32_t hash, std::uint32_t rule, std::string_view values) const {
    for (auto slot = hash & mask(); slots_[slot].group != none; slot = (slot + 1) & mask()) {
      if (slots_[slot].hash != hash) continue;
      const auto& group = at(slots_[slot].group);
      if (group.rule == rule && group.values.view() == values) return slots_[slot].group;
    }
    return none;
  }
  // REQUIRES: it is not there.
  std::uint32_t add(std::uint32_t hash, std::uint32_t rule, std::string_view values);
  void remove(std::uint32_t group);

  // So that several look-ups are under way at once: where find() begins, the group that it then finds, most likely, and a group
  // by its number. Inlined by order: g++ takes a function that only fetches for one that does nothing, and leaves it out.
  [[gnu::always_inline]] void prefetch(std::uint32_t hash) const { __builtin_prefetch(&slots_[hash & mask()]); }
  [[gnu::always_inline]] std::uint32_t prefetch_group(std::uint32_t hash) const {
    for (auto slot = hash & mask(); slots_[slot].group != none; slot = (slot + 1) & mask()) {
      if (slots_[slot].hash != hash) continue;
      prefetch_number(slots_[slot].group);
      return slots_[slot].group;
    }
    return none;
  }
  [[gnu::always_inline]] void prefetch_number(std::uint32_t number) const {
    const auto* group = groups_.at(number);
    __builtin_prefetch(group);
    __builtin_prefetch(group + 64);
    __builtin_prefetch(group + 128);
  }

  template <class Visit>  // visit(number, group), in no order
  void for_each(Visit&& visit) {
    for (std::uint32_t i = 0; i < groups_.count(); ++i)
      if (at(i).is_used) visit(i, at(i));
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::uint32_t i = 0; i < groups_.count(); ++i)
      if (at(i).is_used) visit(i, at(i));
  }
  [[nodiscard]] std::size_t memory_bytes() const { return groups_.memory_bytes() + size_ * sizeof(Slot); }

 private:
  struct Slot {
    std::uint32_t hash = 0, group = none;
  };
  [[nodiscard]] std::uint32_t mask() const { return static_cast<std::uint32_t>(size_ - 1); }
  void place(Slot slot);
  void make_slots(std::size_t size);

  RecordSlab groups_{sizeof(CorrelationGroup)};
  LargeMemory memory_;
  Slot* slots_ = nullptr;  // open addressing
  std::size_t size_ = 0;   // a power of two
  std::size_t count_ = 0;
};

}  // namespace vigia
