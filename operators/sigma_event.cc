#include "operators/sigma_event.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace vigia {

void fold_case(std::string_view text, char* out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    out[i] = static_cast<char>(c + (static_cast<unsigned char>(c - 'A') < 26 ? 32 : 0));
  }
}

void SigmaEvent::begin(const SigmaFields& fields, bool all_texts) {
  heads_.resize(std::max(heads_.size(), fields.size()));
  ++generation_;
  all_texts_ = all_texts;
  values_.clear();
  present_.clear();
  texts_.clear();
  chunk_ = used_ = 0;
}

char* SigmaEvent::room(std::size_t bytes) {
  constexpr std::size_t usual_bytes = 1 << 14;
  while (chunk_ < chunks_.size() && used_ + bytes > chunks_[chunk_].size) {
    ++chunk_;
    used_ = 0;
  }
  if (chunk_ == chunks_.size()) {
    const auto size = std::max(bytes, usual_bytes);
    chunks_.push_back({std::make_unique<char[]>(size), size});
  }
  char* const at = chunks_[chunk_].bytes.get() + used_;
  used_ += bytes;
  return at;
}

void SigmaEvent::add(int field, const SigmaValue& value) {
  auto& head = heads_[static_cast<std::size_t>(field)];
  const int number = static_cast<int>(values_.size());
  values_.push_back({value, -1});
  if (head.generation != generation_) {
    head = {generation_, number, number};
    present_.push_back(field);
  } else {
    values_[static_cast<std::size_t>(head.last)].next = number;
    head.last = number;
  }
}

void SigmaEvent::add_written(int field, double number, std::string_view text) {
  char* const kept = room(text.size());
  std::memcpy(kept, text.data(), text.size());
  const std::string_view view(kept, text.size());
  add(field, {SigmaType::number, number, view, view});
}

void SigmaEvent::add_null(int field) { add(field, {}); }
void SigmaEvent::add_object(int field) { add(field, {SigmaType::object, 0, {}, {}}); }
void SigmaEvent::add_boolean(int field, bool value) {
  const std::string_view text = value ? "true" : "false";
  add(field, {SigmaType::boolean, 0, text, text});
}
void SigmaEvent::add_number(int field, double value) {
  char text[32];
  const auto end = fmt::format_to(text, "{}", value);
  add_written(field, value, {text, static_cast<std::size_t>(end - text)});
}
void SigmaEvent::add_number(int field, std::int64_t value) {
  const fmt::format_int text(value);
  add_written(field, static_cast<double>(value), {text.data(), text.size()});
}
void SigmaEvent::add_number(int field, std::uint64_t value) {
  const fmt::format_int text(value);
  add_written(field, static_cast<double>(value), {text.data(), text.size()});
}

void SigmaEvent::add_text(int field, std::string_view text) {
  char* const folded = room(text.size());
  fold_case(text, folded);
  const SigmaValue value{SigmaType::text, 0, text, {folded, text.size()}};
  if (field != SigmaFields::nothing) add(field, value);
  if (all_texts_) texts_.push_back(value);
}

}  // namespace vigia
