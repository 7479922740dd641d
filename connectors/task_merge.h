// Hands out the records of one task's partitions, as they come in, in the order of merge_records (record_merge.h): by
// (broker time, topic), offset order within a partition.
//
// A partition that shows no record may yet have older ones than the others show. It is waited for without limit, because
// a trip that starts after its seal was opened is a false alarm; but not when it is
//   drained   everything that its log had has been handed out, or
//   away      known not to answer (no leader, an error), or silent for `away_after_ms` in which the others waited for it:
//             then the others go on, and its own records come when it is back.
//
// A Lane is one partition as its source sees it. Used by one thread.
//   std::span<const InputRecord> staged()          its next records at hand; does not look for more
//   bool refill()                                  looks for more, without waiting. REQUIRES: staged() is empty
//   void take(std::size_t count, RecordBatch&)     hands out the first of them
//   bool drained()                                 see above; false while there are staged ones, and when more may have come in
//                                                  since refill(), of what other lanes show now
//   void note_drained(bool)                        whether it was drained when records of the batch were last handed out, or,
//                                                  where it has none, when it was merged
//   bool lost()                                    known not to answer
//   TimeMs heard_ms()                              when its broker last answered; no_time_ms: not yet
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "connectors/record_batch.h"
#include "connectors/record_merge.h"

namespace vigia {

// What a batch may still take.
struct MergeRoom {
  std::size_t records = 0;
  std::size_t bytes = 0;  // the record that passes it is still given
};

template <class Lane>
class TaskMerge {
 public:
  explicit TaskMerge(TimeMs away_after_ms) : away_after_ms_(away_after_ms) {}

  // One for each topic. The lanes outlive the merge.
  void add(Lane& lane) { members_.push_back({&lane}); }

  // Appends to `batch`, which holds nothing of this task yet. Times are of one clock that never goes back.
  void take(MergeRoom room, TimeMs now_ms, RecordBatch& batch) {
    const std::size_t begin = batch.records.size();
    bool disordered = false;
    for (Member& member : members_) member.passed_over = false;
    while (room.records > 0 && room.bytes > 0 && find_showing(now_ms)) {
      note_drained();
      for (Member& member : members_) {
        if (member.lane->staged().empty())
          member.passed_over = true;
        else
          disordered = disordered || member.passed_over;
      }
      take_runs(room, batch);
    }
    if (batch.records.size() == begin) note_drained();
    if (disordered) merge_again(batch, begin);
  }

  // The lane that the others waited for at the last take(), and since when; null: none.
  [[nodiscard]] const Lane* awaited() const { return awaited_; }
  [[nodiscard]] TimeMs awaited_since_ms() const { return awaited_since_ms_; }

 private:
  struct Member {
    Lane* lane;
    TimeMs asked_ms = no_time_ms;  // since when it has shown nothing and was not drained
    bool is_drained = false;       // when the lanes were last looked at
    bool passed_over = false;      // in this batch another's record went first while this one had none to show
  };

  // False: there is nothing to hand out at present. All are looked at before one is asked whether it is drained.
  bool find_showing(TimeMs now_ms) {
    showing_.clear();
    awaited_ = nullptr;
    for (Member& member : members_) {
      if (member.lane->staged().empty() && !member.lane->refill()) continue;
      member.asked_ms = no_time_ms;
      showing_.push_back(member.lane);
    }
    for (Member& member : members_) {
      member.is_drained = member.lane->drained();
      if (!member.lane->staged().empty() || !waits_for(member, now_ms)) continue;
      awaited_ = member.lane;
      awaited_since_ms_ = member.asked_ms;
    }
    if (showing_.empty()) awaited_ = nullptr;  // nobody waits
    return !showing_.empty() && awaited_ == nullptr;
  }

  void note_drained() {
    for (Member& member : members_) member.lane->note_drained(member.is_drained);
  }

  bool waits_for(Member& member, TimeMs now_ms) const {
    if (member.is_drained) {
      member.asked_ms = no_time_ms;
      return false;
    }
    if (member.asked_ms == no_time_ms) member.asked_ms = now_ms;
    if (member.lane->lost()) return false;
    return now_ms - std::max(member.asked_ms, member.lane->heard_ms()) < away_after_ms_;
  }

  static bool before(const InputRecord& a, const InputRecord& b) {
    return a.broker_ms < b.broker_ms || (a.broker_ms == b.broker_ms && a.topic < b.topic);
  }

  // Takes from the lanes that show a record, in merged order, until one of them has to be refilled.
  void take_runs(MergeRoom& room, RecordBatch& batch) {
    while (room.records > 0 && room.bytes > 0) {
      Lane* first = nullptr;
      const InputRecord* head = nullptr;
      const InputRecord* other = nullptr;  // the head that comes next
      for (Lane* lane : showing_) {
        const auto staged = lane->staged();
        if (staged.empty()) return;
        const InputRecord* candidate = staged.data();
        if (head == nullptr || before(*candidate, *head)) {
          other = head;
          head = candidate;
          first = lane;
        } else if (other == nullptr || before(*candidate, *other)) {
          other = candidate;
        }
      }
      first->take(run_length(first->staged(), other, room), batch);
    }
  }

  static std::size_t run_length(std::span<const InputRecord> staged, const InputRecord* until, MergeRoom& room) {
    std::size_t count = 0;
    while (count < staged.size() && room.records > 0 && room.bytes > 0) {
      const InputRecord& record = staged[count];
      if (until != nullptr && !before(record, *until)) break;
      room.bytes -= std::min(room.bytes, record.key.size() + record.value.size());
      --room.records;
      ++count;
    }
    return count;
  }

  static void merge_again(RecordBatch& batch, std::size_t begin) {
    const auto from = batch.records.begin() + static_cast<std::ptrdiff_t>(begin);
    std::vector<InputRecord> group(from, batch.records.end());
    merge_records(group);
    std::copy(group.begin(), group.end(), from);
  }

  TimeMs away_after_ms_;
  std::vector<Member> members_;
  std::vector<Lane*> showing_;
  const Lane* awaited_ = nullptr;
  TimeMs awaited_since_ms_ = no_time_ms;
};

}  // namespace vigia
