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
#include "operators/correlation_group.h"
#include "operators/group_budget.h"
#include "operators/group_rules.h"
#include "operators/sigma_plan.h"

namespace vigia {

struct CorrelationOptions {
  std::string application;
  TimeMs keep_ms = 0;                    // how long before a group's newest event a late one may fall
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
  using Group = CorrelationGroup;
  // A group that is to be judged in this epoch, and what it has heard since it was.
  struct Waiting {
    std::uint32_t group = GroupTable::none;
    TimeMs newest_ms = no_time_ms;  // broker time of the newest signal
    TimeMs judged_ms = never_ms;    // start of its newest event before; never_ms: none came
  };
  // A rule by its id: those that are gone keep their groups, so that no id is given twice.
  struct Rule {
    std::string id;
    std::uint32_t place = 0;  // in rules_: what groups call it
    int number = -1;          // of the plan; -1: it is gone
    std::uint64_t groups = 0, event_bytes = 0, dropped = 0;
    std::uint32_t oldest = GroupTable::none, newest = GroupTable::none;
    TimeMs overflow_start_ms = no_time_ms, overflow_ms = no_time_ms;
    AlertBook overflow_book;
    std::set<std::pair<TimeMs, std::uint32_t>> due;  // of its groups
  };
  // A record on its way to its group.
  struct Row {
    const InputRecord* record = nullptr;
    const schema::Signal* signal = nullptr;  // null: the record holds none
    Rule* rule = nullptr;                    // null: there is none
    std::uint64_t id = 0;
    bool has_id = false;
    std::uint32_t hash = 0, group = GroupTable::none;  // the one that is fetched ahead
    std::size_t values_at = 0, values_size = 0;        // in values_
  };

  [[nodiscard]] Row read(const InputRecord& record);
  [[nodiscard]] std::string apply(const Row& row, Account& account);
  void apply_all(std::span<const InputRecord> records, EpochResult& result);
  [[nodiscard]] Rule& rule_of(std::string_view id);
  [[nodiscard]] Rule& rule_of(const Group& group) { return *rules_[group.rule]; }
  [[nodiscard]] EvidenceRef evidence_of(const schema::Signal& signal) const;
  [[nodiscard]] const SigmaCorrelationPlan& plan_of(const Rule& rule) const {
    return plans_[static_cast<std::size_t>(rule.number)];
  }
  [[nodiscard]] int find_plan(std::string_view rule_id) const;
  void judge(const Waiting& heard, bool is_last, EpochResult& result);
  void judge_correlation(const SigmaCorrelationPlan& plan, Group& group, bool is_last, Judgement& out);
  void judge_rule(const GroupRule& rule, const Group& group, bool is_last, Judgement& out);
  [[nodiscard]] TimeMs search(const CorrelationSpec& spec, Group& group);
  void forget_search(Group& group);
  void tell(Rule& rule, const Group& group, const ToldAlert& told, EpochResult& result);
  void judge_budget(Rule& rule, EpochResult& result);
  // correlation_groups.cc
  [[nodiscard]] static bool insert(Rule& rule, Group& group, const CorrelationEvent& event);
  static void thin(Rule& rule, Group& group, const CorrelationEvent& event, TimeMs within_ms);
  [[nodiscard]] static std::uint32_t keep_text(Rule& rule, Group& group, const schema::Signal& signal);
  static void drop_texts(Rule& rule, Group& group);
  void unlink(Rule& rule, Group& group);
  void link(Rule& rule, std::uint32_t number);
  void link_by_touch();
  void mark_changed(std::uint32_t number);
  void schedule(std::uint32_t number, TimeMs due_ms);
  [[nodiscard]] TimeMs keep_ms(const Rule& rule) const;
  static void let_go_of_old(const SigmaCorrelationPlan& plan, Rule& rule, Group& group, TimeMs settled_ms);
  TimeMs trim(const SigmaCorrelationPlan& plan, std::uint32_t number, TimeMs newest_ms);
  [[nodiscard]] static std::uint64_t bytes_of(const Rule& rule);
  void erase(std::uint32_t number);
  void keep_budget(Rule& rule, EpochResult& result);
  void let_go();
  // correlation_image.cc
  [[nodiscard]] static std::string image_key(const Rule& rule, std::string_view values);
  [[nodiscard]] static std::string image_of(const Group& group);
  [[nodiscard]] static std::string image_of(const Rule& rule);

  // Of a group, beside its events: with its share of the table.
  static constexpr std::uint64_t group_bytes = sizeof(Group) - sizeof(CorrelationEvent) + 24;
  static constexpr std::size_t rows_ahead = 32;   // look-ups that are under way at once
  static constexpr std::size_t groups_ahead = 8;  // that are fetched while one is judged
  static constexpr std::size_t hot_events = 256;  // a group with more of them remembers its search

  std::shared_ptr<const SigmaPlan> plan_;    // null: no correlations of Sigma's
  std::vector<SigmaCorrelationPlan> plans_;  // the plan's, and those of options.rules
  std::uint64_t hash_ = 0;                   // of all that alerts depend on
  std::vector<TimeMs> lag_ms_;  // of each: how long after its start an incident that it refers to may be told
  CorrelationOptions options_;
  std::vector<std::unique_ptr<Rule>> rules_;
  std::unordered_map<std::string_view, Rule*> rules_by_id_;
  GroupTable groups_;
  std::vector<Row> rows_;
  std::string values_;  // of the rows
  std::vector<Waiting> waiting_;
  std::vector<std::uint32_t> changed_;  // since the last snapshot; some may be gone, and some stand twice
  std::vector<std::string> gone_;       // images to take off
  std::vector<KeyImage> saving_;
  std::size_t saving_at_ = 0;
  TimeMs clock_ms_ = no_time_ms, let_go_ms_ = no_time_ms;
  std::int32_t hour_ = 0;
  std::uint64_t touches_ = 0;
  bool is_restored_ = false;  // groups are not linked yet
  Account total_;
  IncidentSearch search_;
  std::uint64_t search_bytes_ = 0;  // what groups with many events remember
  std::vector<GroupEvent> group_events_;
  std::vector<Incident> incidents_;
  std::vector<TopicIndex> restored_topics_;  // of a snapshot: its numbers of topics
};

}  // namespace vigia
