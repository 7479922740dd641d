// The stage of correlations: reads signals, each one event of one group of one correlation, keeps the events of each group,
// and tells the incidents that they amount to (operators/correlation.h), again from the whole set whenever it changes. So what
// is told depends on the set alone, not on the order in which signals come; what a signal takes back is no longer in it.
//
// A rule has budgets. Beyond them its group that was heard of longest ago goes: its incidents end as they are, it is counted,
// and an alert about the rule says so.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/alert_book.h"
#include "engine/task.h"
#include "operators/correlation.h"
#include "operators/group_budget.h"
#include "operators/group_rules.h"
#include "operators/sigma_plan.h"

namespace vigia {

struct CorrelationOptions {
  std::string application;
  TimeMs keep_ms = 0;  // how long before a group's newest event a late one may fall
  GroupBudget budget = {};               // of each rule
  GroupRules rules = {};                 // judged beside the plan's correlations
  std::vector<std::string> topics = {};  // of the sources: what evidence may name
};

class CorrelationTask final : public Task {
 public:
  // `plan`: null: no correlations of Sigma's.
  CorrelationTask(std::shared_ptr<const SigmaPlan> plan, CorrelationOptions options);
  ~CorrelationTask() override;

  // Signals in the result are incidents that other correlations are about: they are to come back as records.
  EpochResult process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                      TimeMs clock_ms) override;
  // Groups of a rule that is the same go on. What was told of one that has changed, or is gone, stands as it was told.
  [[nodiscard]] EpochResult take_over(Task& before) override;
  void begin_snapshot(bool all, std::string& meta) override;
  bool continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) override;
  [[nodiscard]] std::string restore_meta(std::string_view meta) override;
  [[nodiscard]] std::string restore_key(std::string_view key, std::string_view bytes) override;
  [[nodiscard]] std::string describe_key(std::string_view key) const override;  // "RULE|VALUE|VALUE"
  [[nodiscard]] Account total_account() const override { return total_; }
  [[nodiscard]] std::uint64_t memory_bytes() const override;
  [[nodiscard]] std::uint64_t key_count() const override;

 private:
  // 0 in `rules`: taken back.
  struct Kept : CorrelationEvent {
    std::uint32_t revision = 0;
    std::uint64_t id = 0;
    std::uint32_t sequence = 0;
    std::uint32_t text = 0;  // of a GroupRule: position in the group's texts
    EvidenceRef evidence;
  };
  struct Group {
    std::vector<Kept> events;        // by rising start
    std::vector<std::string> texts;  // of a GroupRule: device and content of events, with a zero byte between
    AlertBook book;
    TimeMs due_ms = never_ms;       // judge it once the clock is past it
    TimeMs newest_ms = no_time_ms;  // broker time of the newest signal that came since it was judged
    TimeMs judged_ms = never_ms;    // start of its newest event then; never_ms: none came since
    std::pair<const std::string, Group>*older = nullptr, *newer = nullptr;  // by `touch`
    std::uint64_t touch = 0;                                                // counts what groups hear
    std::int32_t touched_hour = 0;
    bool is_waiting = false, is_changed = false;  // to be judged; to be saved
    bool is_revised = false;                      // a later revision of one of its events has come
  };
  using Groups = std::unordered_map<std::string, Group>;  // by the group-by values
  using Entry = Groups::value_type;
  // A rule by its id: those that are gone keep their groups, so that no id is given twice.
  struct Rule {
    std::string id;
    int number = -1;  // of the plan; -1: it is gone
    Groups groups;
    Entry *oldest = nullptr, *newest = nullptr;
    std::uint64_t event_bytes = 0, dropped = 0;
    TimeMs overflow_start_ms = no_time_ms, overflow_ms = no_time_ms;
    AlertBook overflow_book;
    std::set<std::pair<TimeMs, Entry*>> due;
  };

  [[nodiscard]] std::string apply(const InputRecord& record, Account& account);
  [[nodiscard]] Rule& rule_of(std::string_view id);
  [[nodiscard]] EvidenceRef evidence_of(const schema::Signal& signal) const;
  [[nodiscard]] const SigmaCorrelationPlan& plan_of(const Rule& rule) const {
    return plans_[static_cast<std::size_t>(rule.number)];
  }
  [[nodiscard]] int find_plan(std::string_view rule_id) const;
  void judge(Rule& rule, Entry& entry, bool is_last, EpochResult& result);
  void judge_correlation(const SigmaCorrelationPlan& plan, const Group& group, bool is_last, Judgement& out);
  void judge_rule(const GroupRule& rule, const Group& group, bool is_last, Judgement& out);
  void tell(Rule& rule, const Entry& entry, const ToldAlert& told, EpochResult& result);
  void judge_budget(Rule& rule, EpochResult& result);
  // correlation_groups.cc
  [[nodiscard]] static bool insert(Rule& rule, Group& group, const Kept& event);
  static void thin(Rule& rule, Group& group, const Kept& event, TimeMs within_ms);
  [[nodiscard]] static std::uint32_t keep_text(Rule& rule, Group& group, const schema::Signal& signal);
  static void drop_texts(Rule& rule, Group& group);
  void unlink(Rule& rule, Entry& entry);
  void link(Rule& rule, Entry& entry);
  void link_by_touch();
  void mark_changed(Rule& rule, Entry& entry);
  void schedule(Rule& rule, Entry& entry, TimeMs due_ms);
  [[nodiscard]] TimeMs keep_ms(const Rule& rule) const;
  static void let_go_of_old(const SigmaCorrelationPlan& plan, Rule& rule, Group& group, TimeMs settled_ms);
  TimeMs trim(const SigmaCorrelationPlan& plan, Rule& rule, Entry& entry, TimeMs newest_ms);
  [[nodiscard]] std::uint64_t bytes_of(const Rule& rule) const;
  void erase(Rule& rule, Entry& entry);
  void keep_budget(Rule& rule, EpochResult& result);
  void let_go();
  // correlation_image.cc
  [[nodiscard]] static std::string image_key(const Rule& rule, std::string_view values);
  [[nodiscard]] static std::string image_of(const Group& group);
  [[nodiscard]] static std::string image_of(const Rule& rule);

  static constexpr std::uint64_t group_bytes = 200;  // about, with its node and values

  std::shared_ptr<const SigmaPlan> plan_;    // null: no correlations of Sigma's
  std::vector<SigmaCorrelationPlan> plans_;  // the plan's, and those of options.rules
  std::uint64_t hash_ = 0;                   // of all that alerts depend on
  std::vector<TimeMs> lag_ms_;  // of each: how long after its start an incident that it refers to may be told
  CorrelationOptions options_;
  std::vector<std::unique_ptr<Rule>> rules_;
  std::unordered_map<std::string_view, Rule*> rules_by_id_;
  std::vector<std::pair<Rule*, Entry*>> waiting_;  // to be judged in this epoch
  std::vector<std::pair<Rule*, Entry*>> changed_;  // since the last snapshot
  std::vector<std::string> gone_;                  // images to take off
  std::vector<KeyImage> saving_;
  std::size_t saving_at_ = 0;
  TimeMs clock_ms_ = no_time_ms, let_go_ms_ = no_time_ms;
  std::int32_t hour_ = 0;
  std::uint64_t touches_ = 0;
  bool is_restored_ = false;  // groups are not linked yet
  Account total_;
  IncidentSearch search_;
  std::vector<CorrelationEvent> events_;
  std::vector<const Kept*> kept_;  // the same, as they are kept
  std::vector<GroupEvent> group_events_;
  std::vector<Incident> incidents_;
  std::vector<TopicIndex> restored_topics_;  // of a snapshot: its numbers of topics
};

}  // namespace vigia
