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
#include "schemas/alert_generated.h"

namespace vigia {

using Alert = schema::AlertT;  // one revision, as it leaves the engine

// What one epoch brought forth. Alerts stand in the order in which they must be written: by detected_ms, subject, rule,
// start; the order and the bytes depend on the epochs alone, never on threads or shards.
struct EpochResult {
  std::vector<Alert> alerts;
  std::vector<RejectedRecord> rejected;  // in record order; valid as long as the epoch's records
  Account account;                       // of this epoch alone
};

// Receives and gives back a task's state, one key at a time: the contents of a snapshot. Bytes are opaque outside.
struct KeyImage {
  std::string key;
  std::string bytes;  // empty: the key is gone
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
    while (!continue_snapshot(SIZE_MAX, sink)) {
    }
  }

  // REQUIRES: an empty task; the meta before the keys. Returns an error text, empty when good.
  [[nodiscard]] virtual std::string restore_meta(std::string_view meta) = 0;
  [[nodiscard]] virtual std::string restore_key(std::string_view key, std::string_view bytes) = 0;

  // For people: what the engine knows of one key, as JSON; empty when it knows nothing.
  [[nodiscard]] virtual std::string describe_key(std::string_view key) const = 0;

  [[nodiscard]] virtual Account total_account() const = 0;
  [[nodiscard]] virtual std::uint64_t memory_bytes() const = 0;  // state, history, queues of this task
  [[nodiscard]] virtual std::uint64_t key_count() const = 0;
};

}  // namespace vigia
