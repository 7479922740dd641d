// One shard of a task: the keys whose hashes fall to it, their records, histories, timers and alerts. A shard is worked by
// one thread at a time and shares nothing that changes with the others.
//
// The common event, the next number of a device that owes nothing, takes the short way: one look-up, one 20-byte entry
// appended, the fold applied. Everything else goes the long way (Shard::place): it is counted, ordered, or put aside until
// the end of the epoch, when the key's history is rebuilt from the block where the earliest late event belongs
// (engine/rebuild.h). Then the keys about which something may have changed are judged, and what differs from what was told
// becomes a revision.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/block_reader.h"
#include "engine/cold_item.h"
#include "engine/key_record.h"
#include "engine/key_table.h"
#include "engine/rebuild.h"
#include "engine/spill_state.h"
#include "engine/task.h"
#include "engine/timer_wheel.h"

namespace vigia {

struct LatenessSettings {
  TimeMs horizon_ms = 0;
  TimeMs allowed_lateness_ms = 0;
  TimeMs max_clock_skew_ms = 0;
};

// A row that was not applied, for the caller's account.
struct RowReject {
  std::uint32_t record_index = 0;
  std::int32_t event_index = -1;
  std::string reason;
};

template <class Stage>
class Shard;
// engine/key_image.h
template <class Stage>
std::string write_key_image(const Stage& stage, Shard<Stage>& shard, std::uint32_t index);
template <class Stage>
void append_key_image(const Stage& stage, Shard<Stage>& shard, std::uint32_t index, std::string& bytes);
template <class Stage>
std::string read_sound_image(const Stage& stage, Shard<Stage>& shard, std::string_view key, std::string_view bytes,
                             TimeMs alarm_ms);

template <class Stage>
class alignas(128) Shard {  // shards are worked side by side
 public:
  using Payload = typename Stage::Payload;
  using EventRow = Row<Payload>;
  using Record = KeyRecord<Stage>;
  using Cold = KeyCold<Stage>;

  // Without a `store` everything stays in memory.
  Shard(const Stage& stage, const LatenessSettings& settings, std::unique_ptr<ColdStore> store = nullptr)
      : stage_(stage), settings_(settings), slab_(sizeof(Record) + stage.area_bytes() + stage.state_bytes()) {
    spill_.store = std::move(store);
  }
  ~Shard() {
    for (std::uint32_t i = 0; i < slab_.count(); ++i) delete record_at(i).cold;
  }
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Applies rows in their order. What is late waits for finish().
  void apply(std::span<const EventRow> rows);

  // Ends the epoch: puts what waits in its place, fires what is due before the clock, judges, and appends the revisions.
  void finish(TimeMs clock_ms, std::vector<Alert>& alerts);

  // What became of the rows since the last call.
  [[nodiscard]] Account take_account() { return std::exchange(account_, {}); }
  [[nodiscard]] UnlistedIds take_unlisted() { return std::exchange(unlisted_, {}); }
  [[nodiscard]] std::vector<RowReject> take_too_late() { return std::exchange(too_late_, {}); }
  [[nodiscard]] std::vector<Signal> take_signals() {
    auto taken = std::exchange(signals_, {});
    signals_.reserve(taken.size());  // the next epoch will be like it
    return taken;
  }

  [[nodiscard]] std::uint64_t key_count() const { return slab_.used() + spill_.stubs.size(); }
  [[nodiscard]] std::uint64_t memory_bytes() const {
    return slab_.memory_bytes() + table_.memory_bytes() + wheel_.memory_bytes() + usage_.bytes + spill_.memory_bytes() +
           (changed_.capacity() + saving_.capacity() + touched_.capacity()) * sizeof(std::uint32_t);
  }

  // engine/shard_spill.h and engine/shard_shed.h; the idea is in docs/spilling.md.
  // Spills until the shard takes no more than the limit, as far as there is anything to spill and room for it.
  // REQUIRES: between epochs.
  void shed();
  void set_limit(std::uint64_t bytes) { spill_.limit_bytes = bytes; }
  [[nodiscard]] const SpillState& spill() const { return spill_; }
  // The image of a key that is spilled; empty: it is not.
  [[nodiscard]] std::string read_spilled(std::string_view key);
  // The bytes of a hollow block of a key with this hash; empty when it can't be read, which is a fault.
  [[nodiscard]] std::string_view read_block(KeyHash hash, const HistoryBlock& block, std::string& bytes);

  // engine/key_image.h writes and reads these.
  [[nodiscard]] Record& record_at(std::uint32_t index) const { return *reinterpret_cast<Record*>(slab_.at(index)); }
  [[nodiscard]] std::byte* state_of(Record& record) const {
    return reinterpret_cast<std::byte*>(&record) + sizeof(Record);
  }
  [[nodiscard]] std::byte* area_of(Record& record) const { return state_of(record) + stage_.state_bytes(); }
  // engine/shard_change.h. Goes on with the keys of `before`, of the same stage under another configuration, whose keys are gone
  // afterwards. REQUIRES: an empty shard, with its clock and offsets set.
  void take_over(Shard& before, const typename Stage::Change& change, std::vector<Alert>& alerts);

  [[nodiscard]] const Record* find(std::string_view key) const {
    const auto index = table_.find(stage_.hash(key), key);
    return index == KeyTable::none ? nullptr : &record_at(index);
  }
  // REQUIRES: the key is not there, neither in memory nor spilled. Without a history the caller adopts one.
  [[nodiscard]] std::uint32_t add_key(KeyHash hash, std::string_view key, bool with_history = true);
  // A snapshot of what is now; key images come out of continue_snapshot, at most keys_max in a call. True: complete.
  void begin_snapshot(bool all);
  bool continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink);
  void schedule(std::uint32_t index, TimeMs due_ms);
  // Sees to it that the key is looked at in time: also when it has just been restored from an image.
  TimeMs schedule_next(std::uint32_t index);
  void set_clock(TimeMs clock_ms) { clock_ms_ = told_until_ms_ = clock_ms; }
  void adopt_history(Record& record, std::unique_ptr<HistoryBlock> head, HistoryBlock* tail);
  void account_found(Record& record);

  OffsetReference offsets;

 private:
  static constexpr std::size_t lead = 8;  // rows between one step of apply() and the next
  struct Found {
    std::uint32_t index;
    Record* record;  // null: the key is spilled, or may be; the row waits
  };
  [[nodiscard]] Found find_row(const EventRow& row);
  void fetch_history(const Record& record) const;
  // Broker times of one task may run backwards by this much (several topics, several gateways) without a late event
  // finding its history gone.
  static constexpr TimeMs broker_disorder_ms = 60'000;
  static constexpr std::size_t heard_bytes = 48;  // of one entry of KeyCold::heard, its tree's share included

  void step(const EventRow& row, std::uint32_t index, Record& record);
  [[nodiscard]] bool takes_short_way(const EventRow& row, const Record& record) const;
  void place(const EventRow& row, std::uint32_t index, Record& record);
  enum class Place { end, before, duplicate, nowhere };
  [[nodiscard]] Place find_place(EventRow& row, Record& record);
  [[nodiscard]] bool count_number(const EventHead& head, Record& record);
  [[nodiscard]] bool heard_before(const EventHead& head, const Record& record) const;
  void remember(const EventHead& head, TimeMs kept_ms, Record& record);
  void ask(Record& record, TimeMs clock_ms, Judgement& judgement) const;
  [[nodiscard]] EvidenceRef newest_evidence(const Record& record) const;
  void forget(Record& record, TimeMs clock_ms);
  void fire_due();
  void begin_run(const EventHead& head, Record& record);
  void judge_alone(const EventRow& row, Record& record);
  void append(const EventHead& head, const Payload& payload, std::uint32_t index, Record& record);
  void tell_findings(const EventHead& head, const Record& record) {
    if constexpr (requires { stage_.tell_findings(head, std::string_view(), alone_, signals_); })
      if (head.findings != nullptr) stage_.tell_findings(head, record.cold->key, alone_, signals_);
  }
  void accept(const EventHead& head, const Payload& payload, std::uint32_t index, Record& record);
  void put_aside(const EventRow& row, std::uint32_t index, Record& record);
  void reject_too_late(const EventRow& row);
  void start_block(Record& record);
  void make_room(Record& record);
  void trim(Record& record);
  [[nodiscard]] std::uint64_t history_bytes(const Record& record) const;
  void flush(std::uint32_t index, Record& record);
  void judge(std::uint32_t index, Record& record, TimeMs clock_ms, std::vector<Alert>& alerts);
  void tell(const ToldAlert& told, const Cold& cold, std::vector<Alert>& alerts);
  void absorb_emitted(const Emitter& emitter, const EventHead& head, std::uint32_t index, Record& record);
  void touch(std::uint32_t index, Record& record, TimeMs detected_ms, TimeMs late_by_ms);
  // To be called before a key is changed in an epoch. Keeps its image when a snapshot under way still wants it.
  void about_to_change(std::uint32_t index, Record& record) {
    if (record.mark != changed_mark_) first_change(index, record);
  }
  void first_change(std::uint32_t index, Record& record);

  void hand_over(const std::function<void(std::string_view key, std::string_view image)>& sink);
  void go_on(Shard& before, std::uint32_t from, const typename Stage::Change& change, std::vector<Alert>& alerts);
  void settle_book(Shard& before, Record& old, const typename Stage::Change& change, TimeMs floor_ms,
                   std::vector<Alert>& alerts);
  void fold_again(Record& record, std::unique_ptr<HistoryBlock> kept, bool hears_again);
  void let_go(std::uint32_t index, KeyHash hash);

  void fail(std::string why);
  void note_long(std::uint32_t index, Record& record);
  [[nodiscard]] bool read_items(std::span<const ColdPlace> places,
                                const std::function<void(std::size_t, const ColdItem&)>& sink);
  [[nodiscard]] bool bring_back(std::span<const KeyStub> stubs);
  void restore_spilled(const KeyStub& stub, const ColdItem& item);
  void note_marked(std::uint32_t index, std::uint8_t mark);
  void apply_waiting();
  void apply_waiting(std::span<const EventRow* const> rows);
  [[nodiscard]] bool wake_spilled(std::size_t keys_max);
  [[nodiscard]] static std::unique_ptr<HistoryBlock>* first_to_fold(Record& record, TimeMs from_ms);
  [[nodiscard]] bool read_blocks(std::span<const ColdPlace> places, std::vector<std::unique_ptr<HistoryBlock>>& blocks);
  void put_back(std::unique_ptr<HistoryBlock>& owner, std::unique_ptr<HistoryBlock> block);
  [[nodiscard]] bool fill(const std::vector<std::pair<std::uint32_t, std::unique_ptr<HistoryBlock>*>>& hollow);
  [[nodiscard]] bool fill_alone(std::unique_ptr<HistoryBlock>& owner);
  void fill_for_pending();
  void fetch_for_image(std::span<const std::uint32_t> indices, std::size_t n) const;
  [[nodiscard]] bool spill_keys(std::span<const std::uint32_t> indices);
  void leave_stub(std::uint32_t index, KeyHash hash, ColdPlace place);
  void set_alarm(Cold& cold, TimeMs due_ms);
  [[nodiscard]] bool spill_blocks(std::size_t keys_max);
  [[nodiscard]] bool spill_silent(bool any);
  [[nodiscard]] bool spill_arrivals();
  void settle_newcomers();
  void clean_store();
  static constexpr std::uint32_t window_records = 1024;  // looked at in one go for silent keys
  [[nodiscard]] bool save_spilled(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink);

  const Stage& stage_;
  const LatenessSettings settings_;
  KeyTable table_;
  RecordSlab slab_;
  TimerWheel wheel_;
  MemoryUsage usage_;
  UnlistedIds unlisted_;
  Account account_;
  std::vector<RowReject> too_late_;
  std::vector<Alert> alone_;  // alerts of events beyond their time, and of those that say something by themselves
  std::vector<Signal> signals_;
  std::vector<std::uint32_t> touched_;
  // Keys changed since the last snapshot began carry changed_mark_; those that the one under way still has to save carry
  // the other mark.
  std::uint8_t changed_mark_ = 1;
  std::vector<std::uint32_t> changed_;
  std::vector<std::uint32_t> saving_;
  std::size_t saving_at_ = 0;
  std::vector<KeyImage> saved_early_;  // of keys that changed before their turn
  TimeMs clock_ms_ = no_time_ms;
  TimeMs told_until_ms_ = no_time_ms;  // the clock at the end of the last epoch
  SpillState spill_;
  std::vector<const EventRow*> waiting_;  // rows whose keys are spilled
};

}  // namespace vigia

#include "engine/shard_change.h"
#include "engine/shard_judgement.h"
#include "engine/shard_places.h"
#include "engine/shard_rows.h"
#include "engine/shard_shed.h"
#include "engine/shard_snapshot.h"
#include "engine/shard_spill.h"
