// The triage stage: what people do about alerts. It reads the alerts of all stages, keyed by alert_id, and the commands about
// them, keyed alike, and is the only one to say how an alert stands: its last revision, with what people have done, as
// EpochResult::states. Every command is answered (EpochResult::replies). Alerts themselves are not changed by it.
//
// A command is judged once, against the alert as it is known then, and the verdict stands. One whose alert is not known waits for
// it for `patience_ms`: the topics that alerts and commands come by are not read in step.
//
// An alert that was raised within `reactivate_within_ms` after one of the same rule and subject had been closed names that one: it
// has come back. That is a function of when each was raised and of the commands about each (triage_reactivation.cc).
//
// An alert is let go of when it is over and nothing has been heard of it for `keep_ms`; beyond `bytes_max` those that are over and
// were heard of longest ago go before.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/task.h"
#include "operators/stage_config.h"
#include "operators/triage.h"
#include "operators/triage_policy.h"

namespace vigia {

struct TriageOptions {
  TimeMs patience_ms = 10'000;
  TimeMs keep_ms = 31 * 24 * 3'600'000LL;
  std::uint64_t bytes_max = UINT64_MAX;
  TimeMs allowed_lateness_ms = 10 * 60'000;  // a command that says to be older counts at this much before its record
  TimeMs reactivate_within_ms = 0;  // 0: nothing comes back. REQUIRES otherwise: the task gets all alerts there are
  // By TopicIndex, for replies; the first holds alerts, all others commands.
  std::vector<std::string> topics;
  // Why an alert's commands have no business in a partition, for people; empty: they have. May be empty itself.
  std::function<std::string(std::string_view alert_id, PartitionId partition)> misplaced;
};

class TriageTask final : public Task {
 public:
  TriageTask(const StageConfig& config, TriageOptions options);
  ~TriageTask() override;

  // Records of alerts are Alert in FlatBuffers; of commands what schemas/command_reader.h reads. `reload` is not for it.
  EpochResult process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                      TimeMs clock_ms) override;
  // What has been said stands; alerts show what is new about them when they are told next.
  [[nodiscard]] EpochResult take_over(Task& before) override;
  void begin_snapshot(bool all, std::string& meta) override;
  bool continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) override;
  [[nodiscard]] std::string restore_meta(std::string_view meta) override;
  [[nodiscard]] std::string restore_key(std::string_view key, std::string_view bytes) override;
  [[nodiscard]] std::string describe_key(std::string_view alert_id) const override;
  [[nodiscard]] Account total_account() const override { return total_; }
  [[nodiscard]] std::uint64_t memory_bytes() const override { return bytes_ + changed_.size() * changed_bytes; }
  [[nodiscard]] std::uint64_t key_count() const override { return entries_.size(); }

 private:
  struct Waiting {
    TriageCommand command;
    TimeMs due_ms = 0;
    std::uint16_t topic = 0;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
  };
  struct Entry {
    std::string alert;           // its last revision, FlatBuffers; empty: only commands have come
    std::uint32_t revision = 0;  // of that
    bool is_over = false;
    TimeMs changes_ms = never_ms;  // when the clock alone changes how it stands
    TimeMs due_ms = never_ms;      // when it is looked at again
    std::int64_t heard_hour = 0;
    std::uint64_t touch = 0;  // counts what is heard of all
    TriageCommands commands;
    std::vector<Waiting> waiting;   // for the alert
    TimeMs raised_ms = no_time_ms;  // detected_ms of the first revision that came
    std::string reactivates;        // the alert that was closed last before it was raised; empty: it has not come back
    std::uint32_t reactivations = 0;  // how many were closed so
  };
  using Entries = std::map<std::string, Entry, std::less<>>;  // by alert_id
  // Alerts of one rule and subject in the order of a time: its kin, the time, the alert's id.
  using KinTimes = std::set<std::tuple<std::string, TimeMs, std::string>>;

  [[nodiscard]] std::string take_alert(const InputRecord& record, EpochResult& result);
  [[nodiscard]] std::string take_command(const InputRecord& record, EpochResult& result);
  [[nodiscard]] Entries::iterator entry_of(const std::string& alert_id);
  void judge(Entries::iterator at, const Waiting& one, EpochResult& result);
  void tell(Entries::iterator at, EpochResult& result);
  void answer(std::string_view alert_id, const Waiting& one, schema::CommandResult verdict, std::string reason,
              EpochResult& result) const;
  void look_again(Entries::iterator at, EpochResult& result);
  void schedule(Entries::iterator at);
  void touch(Entries::iterator at);
  void erase(Entries::iterator at);
  void let_go();
  [[nodiscard]] std::uint64_t bytes_of(const Entry& entry) const;
  // triage_reactivation.cc
  [[nodiscard]] bool can_come_back(const Entry& entry) const;
  void remember_raised(Entries::iterator at);
  void forget_raised(Entries::iterator at);
  [[nodiscard]] bool find_reactivated(Entries::iterator at);
  void reconsider_kin(Entries::iterator at, const TriageCommand& command, EpochResult& result);
  // triage_image.cc
  [[nodiscard]] static std::string image_of(const Entry& entry);

  static constexpr std::uint64_t entry_bytes = 400, command_bytes = 120, changed_bytes = 96,
                                 kin_bytes = 200;  // about, with their nodes

  TriagePolicy policy_;
  TriageOptions options_;
  Entries entries_;
  std::set<std::pair<TimeMs, std::string>> due_;          // by Entry::due_ms
  std::set<std::pair<std::uint64_t, std::string>> over_;  // alerts that are over, by Entry::touch
  KinTimes raised_, closed_;                              // alerts by raised_ms; by each command that closes one
  std::set<std::string> changed_;                         // images that differ from the last snapshot's
  std::vector<KeyImage> saving_;                          // of the snapshot under way
  std::size_t saving_at_ = 0;
  TimeMs clock_ms_ = no_time_ms;
  TimeMs let_go_ms_ = no_time_ms;  // when alerts were last let go of,
  std::int64_t hour_ = 0;          // and how many times they were
  std::uint64_t touches_ = 0;
  Account total_;
  std::uint64_t bytes_ = 0;
};

}  // namespace vigia
