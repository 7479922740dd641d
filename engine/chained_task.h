// Two stages as one task, without a topic between them: what the first signals the second takes at once, within the same
// epoch and with the same clock. For replay and for tests; to the outside it is the first stage, with more alerts.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/task.h"

namespace vigia {

class ChainedTask final : public Task {
 public:
  ChainedTask(std::unique_ptr<Task> first, std::unique_ptr<Task> second)
      : first_(std::move(first)), second_(std::move(second)) {}

  // The alerts of both stages in one order; the account and the rejected records are the first one's.
  EpochResult process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                      TimeMs clock_ms) override;
  [[nodiscard]] EpochResult take_over(Task& before) override;
  void begin_snapshot(bool all, std::string& meta) override;
  bool continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) override;
  [[nodiscard]] std::string restore_meta(std::string_view meta) override;
  [[nodiscard]] std::string restore_key(std::string_view key, std::string_view bytes) override;
  [[nodiscard]] std::string describe_key(std::string_view key) const override { return first_->describe_key(key); }
  [[nodiscard]] Account total_account() const override { return first_->total_account(); }
  [[nodiscard]] std::uint64_t memory_bytes() const override { return first_->memory_bytes() + second_->memory_bytes(); }
  [[nodiscard]] std::uint64_t key_count() const override { return first_->key_count() + second_->key_count(); }
  void keep_within(std::uint64_t bytes) override { first_->keep_within(bytes); }  // the second has nothing to spill
  [[nodiscard]] std::string fault() const override { return first_->fault(); }
  [[nodiscard]] SpillCount spilled() const override { return first_->spilled(); }

 private:
  void signal(EpochResult& result, TimeMs clock_ms);

  std::unique_ptr<Task> first_, second_;
  std::int64_t signals_ = 0;  // the offsets that a topic would have given them
  bool first_is_saved_ = false;
};

}  // namespace vigia
