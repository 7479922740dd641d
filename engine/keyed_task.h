// A task over a stage: decodes an epoch's records in parallel pieces, gives each shard its keys' rows in the order of the
// records, and puts the shards' answers together so that nothing shows how many there were.
#pragma once

#include <algorithm>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "engine/key_image.h"
#include "engine/key_move.h"
#include "engine/parallel.h"
#include "engine/result_order.h"
#include "engine/shard.h"
#include "engine/task.h"

namespace vigia {

template <class Stage>
class KeyedTask final : public Task {
 public:
  KeyedTask(Stage stage, const LatenessSettings& settings, unsigned threads, const ColdStoreMaker& make_store = {})
      : stage_(std::move(stage)),
        settings_(settings),
        arena_(static_cast<int>(std::max(1u, threads))),
        pieces_(threads <= 1 ? 1 : threads * parts_per_thread) {
    for (std::size_t i = 0; i < pieces_.size(); ++i)
      shards_.push_back(std::make_unique<Shard<Stage>>(stage_, settings, make_store ? make_store() : nullptr));
  }

  EpochResult process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                      TimeMs clock_ms) override;
  void begin_snapshot(bool all, std::string& meta) override;
  bool continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) override;
  [[nodiscard]] std::string restore_meta(std::string_view meta) override;
  [[nodiscard]] std::string restore_key(std::string_view key, std::string_view bytes) override;
  [[nodiscard]] EpochResult take_over(Task& before) override;
  [[nodiscard]] std::string move_key(std::string_view bytes, PartitionId to, std::string& moved) const override;
  [[nodiscard]] std::string describe_key(std::string_view key) const override;
  [[nodiscard]] Account total_account() const override { return total_; }
  [[nodiscard]] std::uint64_t memory_bytes() const override;
  [[nodiscard]] std::uint64_t key_count() const override;
  void keep_within(std::uint64_t bytes) override;
  [[nodiscard]] std::string fault() const override;
  [[nodiscard]] SpillCount spilled() const override;

 private:
  using EventRow = Row<typename Stage::Payload>;
  // So that nobody waits for long for a thread that was late.
  static constexpr unsigned parts_per_thread = 4;

  // What one piece of the epoch decoded to: rows for each shard, in record order. Threads write side by side: nothing of two
  // pieces may share a cache line.
  struct alignas(128) RowList {
    std::vector<EventRow> rows;
  };
  struct alignas(128) Piece {
    std::vector<RowList> of_shard;
    std::unique_ptr<typename Stage::Decoder> decoder;
    std::vector<RejectedRecord> rejected;
    Account account;
  };

  [[nodiscard]] std::size_t shard_of(KeyHash hash) const {
    return shards_.size() == 1 ? 0 : (hash.value >> 40) % shards_.size();
  }
  void decode(Piece& piece, std::span<const InputRecord> records, std::span<const TimeMs> clocks, std::size_t first);
  void put_in_order(EpochResult& result) const;
  [[nodiscard]] std::uint64_t row_bytes() const;
  void share_budget();
  [[nodiscard]] OffsetReference offsets() const;
  void go_on_from(const OffsetReference& offsets);
  [[nodiscard]] static std::string describe(const Stage& stage, Shard<Stage>& shard, std::string_view key,
                                            TimeMs clock_ms);

  Stage stage_;
  LatenessSettings settings_;
  tbb::task_arena arena_;
  tbb::affinity_partitioner piece_affinity_, shard_affinity_;
  std::vector<std::unique_ptr<Shard<Stage>>> shards_;
  std::vector<Piece> pieces_;
  Account total_;
  TimeMs clock_ms_ = no_time_ms;
  std::uint64_t budget_bytes_ = UINT64_MAX;
};

template <class Stage>
void KeyedTask<Stage>::decode(Piece& piece, std::span<const InputRecord> records, std::span<const TimeMs> clocks,
                              std::size_t first) {
  piece.of_shard.resize(shards_.size());
  for (auto& list : piece.of_shard) list.rows.clear();
  if (!piece.decoder) piece.decoder = std::make_unique<typename Stage::Decoder>(stage_);
  piece.decoder->begin();
  piece.account = {};
  piece.rejected.clear();
  EventRow row;
  for (std::size_t i = 0; i < records.size(); ++i) {
    // The bytes of records lie where the network put them.
    if (i + 8 < records.size())
      for (std::size_t at = 0; at < std::min<std::size_t>(records[i + 8].value.size(), 256); at += 64)
        __builtin_prefetch(records[i + 8].value.data() + at);
    row.clock_ms = clocks[i];
    row.record_index = static_cast<std::uint32_t>(first + i);
    piece.decoder->decode(
        records[i], row,
        [&](const EventRow& decoded) { piece.of_shard[shard_of(decoded.hash)].rows.push_back(decoded); },
        piece.rejected, piece.account);
  }
}

template <class Stage>
EpochResult KeyedTask<Stage>::process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                                      TimeMs clock_ms) {
  const auto piece_size = (records.size() + pieces_.size() - 1) / pieces_.size();
  clock_ms_ = std::max(clock_ms_, clock_ms);
  std::vector<std::vector<Alert>> alerts(shards_.size());
  share_budget();
  const auto work = [&] {
    for_each_index(
        pieces_.size(),
        [&](std::size_t i) {
          const auto first = std::min(records.size(), i * piece_size);
          const auto count = std::min(piece_size, records.size() - first);
          decode(pieces_[i], records.subspan(first, count), record_clock_ms.subspan(first, count), first);
        },
        piece_affinity_);
    for_each_index(
        shards_.size(),
        [&](std::size_t i) {
          for (auto& piece : pieces_) shards_[i]->apply(piece.of_shard[i].rows);
          shards_[i]->finish(clock_ms_, alerts[i]);
        },
        shard_affinity_);
  };
  if (pieces_.size() == 1)
    work();
  else
    arena_.execute(work);

  EpochResult result;
  for (auto& piece : pieces_) {
    result.account += piece.account;
    if constexpr (requires { piece.decoder->take_unlisted(); })
      if (piece.decoder) result.unlisted += piece.decoder->take_unlisted();
    std::move(piece.rejected.begin(), piece.rejected.end(), std::back_inserter(result.rejected));
  }
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    result.account += shards_[i]->take_account();
    result.unlisted += shards_[i]->take_unlisted();
    for (auto& late : shards_[i]->take_too_late())
      result.rejected.push_back(
          {RejectKind::too_late, &records[late.record_index], late.event_index, std::move(late.reason)});
    std::move(alerts[i].begin(), alerts[i].end(), std::back_inserter(result.alerts));
    if (i == 0)
      result.signals = shards_[i]->take_signals();
    else
      std::ranges::move(shards_[i]->take_signals(), std::back_inserter(result.signals));
  }
  std::stable_sort(result.rejected.begin(), result.rejected.end(),
                   [](const RejectedRecord& a, const RejectedRecord& b) {
                     return std::tie(a.record, a.event_index) < std::tie(b.record, b.event_index);
                   });
  put_in_order(result);
  total_ += result.account;
  return result;
}

template <class Stage>
void KeyedTask<Stage>::put_in_order(EpochResult& result) const {
  vigia::put_in_order(result.alerts);
  if constexpr (requires { stage_.tell_alerts(result.alerts, result.signals); })
    stage_.tell_alerts(result.alerts, result.signals);
  vigia::put_in_order(result.signals);
}

template <class Stage>
EpochResult KeyedTask<Stage>::take_over(Task& task) {
  auto& before = static_cast<KeyedTask&>(task);
  clock_ms_ = before.clock_ms_;
  total_ = before.total_;
  budget_bytes_ = before.budget_bytes_;
  go_on_from(before.offsets());
  share_budget();
  const typename Stage::Change change(before.stage_, stage_);
  std::vector<std::vector<Alert>> alerts(shards_.size());
  arena_.execute([&] {
    for_each_index(shards_.size(),
                   [&](std::size_t i) { shards_[i]->take_over(*before.shards_[i], change, alerts[i]); });
  });
  EpochResult result;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    std::ranges::move(alerts[i], std::back_inserter(result.alerts));
    std::ranges::move(shards_[i]->take_signals(), std::back_inserter(result.signals));
  }
  put_in_order(result);
  return result;
}

template <class Stage>
OffsetReference KeyedTask<Stage>::offsets() const {
  OffsetReference all;
  for (const auto& shard : shards_)
    for (std::size_t t = 0; t < all.highest_.size(); ++t)
      all.highest_[t] = std::max(all.highest_[t], shard->offsets.highest_[t]);
  return all;
}

template <class Stage>
void KeyedTask<Stage>::go_on_from(const OffsetReference& offsets) {
  for (auto& shard : shards_) {
    shard->offsets = offsets;
    shard->set_clock(clock_ms_);
  }
}

template <class Stage>
void KeyedTask<Stage>::begin_snapshot(bool all, std::string& meta) {
  meta.clear();
  ByteWriter out(meta);
  out.put(image_version);
  out.put(stage_.fingerprint());
  out.put(clock_ms_);
  out.put(total_);
  out.put(offsets().highest_);
  for (auto& shard : shards_) shard->begin_snapshot(all);
}

template <class Stage>
bool KeyedTask<Stage>::continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) {
  bool complete = true;
  for (auto& shard : shards_)
    complete &= shard->continue_snapshot(std::max<std::size_t>(1, keys_max / shards_.size()), sink);
  return complete;
}

template <class Stage>
std::string KeyedTask<Stage>::restore_meta(std::string_view meta) {
  ByteReader in(meta);
  if (const auto version = in.get<std::uint8_t>(); !is_readable_version(version))
    return "the snapshot has version " + std::to_string(version) + ", expected 1 to " + std::to_string(image_version);
  if (in.get<std::uint64_t>() != stage_.fingerprint())
    return "the snapshot was made under other rules, sources, zones or routes; start with those, or with another state "
           "directory "
           "to read the topics again from their beginning";
  clock_ms_ = in.get<TimeMs>();
  total_ = in.get<Account>();
  OffsetReference offsets;
  offsets.highest_ = in.get<decltype(offsets.highest_)>();
  go_on_from(offsets);
  return in.failed || !in.at_end() ? "the snapshot's header is damaged" : "";
}

template <class Stage>
std::string KeyedTask<Stage>::restore_key(std::string_view key, std::string_view bytes) {
  auto& shard = *shards_[shard_of(stage_.hash(key))];
  auto error = read_key_image(stage_, shard, key, bytes);
  if (error.empty()) shard.shed();  // a snapshot may hold more than the memory
  return error;
}

template <class Stage>
std::string KeyedTask<Stage>::move_key(std::string_view bytes, PartitionId to, std::string& moved) const {
  return move_key_image(stage_, offsets(), bytes, to, moved);
}

template <class Stage>
std::string KeyedTask<Stage>::describe_key(std::string_view key) const {
  auto& shard = *shards_[shard_of(stage_.hash(key))];
  if (shard.find(key) != nullptr) return describe(stage_, shard, key, clock_ms_);
  const auto image = shard.read_spilled(key);
  if (image.empty()) return {};
  Shard<Stage> aside(stage_, settings_);
  aside.set_clock(clock_ms_);
  aside.offsets = shard.offsets;
  return read_key_image(stage_, aside, key, image).empty() ? describe(stage_, aside, key, clock_ms_) : std::string();
}

template <class Stage>
std::string KeyedTask<Stage>::describe(const Stage& stage, Shard<Stage>& shard, std::string_view key, TimeMs clock_ms) {
  auto& known = const_cast<KeyRecord<Stage>&>(*shard.find(key));  // read only: the accessors have no const form
  const auto& cold = *known.cold;
  std::uint32_t owed = 0;
  if (cold.gaps)
    for (const auto& gap : *cold.gaps) owed += gap.high - gap.low + 1;
  known.settle();
  std::uint32_t kept = 0;
  for (const auto* block = cold.head.get(); block != nullptr; block = block->next.get()) kept += block->count;
  typename Stage::KeyFacts facts{key,
                                 known.last_ms,
                                 clock_ms,
                                 cold.context.get(),
                                 cold.ledger.get(),
                                 cold.book.get(),
                                 shard.state_of(known),
                                 shard.area_of(known),
                                 owed,
                                 kept};
  EventHead head;
  typename Stage::Payload payload;
  if constexpr (requires { stage.add_to_path(head, payload, facts); }) {
    std::string bytes;
    for (const auto* block = cold.head.get(); block != nullptr; block = block->next.get()) {
      std::unique_ptr<HistoryBlock> read;
      if (block->is_hollow()) {
        ByteReader in(shard.read_block(stage.hash(key), *block, bytes));
        read = image::get_block(in, stage.state_bytes());
        if (!read) continue;
      }
      BlockReader<Stage> reader(stage, shard.offsets, PartitionId{known.partition}, read ? *read : *block);
      while (reader.next(head, payload)) stage.add_to_path(head, payload, facts);
    }
  }
  return stage.describe_key(facts);
}

template <class Stage>
std::uint64_t KeyedTask<Stage>::row_bytes() const {
  std::uint64_t bytes = sizeof *this;
  for (const auto& piece : pieces_)
    for (const auto& list : piece.of_shard) bytes += list.rows.capacity() * sizeof(EventRow);
  return bytes;
}

template <class Stage>
std::uint64_t KeyedTask<Stage>::memory_bytes() const {
  auto bytes = row_bytes();
  for (const auto& shard : shards_) bytes += shard->memory_bytes();
  return bytes;
}

// Keys fall to the shards by their hashes, so equal parts will do.
template <class Stage>
void KeyedTask<Stage>::share_budget() {
  if (budget_bytes_ == UINT64_MAX) return;
  const auto rows = row_bytes();
  for (auto& shard : shards_) shard->set_limit(budget_bytes_ > rows ? (budget_bytes_ - rows) / shards_.size() : 0);
}

template <class Stage>
void KeyedTask<Stage>::keep_within(std::uint64_t bytes) {
  budget_bytes_ = bytes;
  share_budget();
  for (auto& shard : shards_) shard->shed();
}

template <class Stage>
std::string KeyedTask<Stage>::fault() const {
  for (const auto& shard : shards_)
    if (!shard->spill().fault.empty()) return shard->spill().fault;
  return {};
}

template <class Stage>
SpillCount KeyedTask<Stage>::spilled() const {
  SpillCount count;
  for (const auto& shard : shards_) {
    if (!shard->spill().store) continue;
    count.keys += shard->spill().stubs.size();
    count.brought_back += shard->spill().brought_back;
    count.blocks_read += shard->spill().blocks_read;
    count.disk_bytes += shard->spill().store->disk_bytes();
  }
  return count;
}

template <class Stage>
std::uint64_t KeyedTask<Stage>::key_count() const {
  std::uint64_t keys = 0;
  for (const auto& shard : shards_) keys += shard->key_count();
  return keys;
}

}  // namespace vigia
