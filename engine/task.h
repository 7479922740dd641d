// A task: one stage and one partition number (or all partitions, in replay). The seam between whatever reads records and
// the keyed engine behind it. Calls on one task are serial; tasks are independent. Nothing throws across this interface
// but std::bad_alloc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/record.h"
#include "engine/unlisted_ids.h"
#include "schemas/alert_generated.h"
#include "schemas/command_reply_generated.h"
#include "schemas/signal_generated.h"

namespace vigia {

using Alert = schema::AlertT;    // one revision, as it leaves the engine
using Signal = schema::SignalT;  // one revision of what the next stage is told
using CommandReply = schema::CommandReplyT;

// What one epoch brought forth. Alerts stand in the order in which they must be written: by detected_ms, subject, rule,
// start, and signals by broker time, rule, group, subject; the order and the bytes depend on the epochs alone, never on
// threads or shards.
struct EpochResult {
  std::vector<Alert> alerts;
  std::vector<Signal> signals;
  std::vector<Alert> states;             // alerts with what people have done about them; in the order of its causes,
  std::vector<CommandReply> replies;     // and so are these
  std::vector<RejectedRecord> rejected;  // in record order; valid as long as the epoch's records
  Account account;                       // of this epoch alone
  UnlistedIds unlisted;                  // likewise; duplicates count
};

// Receives and gives back a task's state, one key at a time: the contents of a snapshot. Bytes are opaque outside.
struct KeyImage {
  std::string key;
  std::string bytes;  // empty: the key is gone
};

struct SpillCount {
  std::uint64_t keys = 0;          // of key_count()
  std::uint64_t disk_bytes = 0;    // what the stores take, with what is free in them
  std::uint64_t brought_back = 0;  // keys, so far
  std::uint64_t blocks_read = 0;   // of histories, so far
};

class Task {
 public:
  virtual ~Task() = default;

  // Applies one epoch: records in their order, then advances the clock to clock_ms (at least every record's clock) and
  // fires what is due before it. `record_clock_ms[i]` is the stage clock that records[i] sets.
  virtual EpochResult process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                              TimeMs clock_ms) = 0;

  // Begins a snapshot of the state between two epochs: of the keys changed since the last one (all: of every key). The
  // account and the clock go to `meta`. REQUIRES: no snapshot under way.
  virtual void begin_snapshot(bool all, std::string& meta) = 0;
  // Gives some of its keys to `sink`, as they were when it began, whatever has been processed since; at most about
  // `keys_max` in one call, so that input need not wait for all of them. True when it is complete.
  virtual bool continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) = 0;
  // The whole of it at once.
  void snapshot(bool all, const std::function<void(KeyImage&&)>& sink, std::string& meta) {
    begin_snapshot(all, meta);
    while (!continue_snapshot(SIZE_MAX, sink) && fault().empty()) {
    }
  }

  // From now on the task keeps itself within so many bytes: what has not been heard for long is spilled, and comes back
  // when it is touched. What it gives does not change. An epoch may take more while it is applied; what can't be spilled
  // stays, and counts in memory_bytes(). May be called between any two epochs, and spills at once; also to try again
  // after the disk was full.
  virtual void keep_within(std::uint64_t /*bytes*/) {}
  // Not empty, for people: what was spilled could not be read back. Then nothing of the task may be used any more, neither the
  // result of the last epoch nor a snapshot under way: its state is that of the last snapshot and the journal.
  [[nodiscard]] virtual std::string fault() const { return {}; }
  [[nodiscard]] virtual SpillCount spilled() const { return {}; }

  // REQUIRES: an empty task; the meta before the keys. Returns an error text, empty when good.
  [[nodiscard]] virtual std::string restore_meta(std::string_view meta) = 0;
  [[nodiscard]] virtual std::string restore_key(std::string_view key, std::string_view bytes) = 0;

  // Goes on with all that `before` has, a task of the same stage under another configuration (docs/reload.md). Gives what
  // follows from it; its account is empty. REQUIRES: an empty task that was made for as many threads; `before` stands
  // between two epochs, has no fault, and may only be destroyed afterwards.
  [[nodiscard]] virtual EpochResult take_over(Task& before) = 0;

  // Makes of an image of this task's one for a task of another partition, where the key's records lie from now on. Returns
  // an error text, empty when good.
  [[nodiscard]] virtual std::string move_key(std::string_view bytes, PartitionId /*to*/, std::string& moved) const {
    moved = bytes;
    return {};
  }

  // For people: what the engine knows of one key, as JSON; empty when it knows nothing.
  [[nodiscard]] virtual std::string describe_key(std::string_view key) const = 0;

  [[nodiscard]] virtual Account total_account() const = 0;
  [[nodiscard]] virtual std::uint64_t memory_bytes() const = 0;  // state, history, queues of this task
  [[nodiscard]] virtual std::uint64_t key_count() const = 0;
};

}  // namespace vigia
