// The committed alerts of a site, on disk (RocksDB), for a retention: every revision, the last one of each alert, and
// indexes by time, subject, site and trip. One process writes; any number of others read beside it as RocksDB
// secondaries. write(), flush() and prune() are called by one thread; queries may run beside them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/alert_sink.h"

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

class AlertStore : public AlertSink {
 public:
  AlertStore();
  ~AlertStore() override;

  // Opens or creates. `env`: for tests that break the disk; null: the real one.
  [[nodiscard]] Status open(const std::string& directory, rocksdb::Env* env = nullptr);

  // Opens beside a running writer. `scratch` is a directory of the caller's own, for RocksDB's notes. catch_up() then
  // brings in what was written since.
  [[nodiscard]] Status open_secondary(const std::string& directory, const std::string& scratch);
  [[nodiscard]] Status catch_up();

  // One atomic write an epoch. An older revision never replaces a newer one as the last.
  [[nodiscard]] Status write(std::span<const Alert> alerts) override;
  [[nodiscard]] Status flush() override;  // synced

  // Drops alerts whose last revision was detected before `before_ms` and that had ended (or begun, while open) before it.
  [[nodiscard]] Status prune(TimeMs before_ms);

  // Calls `sink` in order until it returns false.
  [[nodiscard]] Status query(const AlertQuery& query, const std::function<bool(const Alert&)>& sink) const;
  [[nodiscard]] std::optional<Alert> last(const std::string& alert_id) const;

  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
