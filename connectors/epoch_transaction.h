// The bracket around what becomes public together: journal entries, alerts, rejected records, and how far we have come.
#pragma once

#include <span>

#include "connectors/log_source.h"
#include "connectors/status.h"

namespace vigia {

// One thread at a time. After a fault nothing between begin() and commit() counts; begin() again, and do all of it again.
// Fault::lost: the partitions are somebody else's. Fault::fenced: another process runs in this one's place.
class EpochTransaction {
 public:
  virtual ~EpochTransaction() = default;

  // `already`: what `progress` says is public: the commit whose answer never came had been good. There is nothing to do.
  [[nodiscard]] virtual Status begin(std::span<const TaskProgress> progress, bool& already) = 0;
  // `progress`: that of begin(), but where the transaction says otherwise.
  [[nodiscard]] virtual Status commit(std::span<const TaskProgress> progress) = 0;
};

// Each part counts when it is acknowledged, the progress last: a crash before that has everything made public again, the
// same bytes.
class AtLeastOnce : public EpochTransaction {
 public:
  explicit AtLeastOnce(LogSource& source) : source_(source) {}

  [[nodiscard]] Status begin(std::span<const TaskProgress>, bool& already) override {
    already = false;
    return Status::good();
  }
  [[nodiscard]] Status commit(std::span<const TaskProgress> progress) override { return source_.commit(progress); }

 private:
  LogSource& source_;
};

}  // namespace vigia
