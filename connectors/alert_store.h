// The committed alerts of a site, on disk (RocksDB), for a retention: every revision, the last one of each alert, what people have
// done about it, indexes by time, subject, site and trip, the records behind them, and how far the alert topic has been read (AlertFollower fills
// it). One process writes; any number of others read beside it as RocksDB secondaries. write(), flush() and prune() are
// called by one thread; queries may run beside them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/evidence_store.h"
#include "connectors/record_source.h"
#include "connectors/status.h"
#include "engine/task.h"

namespace rocksdb {
class Env;
}

namespace vigia {

// All that are set must hold. Times: the alert's interval touches [from_ms, to_ms].
struct AlertQuery {
  TimeMs from_ms = no_time_ms;
  TimeMs to_ms = never_ms;
  std::string subject, site, trip, alert_id, rule;  // empty: any
  std::vector<std::string> kinds;                   // empty: any
  std::vector<schema::AlertStatus> statuses;        // empty: any
  std::size_t limit = SIZE_MAX;
  bool newest_first = false;   // by start; else oldest first. Ties by alert_id
  bool all_revisions = false;  // of each alert that fits by its last revision; else the last only
};

class AlertStore {
 public:
  AlertStore();
  ~AlertStore();

  // Opens or creates. `env`: for tests that break the disk; null: the real one.
  [[nodiscard]] Status open(const std::string& directory, rocksdb::Env* env = nullptr);

  // Opens beside a running writer. `scratch` is a directory of the caller's own, for RocksDB's notes. catch_up() then
  // brings in what was written since.
  [[nodiscard]] Status open_secondary(const std::string& directory, const std::string& scratch);
  [[nodiscard]] Status catch_up();

  // One atomic write: the alerts, and up to where their log has been read with them. Writing the same (alert_id, revision)
  // again is harmless, and an older revision never replaces a newer one as the last. `states`: how alerts stand, as the triage
  // stage says it; the last one counts. Fault::storage: nothing was written; call again.
  [[nodiscard]] Status write(std::span<const Alert> alerts, std::span<const PartitionOffset> read_up_to = {},
                             std::span<const Alert> states = {});
  [[nodiscard]] Status flush();  // synced

  // What write() was last told of each partition of the topic.
  [[nodiscard]] Status positions(const std::string& topic, std::vector<PartitionOffset>& out) const;

  // Drops alerts whose last revision was detected before `before_ms` and that had ended (or begun, while open) before it,
  // with the evidence that no other alert refers to.
  [[nodiscard]] Status prune(TimeMs before_ms);

  // Calls `sink` in order until it returns false. What people have done about an alert is in the last revision alone, and not
  // with `all_revisions`: those are as they were published.
  [[nodiscard]] Status query(const AlertQuery& query, const std::function<bool(const Alert&)>& sink) const;
  // The ids that begin with `prefix`, in their order, at most `limit`.
  [[nodiscard]] Status find_ids(const std::string& prefix, std::size_t limit, std::vector<std::string>& out) const;
  [[nodiscard]] std::optional<Alert> last(const std::string& alert_id) const;

  // Of this store, for as long as it is open. Revisions that are written want theirs.
  [[nodiscard]] EvidenceStore& evidence();
  [[nodiscard]] const EvidenceStore& evidence() const;

  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
