// Kafka's wire as far as a proxy must know it: where a request or an answer begins, what it asks, and which belong
// together. Bytes go through as they come; only the beginning of each frame is waited for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vigia::test {

// Numbers of the protocol.
enum class KafkaApi : std::int16_t {
  any = -1,
  produce = 0,
  fetch = 1,
  find_coordinator = 10,
  join_group = 11,
  heartbeat = 12,
  sync_group = 14,
  init_producer_id = 22,
  add_partitions_to_txn = 24,
  add_offsets_to_txn = 25,
  end_txn = 26,
  txn_offset_commit = 28,
};

// Big-endian, as everything in Kafka.
[[nodiscard]] inline std::int32_t read_int32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<std::int32_t>(value);
}

// Cuts one direction of a connection into pieces that each belong to one frame.
class FrameScanner {
 public:
  // A request begins with size, api, version, correlation; an answer with size, correlation.
  explicit FrameScanner(bool requests) : header_size_(requests ? 12 : 8) {}

  // `on_frame(header)` at the beginning of each frame: may the frame pass? `on_bytes(bytes)` for what passes.
  template <class OnFrame, class OnBytes>
  void feed(std::string_view bytes, OnFrame on_frame, OnBytes on_bytes) {
    while (!bytes.empty()) {
      if (left_ == 0) {
        const std::size_t missing = header_size_ - header_.size();
        header_.append(bytes.substr(0, missing));
        bytes.remove_prefix(std::min(missing, bytes.size()));
        if (header_.size() < header_size_) return;
        left_ = static_cast<std::size_t>(read_int32(header_, 0)) + 4 - header_size_;
        passes_ = on_frame(std::string_view(header_));
        if (passes_) on_bytes(std::string_view(header_));
        header_.clear();
        continue;
      }
      const std::string_view part = bytes.substr(0, left_);
      if (passes_) on_bytes(part);
      left_ -= part.size();
      bytes.remove_prefix(part.size());
    }
  }

 private:
  std::size_t header_size_;
  std::string header_;
  std::size_t left_ = 0;  // of the frame under way
  bool passes_ = true;
};

}  // namespace vigia::test
