// A ColdStore in memory that can be told to fail, and that forgets at once what is released: who reads it afterwards sees rubbish.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "engine/cold_store.h"

namespace vigia::counting {

// Shared by the stores of a task and those of the tasks after it.
struct StoreFaults {
  bool full = false;                                                              // writes fail
  bool unreadable = false;                                                        // reads fail
  bool damaged = false;                                                           // reads give other bytes
  std::atomic<std::uint64_t> writes = 0, reads = 0, releases = 0, stretches = 0;  // of shards side by side
  std::size_t clean_above_bytes = SIZE_MAX;  // dead bytes in one stretch at which it is offered for cleaning
};

class MemoryStore final : public ColdStore {
 public:
  explicit MemoryStore(std::shared_ptr<StoreFaults> faults) : faults_(std::move(faults)) {}

  [[nodiscard]] std::optional<std::uint64_t> write(std::string_view bytes) override {
    if (faults_->full) {
      error_ = "no room";
      return std::nullopt;
    }
    ++faults_->writes;
    const auto at = end_;
    pieces_[at] = {std::string(bytes), bytes.size()};
    end_ += bytes.size();
    return at;
  }
  [[nodiscard]] bool read(std::span<const ColdPlace> places, const Read& read) override {
    for (std::size_t i = 0; i < places.size(); ++i) {
      std::string bytes;
      if (!read_at(places[i].offset_bytes(), places[i].bytes(), bytes)) return false;
      read(i, bytes);
    }
    return true;
  }
  [[nodiscard]] bool read_at(std::uint64_t offset_bytes, std::size_t bytes, std::string& out) override {
    ++faults_->reads;
    error_ = "not readable";
    if (faults_->unreadable) return false;
    const auto piece = std::prev(pieces_.upper_bound(offset_bytes));
    const auto at = offset_bytes - piece->first;
    if (at + bytes > piece->second.bytes.size()) return false;
    out = piece->second.bytes.substr(at, bytes);
    if (faults_->damaged) out[out.size() / 2] ^= 1;
    return true;
  }
  void release(std::uint64_t offset_bytes, std::size_t bytes) override {
    ++faults_->releases;
    const auto piece = std::prev(pieces_.upper_bound(offset_bytes));
    auto& [content, live] = piece->second;
    std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(offset_bytes - piece->first), bytes, '#');
    live -= bytes;
    if (live == 0) pieces_.erase(piece);
  }
  [[nodiscard]] std::optional<Stretch> sparse() override {
    for (const auto& [offset_bytes, piece] : pieces_)
      if (piece.bytes.size() - piece.live > faults_->clean_above_bytes) {
        ++faults_->stretches;
        return Stretch{offset_bytes, piece.bytes.size()};
      }
    return std::nullopt;
  }
  [[nodiscard]] std::uint64_t memory_bytes() const override { return 0; }  // as if it were on disk
  [[nodiscard]] std::uint64_t disk_bytes() const override {
    std::uint64_t bytes = 0;
    for (const auto& [offset_bytes, piece] : pieces_) bytes += piece.live;
    return bytes;
  }
  [[nodiscard]] const std::string& error() const override { return error_; }

 private:
  struct Piece {
    std::string bytes;
    std::size_t live;
  };
  std::shared_ptr<StoreFaults> faults_;
  std::map<std::uint64_t, Piece> pieces_;
  std::uint64_t end_ = 0;
  std::string error_;
};

[[nodiscard]] inline ColdStoreMaker memory_stores(
    std::shared_ptr<StoreFaults> faults = std::make_shared<StoreFaults>()) {
  return [faults = std::move(faults)] { return std::make_unique<MemoryStore>(faults); };
}

}  // namespace vigia::counting
