// What a stage needs to know of a pipeline.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cold_store.h"
#include "engine/identity.h"
#include "operators/group_budget.h"
#include "operators/record_adapter.h"
#include "operators/rule.h"
#include "operators/site_model.h"

namespace vigia {

enum class PayloadFormat : std::uint8_t { flatbuffers, json };

struct SigmaPlan;

// Where a source's producers put their keys. Thread-safe.
class KeyPlacement {
 public:
  virtual ~KeyPlacement() = default;
  // True: the key is in its partition, or nobody knows yet.
  [[nodiscard]] bool fits(std::string_view key, PartitionId partition) const {
    const auto partition_of = partition_of_.load(std::memory_order_acquire);
    return partition_of == nullptr || partition_of(key, partitions_) == partition.value;
  }
  // Why a key that does not fit has no business there, for people; empty when it fits.
  [[nodiscard]] virtual std::string problem(std::string_view key, PartitionId partition) const = 0;

 protected:
  using PartitionOf = std::int32_t (*)(std::string_view key, std::int32_t partitions);
  std::int32_t partitions_ = 1;                      // set before partition_of_
  std::atomic<PartitionOf> partition_of_ = nullptr;  // null: every key fits
};

// What a source's records are; InputRecord::topic is the index into StageConfig::sources.
struct StageSource {
  std::string topic;
  StreamId stream = StreamId::seal;
  PayloadFormat format = PayloadFormat::flatbuffers;
  std::shared_ptr<const KeyPlacement> placement = nullptr;  // null: not checked
  RecordAdapter adapter = nullptr;                          // null: the records are ours; else it makes JSON of them
};

struct StageConfig {
  std::string application;
  TimeMs horizon_ms = 24 * 3'600'000LL;
  TimeMs allowed_lateness_ms = 10 * 60'000LL;
  TimeMs max_clock_skew_ms = 5 * 60'000LL;
  std::vector<StageSource> sources;
  std::vector<RuleSpec> rules;             // kinds this stage does not know are an error of the caller
  std::shared_ptr<const SiteModel> site;   // never null
  std::shared_ptr<const SigmaPlan> sigma;  // null: no detections
  GroupBudget group_budget = {};           // of each rule over groups
  unsigned threads = 1;                    // of the task; alerts do not depend on it
  ColdStoreMaker spill = {};  // where the task keeps what Task::keep_within has no room for; empty: nowhere
};

}  // namespace vigia
