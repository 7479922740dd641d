// All other stages and triage behind them as one task, for replay: the alerts of an epoch meet its commands within it. To the
// outside it is the other stages, with how alerts stand and the replies beside.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/task.h"

namespace vigia {

class TriagedTask final : public Task {
 public:
  // Records of topics from `first_command_topic` on are commands.
  TriagedTask(std::unique_ptr<Task> whole, std::unique_ptr<Task> triage, std::uint16_t first_command_topic)
      : whole_(std::move(whole)), triage_(std::move(triage)), first_command_topic_(first_command_topic) {}

  EpochResult process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                      TimeMs clock_ms) override;
  [[nodiscard]] EpochResult take_over(Task& before) override;
  void begin_snapshot(bool all, std::string& meta) override;
  bool continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) override;
  [[nodiscard]] std::string restore_meta(std::string_view meta) override;
  [[nodiscard]] std::string restore_key(std::string_view key, std::string_view bytes) override;
  [[nodiscard]] std::string describe_key(std::string_view key) const override { return whole_->describe_key(key); }
  [[nodiscard]] Account total_account() const override { return whole_->total_account(); }
  [[nodiscard]] std::uint64_t memory_bytes() const override { return whole_->memory_bytes() + triage_->memory_bytes(); }
  [[nodiscard]] std::uint64_t key_count() const override { return whole_->key_count(); }

 private:
  void triage(std::span<const InputRecord> commands, TimeMs clock_ms, EpochResult& result);

  std::unique_ptr<Task> whole_, triage_;
  std::uint16_t first_command_topic_;
  bool whole_is_saved_ = false;
};

}  // namespace vigia
