// A task over signals: what first stages say of single keys meets here by group. It keeps of each group the last revision
// of every signal, and the alerts told; what these signals amount to is asked of the domain (SignalRules), again and again,
// from the whole set. So it depends on the set alone: not on the order in which signals come, nor on where they come from.
//
// Account and lateness were decided where the events were read: here a signal is never too late. A revision that is not
// newer than the one known is a duplicate.
//
// A signal speaks as of its broker time. A group is judged once the clock is past that of each signal that came since:
// those of one moment, from many keys and partitions, so become one revision.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/alert_book.h"
#include "engine/stage.h"
#include "engine/task.h"

namespace vigia {

using SignalId = std::array<std::uint8_t, 16>;

// Of a signal, what rules look at.
struct KnownSignal {
  std::uint32_t revision = 0;
  bool is_retracted = false;
  TimeMs start_ms = 0, end_ms = 0, broker_ms = 0;
  std::uint64_t without_delay = 0, with_delay = 0;
};

struct SignalGroup {
  std::string rule_id;
  std::vector<std::string> values;  // group-by, in the rule's order
  std::map<SignalId, KnownSignal> signals;
};

// What signals amount to: the domain's part. No mutable members.
class SignalRules {
 public:
  virtual ~SignalRules() = default;

  // Of everything that alerts depend on.
  [[nodiscard]] virtual std::uint64_t fingerprint() const = 0;
  [[nodiscard]] virtual std::string_view application() const = 0;
  // The rule's number; -1: there is no such rule.
  [[nodiscard]] virtual int find_rule(std::string_view rule_id) const = 0;
  [[nodiscard]] virtual std::string subject_of(int rule, const SignalGroup& group) const = 0;
  // All episodes of the group as of the clock. Depends on its arguments alone.
  virtual void judge(int rule, const SignalGroup& group, TimeMs clock_ms, Judgement& out) const = 0;
  [[nodiscard]] virtual Alert describe(int rule, const SignalGroup& group, const ToldAlert& told) const = 0;
  // Once an epoch, of all alerts that it brought: what others hear of them, by signals that come back as records.
  virtual void tell_alerts(const std::vector<Alert>& /*alerts*/, std::vector<Signal>& /*signals*/) const {}
};

struct SignalTaskOptions {
  // A group is let go of when nothing has been heard of it for so long, and its signals are as old. Counted in hours that
  // the clock went through: where it leaps from old records to the present, first stages may still be among the old ones.
  TimeMs keep_ms = 8 * 24 * 3'600'000LL;
  // Judge when the clock has come to a signal's broker time, not only past it: for clocks that move with the signals alone.
  bool at_once = false;
};

class SignalTask final : public Task {
 public:
  SignalTask(std::unique_ptr<const SignalRules> rules, SignalTaskOptions options);
  ~SignalTask() override;

  EpochResult process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                      TimeMs clock_ms) override;
  void begin_snapshot(bool all, std::string& meta) override;
  bool continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) override;
  // Groups whose rule is gone are kept, and not judged: should it come back, they go on.
  [[nodiscard]] EpochResult take_over(Task& before) override;
  [[nodiscard]] std::string restore_meta(std::string_view meta) override;
  [[nodiscard]] std::string restore_key(std::string_view key, std::string_view bytes) override;
  [[nodiscard]] std::string describe_key(std::string_view key) const override;  // "RULE|VALUE|VALUE"
  [[nodiscard]] Account total_account() const override { return total_; }
  [[nodiscard]] std::uint64_t memory_bytes() const override { return bytes_ + changed_.size() * changed_bytes; }
  [[nodiscard]] std::uint64_t key_count() const override { return groups_.size(); }

 private:
  struct Entry {
    SignalGroup group;
    int rule = -1;  // -1: it is gone
    AlertBook book;
    TimeMs due_ms = never_ms;       // judge it once the clock is past it
    TimeMs newest_ms = no_time_ms;  // broker time of the newest signal that came since it was judged
    std::int64_t touched_hour = 0;  // when one came last
  };
  using Groups = std::map<std::string, Entry, std::less<>>;

  [[nodiscard]] std::string apply(const InputRecord& record, Account& account);
  Groups::iterator group_of(const schema::Signal& signal, int rule);
  void schedule(Groups::iterator at, TimeMs due_ms);
  [[nodiscard]] bool is_due(TimeMs due_ms) const { return due_ms < clock_ms_ || (at_once_ && due_ms == clock_ms_); }
  void judge(Groups::iterator at, std::vector<Alert>& alerts);
  void let_go();
  // signal_image.cc
  [[nodiscard]] static std::string image_key(std::string_view group);
  [[nodiscard]] static std::string image_key(std::string_view group, const SignalId& id);
  [[nodiscard]] KeyImage image_of(const std::string& key) const;
  [[nodiscard]] std::string restore_group(std::string_view key, std::string_view bytes);
  [[nodiscard]] std::string restore_signal(std::string_view key, std::string_view bytes);

  static constexpr std::uint64_t group_bytes = 512;    // about, with its names and its alert
  static constexpr std::uint64_t signal_bytes = 144;   // about, with its node of the tree
  static constexpr std::uint64_t changed_bytes = 128;  // likewise, of what waits for the next snapshot

  std::unique_ptr<const SignalRules> rules_;
  TimeMs keep_ms_;
  bool at_once_;
  Groups groups_;                                 // by key_of_group
  std::set<std::pair<TimeMs, std::string>> due_;  // groups by due_ms
  std::set<std::string> changed_;                 // images that differ from the last snapshot's
  std::vector<KeyImage> saving_;                  // of the snapshot under way
  std::size_t saving_at_ = 0;
  TimeMs clock_ms_ = no_time_ms;
  TimeMs let_go_ms_ = no_time_ms;  // when groups were last let go of,
  std::int64_t hour_ = 0;          // and how many times they were
  Account total_;
  std::uint64_t bytes_ = 0;
};

}  // namespace vigia
