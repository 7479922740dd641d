// One event as detections see it: of each field that they look at, its values. A list gives as many values as it has
// elements; null is a value of its own kind, an absent field has none.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "operators/sigma_fields.h"

namespace vigia {

enum class SigmaType : std::uint8_t { null, boolean, number, text, object };  // of an object only that it is there

struct SigmaValue {
  SigmaType type = SigmaType::null;
  double number = 0;        // of a number
  std::string_view text;    // of all but null and object; numbers as they are written shortest
  std::string_view folded;  // the same with A-Z as a-z
};

// A-Z as a-z; other bytes as they are. `out` has room for text.size() bytes.
void fold_case(std::string_view text, char* out);

// Owns what its values point to, but for texts given as lasting. Keep one and reuse it; one thread at a time.
class SigmaEvent {
 public:
  // `all_texts`: texts outside of the fields are wanted too, for keywords.
  void begin(const SigmaFields& fields, bool all_texts);

  void add_null(int field);
  void add_object(int field);
  void add_boolean(int field, bool value);
  void add_number(int field, double value);
  void add_number(int field, std::int64_t value);
  void add_number(int field, std::uint64_t value);
  // The text must last as long as the event. SigmaFields::nothing: a text that only keywords look at.
  void add_text(int field, std::string_view text);

  // The values of a field: for (int i = first(field); i >= 0; i = next(i)) value(i).
  [[nodiscard]] int first(int field) const {
    const auto& head = heads_[static_cast<std::size_t>(field)];
    return head.generation == generation_ ? head.first : -1;
  }
  [[nodiscard]] int next(int value) const { return values_[static_cast<std::size_t>(value)].next; }
  [[nodiscard]] const SigmaValue& value(int value) const { return values_[static_cast<std::size_t>(value)].value; }
  // Those with a value, in the order of their first ones.
  [[nodiscard]] const std::vector<int>& fields() const { return present_; }
  // All texts of the event, fields or not, when they were wanted.
  [[nodiscard]] const std::vector<SigmaValue>& texts() const { return texts_; }
  [[nodiscard]] bool wants_all_texts() const { return all_texts_; }

 private:
  struct Head {
    std::uint64_t generation = 0;
    int first = -1, last = -1;
  };
  struct Entry {
    SigmaValue value;
    int next = -1;
  };
  void add(int field, const SigmaValue& value);
  void add_written(int field, double number, std::string_view text);
  [[nodiscard]] char* room(std::size_t bytes);

  std::vector<Head> heads_;  // by field
  std::vector<Entry> values_;
  std::vector<int> present_;
  std::vector<SigmaValue> texts_;
  std::uint64_t generation_ = 0;
  bool all_texts_ = false;
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0, used_ = 0;  // where there is room
};

}  // namespace vigia
