// Records made before the clock is started: their bytes in a few large pieces, as a consumer's queue holds them.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/record.h"

namespace vigia::bench {

// Not thread-safe. The records' views live until clear().
class RecordList {
 public:
  void add(InputRecord record, std::string_view key, std::string_view value) {
    record.key = keep(key);
    record.value = keep(value);
    records_.push_back(record);
    clock_ms_ = std::max(clock_ms_, record.broker_ms);
    clocks_.push_back(clock_ms_);
  }
  // Forgets the records but not the memory.
  void clear() {
    records_.clear();
    clocks_.clear();
    piece_ = 0;
    used_ = 0;
  }

  [[nodiscard]] std::size_t size() const { return records_.size(); }
  [[nodiscard]] std::span<const InputRecord> records() const { return records_; }
  [[nodiscard]] std::span<const TimeMs> clocks() const { return clocks_; }

  // Calls epoch(records, clocks, clock_ms) for each `epoch_records` records in turn.
  template <class Epoch>
  void for_each_epoch(std::size_t epoch_records, Epoch&& epoch) const {
    for (std::size_t at = 0; at < records_.size(); at += epoch_records) {
      const auto count = std::min(epoch_records, records_.size() - at);
      epoch(records().subspan(at, count), clocks().subspan(at, count), clocks_[at + count - 1]);
    }
  }

 private:
  static constexpr std::size_t piece_bytes = 8u << 20;

  // 16-byte aligned, as librdkafka's payloads are not always but malloc's are.
  std::string_view keep(std::string_view bytes) {
    const auto wanted = (bytes.size() + 15) / 16 * 16;
    if (piece_ == pieces_.size() || used_ + wanted > piece_bytes) {
      if (piece_ < pieces_.size()) ++piece_;
      if (piece_ == pieces_.size()) pieces_.push_back(std::make_unique_for_overwrite<char[]>(piece_bytes));
      used_ = 0;
    }
    auto* to = pieces_[piece_].get() + used_;
    std::memcpy(to, bytes.data(), bytes.size());
    used_ += wanted;
    return {to, bytes.size()};
  }

  std::vector<std::unique_ptr<char[]>> pieces_;
  std::size_t piece_ = 0;
  std::size_t used_ = 0;
  std::vector<InputRecord> records_;
  std::vector<TimeMs> clocks_;
  TimeMs clock_ms_ = 0;
};

}  // namespace vigia::bench
