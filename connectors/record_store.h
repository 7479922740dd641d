// The events of trips and doors that reports need, on disk (RocksDB), for a retention: indexed by time, and by every id
// that they name (a seal, a trip, a door, a holder, a zone...; those of a site are the site's). Each event once, however
// often it was sent, and how far the topics have been read (RecordFollower fills it). One process writes; any number of
// others read beside it as RocksDB secondaries. write(), flush() and prune() are called by one thread; queries may run
// beside them.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "connectors/kept_event.h"
#include "connectors/record_source.h"
#include "connectors/status.h"

namespace rocksdb {
class Env;
}

namespace vigia {

// Events of one stream with from_ms <= time < to_ms.
struct RecordQuery {
  StreamId stream = StreamId::trip;
  TimeMs from_ms = no_time_ms;
  TimeMs to_ms = never_ms;
  std::vector<std::string> names;  // that name one of these; empty: any
};

class RecordStore {
 public:
  RecordStore();
  ~RecordStore();

  // Opens or creates. `env`: for tests that break the disk; null: the real one.
  [[nodiscard]] Status open(const std::string& directory, rocksdb::Env* env = nullptr);

  // Opens beside a running writer. `scratch` is a directory of the caller's own, for RocksDB's notes.
  [[nodiscard]] Status open_secondary(const std::string& directory, const std::string& scratch);

  // One atomic write: the events, and up to where their logs have been read with them. The same event again changes nothing
  // but its place. Fault::storage: nothing was written; call again.
  [[nodiscard]] Status write(std::span<const KeptEvent> events, std::span<const PartitionOffset> read_up_to = {});
  [[nodiscard]] Status flush();  // synced

  // What write() was last told of each partition of the topic.
  [[nodiscard]] Status positions(const std::string& topic, std::vector<PartitionOffset>& out) const;

  // Drops events from before `before_ms`.
  [[nodiscard]] Status prune(TimeMs before_ms);

  // Calls `sink` in the order of time until it returns false.
  [[nodiscard]] Status query(const RecordQuery& query, const std::function<bool(const KeptEvent&)>& sink) const;

  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
