// Detections over alerts, behind the shuffle: reads each revision of an alert as a signal (operators/alert_signals.h) and tells
// the correlations that it is an event of, as an interval. A revision replaces the one before: where that was an event of other
// groups, or of none, it is taken back there. So of each alert is kept where it was told.
//
// A detection that no correlation refers to has a correlation of its own, whose group is the alert.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/task.h"
#include "operators/sigma_event_reader.h"
#include "operators/sigma_plan.h"

namespace vigia {

class AlertDetectionTask final : public Task {
 public:
  // An alert that has ended is let go of when nothing was heard of it for `keep_ms`: counted in hours that the clock went
  // through. `plan` is never null.
  AlertDetectionTask(std::shared_ptr<const SigmaPlan> plan, TimeMs keep_ms);

  // Signals in the result are to come back as records; they are the correlations'.
  EpochResult process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                      TimeMs clock_ms) override;
  // New detections see revisions from now on; what was told stays until the alert's next one.
  [[nodiscard]] EpochResult take_over(Task& before) override;
  void begin_snapshot(bool all, std::string& meta) override;
  bool continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) override;
  [[nodiscard]] std::string restore_meta(std::string_view meta) override;
  [[nodiscard]] std::string restore_key(std::string_view key, std::string_view bytes) override;
  [[nodiscard]] std::string describe_key(std::string_view alert_id) const override;
  [[nodiscard]] Account total_account() const override { return total_; }
  [[nodiscard]] std::uint64_t memory_bytes() const override { return known_.size() * known_bytes; }
  [[nodiscard]] std::uint64_t key_count() const override { return known_.size(); }

 private:
  // Where an alert was told: as a signal of this id, of one group of a correlation.
  struct Told {
    std::string signal_id, rule_id;
    std::vector<std::string> group;
    friend bool operator==(const Told&, const Told&) = default;
  };
  struct Known {
    std::uint32_t revision = 0;
    bool lasts = false;
    std::int32_t touched_hour = 0;
    std::vector<Told> told;
  };
  using KnownAlerts = std::map<std::string, Known, std::less<>>;  // by id

  [[nodiscard]] std::string apply(const InputRecord& record, EpochResult& result);
  [[nodiscard]] std::vector<Signal> signals_of(const Alert& alert);
  [[nodiscard]] bool is_of_one_alert(const std::string& rule_id) const;
  void let_go();
  [[nodiscard]] static std::string image_of(const Known& known);

  static constexpr std::uint64_t known_bytes = 256;  // about, with its node and one group

  std::shared_ptr<const SigmaPlan> plan_;
  TimeMs keep_ms_;
  SigmaEventReader reader_;
  KnownAlerts known_;
  std::set<std::string> changed_;  // since the last snapshot, those that are gone too
  std::vector<KeyImage> saving_;
  std::size_t saving_at_ = 0;
  TimeMs clock_ms_ = no_time_ms, let_go_ms_ = no_time_ms;
  std::int32_t hour_ = 0;
  Account total_;
};

}  // namespace vigia
