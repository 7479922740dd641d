// The records behind the alerts of an alert store, so that an alert can be explained when the input topics are gone: each
// record once, however many alerts it is behind. A part of the alert store, in the same database.
//
// First an alert's batch notes the records that it refers to as wanted; then whoever reads Kafka asks for those and puts
// what it has found, or that it is gone. A record is dropped with the last alert that refers to it, or before that when
// its time is up. Writing calls by the store's one writer; wanted() and find() beside them.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connectors/evidence.h"
#include "connectors/rocks.h"

namespace vigia {

class EvidenceStore {
 public:
  // The database outlives it.
  explicit EvidenceStore(rocks::Database& db) : db_(db) {}

  // For the alert store's batches: a revision comes, an alert with these places goes. `released` collects over one batch
  // what it lets go.
  [[nodiscard]] Status refer(rocksdb::WriteBatch& batch, const Alert& alert) const;
  [[nodiscard]] Status release(rocksdb::WriteBatch& batch, const std::string& alert_id,
                               const std::set<EvidencePlace>& places, std::set<std::string>& released) const;

  // Wanted places behind `after`, at most `limit`, in order.
  [[nodiscard]] Status wanted(const std::optional<EvidencePlace>& after, std::size_t limit,
                              std::vector<EvidencePlace>& out) const;

  // In one atomic write. What no alert refers to any more is left out.
  [[nodiscard]] Status put(std::span<const std::pair<EvidencePlace, EvidenceRecord>> found);

  // Empty: not there, or not yet.
  [[nodiscard]] Status find(const EvidencePlace& place, std::optional<EvidenceRecord>& out) const;

  // Drops the records whose first alert was detected before `before_ms`.
  [[nodiscard]] Status prune(TimeMs before_ms);

 private:
  rocks::Database& db_;
};

}  // namespace vigia
