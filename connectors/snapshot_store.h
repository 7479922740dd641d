// Snapshots of operator state on disk (RocksDB): of each task the last image of every key, with the epoch, the offsets
// and the engine's meta bytes that belong to it, written in one atomic, synced batch. A snapshot is whole or not there.
//
// Layout, version 3 (integers are 8 bytes big-endian, texts have their length before them; values of "h" and "k" end in
// 8 bytes XXH3 of key and value; version 2 had no configuration, version 1 no term and journal either, and no epoch with a
// key):
//   "format"                       "vigia-snapshot 3"
//   "application"                  its name
//   "g" TASK 0x00, epoch, KEY      a key that went with the snapshot of this epoch, until that is published
//   "h" TASK                       epoch, clock_ms, number of offsets, (topic, partition, next) of each, meta, term, journal,
//                                  silences, configuration, key_set
//   "k" TASK 0x00 KEY              of key_set 0; of others "k" TASK 0x01, key_set, KEY: the key's bytes, the epoch of the snapshot that they came with
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "connectors/journal.h"
#include "connectors/record_source.h"
#include "connectors/status.h"
#include "engine/task.h"

namespace rocksdb {
class Env;
}

namespace vigia {

// A task's name on disk: "seal-trip/3" or the like; no NUL.
struct SnapshotHead {
  std::string task;
  std::uint64_t epoch = 0;      // the last epoch that is in it
  std::uint64_t term = 0;       // of the journal's entries by then
  JournalPosition journal = 0;  // where to look for the entries behind it
  TimeMs clock_ms = no_time_ms;
  std::vector<PartitionOffset> offsets;       // of every partition of the task
  std::string meta;                           // Task::snapshot's
  std::vector<JournalSilence> silences = {};  // that last
  ConfigurationHash configuration = {};       // under which the task was
  std::uint64_t key_set = 0;                  // where its keys lie: in another place after each change of configuration
};

// All keys of a large state are too many to be in memory twice: they come in pieces, in a key_set of their own, and nobody
// sees them before the last one, which has the head.
enum class SnapshotPiece : std::uint8_t { whole, first, middle, last };

struct TaskSnapshot {
  SnapshotHead head;
  bool all = false;  // keys, with those of the pieces before, hold the whole state: what is not among them is gone
  SnapshotPiece piece = SnapshotPiece::whole;
  std::vector<KeyImage> keys;  // those that changed, each once; empty bytes: gone
};

// The bytes of a head, as on disk.
[[nodiscard]] std::string encode(const SnapshotHead& head);
[[nodiscard]] bool decode(std::string_view bytes, SnapshotHead& out);  // not the task's name

class SnapshotStore {
 public:
  SnapshotStore();
  ~SnapshotStore();

  // Refuses a directory of another application or of a format that this version does not know.
  [[nodiscard]] Status open(const std::string& directory, const std::string& application, rocksdb::Env* env = nullptr);

  // For `vigia state`: beside a running writer.
  [[nodiscard]] Status open_secondary(const std::string& directory, const std::string& scratch);

  // REQUIRES: pieces come in their order, with all and a key_set that no snapshot has which is there.
  [[nodiscard]] Status write(const TaskSnapshot& snapshot);

  [[nodiscard]] Status tasks(std::vector<std::string>& out) const;
  // An absent task leaves `out` empty and is good.
  [[nodiscard]] Status head(const std::string& task, std::optional<SnapshotHead>& out) const;
  // Every key; `sink` returns an error text (empty: go on), which becomes Fault::refused: the bytes are as they were
  // written, and are not ours.
  [[nodiscard]] Status keys(const std::string& task,
                            const std::function<std::string(std::string_view key, std::string_view bytes)>& sink) const;

  // From now on what keys go with snapshots is known until it is forgotten.
  void remember_gone();
  // What went with snapshots up to this epoch is published.
  [[nodiscard]] Status forget_gone(const std::string& task, std::uint64_t epoch);

  // As of one moment: the head, the keys that came with snapshots behind `after_epoch`, and, without bytes, those that went
  // with them and are not back, as far as that is remembered.
  [[nodiscard]] Status changed(const std::string& task, std::uint64_t after_epoch, SnapshotHead& head,
                               const std::function<Status(std::string_view key, std::string_view bytes)>& sink) const;

  // Head and keys into an empty task; `out` stays empty when there is no snapshot.
  [[nodiscard]] Status restore(const std::string& task, Task& into, std::optional<SnapshotHead>& out) const;

  // Keeps all snapshots as they are now as an older generation, beside the directory, under DIRECTORY-older/NUMBER; of
  // those there the newest `count` stay.
  [[nodiscard]] Status keep_generation(std::size_t count);

  // Keeps them as that of the day (UTC) of now_ms, under DIRECTORY-daily/YYYY-MM-DD, unless the day has one. Days more than
  // keep_ms before it are removed.
  [[nodiscard]] Status keep_day(TimeMs now_ms, TimeMs keep_ms);

  // What is there is damaged: moves it aside, to DIRECTORY-damaged, and opens the newest older generation in its place, or
  // an empty one when there is none. `told`: what was done, for people.
  [[nodiscard]] Status fall_back(std::string& told);

  void close();

 private:
  [[nodiscard]] Status write_batch(const TaskSnapshot& snapshot, std::size_t bytes);
  [[nodiscard]] Status write_file(const TaskSnapshot& snapshot, bool has_head);
  [[nodiscard]] Status clear(const SnapshotHead& head);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Writes snapshots on a thread of its own, one after another, so that input goes on meanwhile. After a failed write it
// keeps the snapshot and tries again when retry() is called; later ones wait behind it, so nothing dirty is lost.
class SnapshotWriter {
 public:
  explicit SnapshotWriter(SnapshotStore& store);
  ~SnapshotWriter();  // waits for what is queued, unless a write has failed

  void enqueue(TaskSnapshot snapshot);
  // After the next snapshot that is written: SnapshotStore::keep_generation, keep_day.
  void keep_generation(std::size_t count);
  void keep_day(TimeMs now_ms, TimeMs keep_ms);

  [[nodiscard]] std::size_t pending() const;
  [[nodiscard]] std::uint64_t pending_bytes() const;  // for the memory budget
  [[nodiscard]] Status status() const;                // of the last write
  void retry();
  // Waits until everything is written or a write has failed; gives status().
  [[nodiscard]] Status drain();

 private:
  void run();

  SnapshotStore& store_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<TaskSnapshot> queue_;
  std::uint64_t pending_bytes_ = 0;
  std::size_t generations_ = 0;  // to keep after the next write; 0: none is asked for
  struct Day {
    TimeMs now_ms = 0, keep_ms = 0;
  };
  std::optional<Day> day_;  // likewise
  Status status_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace vigia
