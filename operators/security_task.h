// The stage of IT-security events: JSON objects, keyed as their records are. Detections look at one event alone, so there is no
// history and no state of keys: an event is heard once, and what it says leaves at once. What it takes to know a second
// delivery is kept for `allowed_lateness` and a minute from then on: what comes later is too late by its record's time, unless
// that record is one of then, too, which is heard as another.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/task.h"
#include "operators/group_rules.h"
#include "operators/security_decode.h"
#include "operators/stage_config.h"

namespace vigia {

class SecurityTask final : public Task {
 public:
  explicit SecurityTask(const StageConfig& config);
  ~SecurityTask() override;

  EpochResult process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                      TimeMs clock_ms) override;
  [[nodiscard]] EpochResult take_over(Task& before) override;
  void begin_snapshot(bool all, std::string& meta) override;
  bool continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) override;
  [[nodiscard]] std::string restore_meta(std::string_view meta) override;
  [[nodiscard]] std::string restore_key(std::string_view key, std::string_view bytes) override;
  [[nodiscard]] std::string describe_key(std::string_view) const override { return {}; }
  [[nodiscard]] Account total_account() const override { return total_; }
  [[nodiscard]] std::uint64_t memory_bytes() const override;
  [[nodiscard]] std::uint64_t key_count() const override { return 0; }

 private:
  // Identities of the events that were heard in one minute of the clock.
  struct Heard {
    std::vector<std::uint64_t> identities;
    std::size_t saved = 0;          // of them, in images that there are
    std::uint32_t saved_parts = 0;  // these
  };
  using Minute = std::int64_t;

  void apply(SecurityEvent& event, const InputRecord& record, TimeMs clock_ms, EpochResult& result);
  // The first that is not forgotten as of a clock.
  [[nodiscard]] Minute oldest_minute(TimeMs clock_ms) const;
  void forget();
  [[nodiscard]] static std::string image_key(Minute minute, std::uint32_t part);

  StageConfig config_;
  GroupRules group_rules_;
  std::vector<std::unique_ptr<SecurityDecoder>> decoders_;  // one a thread
  std::map<Minute, Heard> heard_;
  std::unordered_map<std::uint64_t, Minute> known_;  // by identity, when it was heard last
  std::vector<std::string> gone_;                    // images to take off with the next snapshot
  std::vector<KeyImage> saving_;
  std::size_t saving_at_ = 0;
  TimeMs clock_ms_ = no_time_ms;
  Account total_;
};

[[nodiscard]] std::unique_ptr<Task> make_security_task(const StageConfig& config);

}  // namespace vigia
