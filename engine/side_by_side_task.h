// Several first stages as one task: each takes the records of its own topics, all with the one clock. For replay and for tests;
// to the outside they are one stage.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/task.h"

namespace vigia {

class SideBySideTask final : public Task {
 public:
  struct Part {
    std::unique_ptr<Task> task;
    std::vector<std::optional<TopicIndex>>
        topics;  // by topic of the whole: the part's own number for it; none: not its
    std::function<bool(const InputRecord&)> takes = {};  // of those topics' records; empty: all
  };
  // REQUIRES: fewer than 100 parts.
  explicit SideBySideTask(std::vector<Part> parts) : parts_(std::move(parts)) {}

  // Alerts and signals of all in one order, rejected records in record order, and one account.
  EpochResult process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                      TimeMs clock_ms) override;
  // REQUIRES: of the same parts.
  [[nodiscard]] EpochResult take_over(Task& before) override;
  void begin_snapshot(bool all, std::string& meta) override;
  bool continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) override;
  [[nodiscard]] std::string restore_meta(std::string_view meta) override;
  [[nodiscard]] std::string restore_key(std::string_view key, std::string_view bytes) override;
  [[nodiscard]] std::string describe_key(std::string_view key) const override;  // of the first that knows it
  [[nodiscard]] Account total_account() const override;
  [[nodiscard]] std::uint64_t memory_bytes() const override;
  [[nodiscard]] std::uint64_t key_count() const override;
  void keep_within(std::uint64_t bytes) override;
  [[nodiscard]] std::string fault() const override;
  [[nodiscard]] SpillCount spilled() const override;

 private:
  std::vector<Part> parts_;
  std::size_t saving_ = 0;  // the part whose keys a snapshot under way has come to
};

}  // namespace vigia
