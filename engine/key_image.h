// A key as bytes in a snapshot, and back. The layout is documented in docs/snapshot-format.md; image_version changes with it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <xxhash.h>

#include "engine/block_image.h"
#include "engine/bytes.h"
#include "engine/cold_item.h"
#include "engine/shard.h"

namespace vigia {

inline constexpr std::uint8_t image_version = 2;
[[nodiscard]] inline bool is_readable_version(std::uint8_t version) { return version == 1 || version == image_version; }

namespace image {

// They are written as they lie in memory, by the tables of docs/snapshot-format.md.
static_assert(sizeof(SequenceGap) == 24 && sizeof(Candidate) == 120 && sizeof(ToldAlert) == 152);
static_assert(offsetof(Candidate, is_instant) == 80 && offsetof(Candidate, closed_by) == 104);

template <class Element>
void put_all(ByteWriter& out, const std::vector<Element>* elements) {
  out.put(static_cast<std::uint32_t>(elements ? elements->size() : 0));
  if (elements)
    for (const auto& element : *elements) out.put(element);
}

template <class Element>
void get_all(ByteReader& in, std::vector<Element>& elements) {
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) elements.push_back(in.get<Element>());
}

using HeardIdentities = std::map<std::uint64_t, TimeMs>;

inline void put_heard(ByteWriter& out, const HeardIdentities* heard) {
  out.put(static_cast<std::uint32_t>(heard ? heard->size() : 0));
  if (!heard) return;
  for (const auto& [identity, until_ms] : *heard) {
    out.put(identity);
    out.put(until_ms);
  }
}

inline void get_heard(ByteReader& in, std::unique_ptr<HeardIdentities>& heard) {
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
    if (!heard) heard = std::make_unique<HeardIdentities>();
    const auto identity = in.get<std::uint64_t>();
    heard->emplace_hint(heard->end(), identity, in.get<TimeMs>());
  }
}

}  // namespace image

// Appends it to `bytes`. REQUIRES: nothing waits for the end of the epoch. What is spilled of the history is read: where that
// fails the shard has a fault, and the image is worthless.
template <class Stage>
void append_key_image(const Stage& stage, Shard<Stage>& shard, std::uint32_t index, std::string& bytes) {
  auto& record = shard.record_at(index);
  const auto& cold = *record.cold;
  record.settle();
  const auto begin = bytes.size();
  ByteWriter out(bytes);
  out.put(image_version);
  out.put(record.last_ms);
  out.put(record.last_sequence);
  out.put(record.partition);
  out.put(cold.run_start_ms);
  out.put(cold.contact_sequence);
  out.put(cold.run_high_ms);
  out.put(cold.run_high);
  out.put(cold.newest_sequence);
  out.put(cold.base_ms);
  out.put(cold.judged_due_ms);
  out.put(static_cast<std::uint8_t>(record.watched));
  out.put_raw(shard.area_of(record), stage.area_bytes());
  out.put_raw(shard.state_of(record), stage.state_bytes());
  std::string block_bytes;
  image::put_blocks(out, cold.head.get(), stage.state_bytes(), [&](const HistoryBlock& block) {
    return shard.read_block(stage.hash(cold.key), block, block_bytes);
  });
  image::put_all(out, cold.gaps.get());
  image::put_all(out, cold.ledger ? &cold.ledger->candidates : nullptr);
  image::put_all(out, cold.book ? &cold.book->alerts : nullptr);
  image::put_heard(out, cold.heard.get());
  out.put(static_cast<std::uint8_t>(cold.context != nullptr));
  if (cold.context) stage.write_context(*cold.context, out);
  out.put(XXH3_64bits(bytes.data() + begin, bytes.size() - begin));
}
template <class Stage>
std::string write_key_image(const Stage& stage, Shard<Stage>& shard, std::uint32_t index) {
  std::string bytes;
  append_key_image(stage, shard, index, bytes);
  return bytes;
}

// Reads an image into a shard that does not have the key, of bytes whose hash is right (engine/cold_item.h). `alarm_ms`: KeyCold::alarm_ms of a key that was spilled.
template <class Stage>
std::string read_sound_image(const Stage& stage, Shard<Stage>& shard, std::string_view key, std::string_view bytes,
                             TimeMs alarm_ms) {
  const auto damaged = [&] { return "the image of key " + std::string(key) + " is damaged"; };
  ByteReader in(bytes.substr(0, bytes.size() - sizeof(XXH64_hash_t)));
  const auto version = in.get<std::uint8_t>();
  const auto index = shard.add_key(stage.hash(key), key, false);
  auto& record = shard.record_at(index);
  auto& cold = *record.cold;
  cold.alarm_ms = alarm_ms;
  record.last_ms = in.get<TimeMs>();
  record.last_sequence = in.get<std::uint32_t>();
  record.partition = in.get<std::uint16_t>();
  cold.run_start_ms = in.get<TimeMs>();
  cold.contact_sequence = in.get<std::uint32_t>();
  cold.run_high_ms = in.get<TimeMs>();
  cold.run_high = in.get<std::uint32_t>();
  cold.newest_sequence = in.get<std::uint32_t>();
  cold.base_ms = in.get<TimeMs>();
  cold.judged_due_ms = in.get<TimeMs>();
  record.watched = in.get<std::uint8_t>() != 0;
  in.get_raw(shard.area_of(record), stage.area_bytes());
  in.get_raw(shard.state_of(record), stage.state_bytes());
  HistoryBlock* tail = nullptr;
  auto head = image::get_blocks(in, stage.state_bytes(), tail);
  std::vector<SequenceGap> gaps;
  Ledger ledger;
  AlertBook book;
  image::get_all(in, gaps);
  image::get_all(in, ledger.candidates);
  image::get_all(in, book.alerts);
  image::get_heard(in, cold.heard);
  const bool has_context = in.get<std::uint8_t>() != 0;
  if (has_context) cold.context = stage.read_context(in, version);
  if (in.failed || !in.at_end() || !head) return damaged();
  shard.adopt_history(record, std::move(head), tail);
  if (!gaps.empty()) cold.gaps = std::make_unique<std::vector<SequenceGap>>(std::move(gaps));
  if (!ledger.candidates.empty()) cold.ledger = std::make_unique<Ledger>(std::move(ledger));
  if (!book.alerts.empty()) cold.book = std::make_unique<AlertBook>(std::move(book));
  static_cast<void>(shard.schedule_next(index));
  shard.account_found(record);
  return {};
}

// REQUIRES: the key is not in the shard. An error text, empty when good.
template <class Stage>
std::string read_key_image(const Stage& stage, Shard<Stage>& shard, std::string_view key, std::string_view bytes) {
  if (const auto version = ByteReader(bytes).get<std::uint8_t>(); !is_readable_version(version))
    return "the image of key " + std::string(key) + " has version " + std::to_string(version) + ", expected 1 to " +
           std::to_string(image_version);
  if (!is_sound_image(bytes)) return "the image of key " + std::string(key) + " is damaged";
  return read_sound_image(stage, shard, key, bytes, never_ms);
}

}  // namespace vigia
