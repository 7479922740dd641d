// The stage of seals and trips: everything the keyed engine needs to judge sealed cargo.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/identity.h"
#include "engine/task.h"
#include "operators/rule.h"
#include "operators/site_model.h"

namespace vigia {

enum class PayloadFormat : std::uint8_t { flatbuffers, json };

// Where a source's producers put their keys. Thread-safe.
class KeyPlacement {
 public:
  virtual ~KeyPlacement() = default;
  // Empty: the key is in its partition, or nobody knows yet. Else why it has no business there, for people.
  [[nodiscard]] virtual std::string problem(std::string_view key, PartitionId partition) const = 0;
};

// What a source's records are; InputRecord::topic is the index into SealStageConfig::sources.
struct StageSource {
  std::string topic;
  StreamId stream = StreamId::seal;
  PayloadFormat format = PayloadFormat::flatbuffers;
  std::shared_ptr<const KeyPlacement> placement = nullptr;  // null: not checked
};

struct SealStageConfig {
  std::string application;
  TimeMs horizon_ms = 24 * 3'600'000LL;
  TimeMs allowed_lateness_ms = 10 * 60'000LL;
  TimeMs max_clock_skew_ms = 5 * 60'000LL;
  std::vector<StageSource> sources;
  std::vector<RuleSpec> rules;            // kinds this stage does not know are an error of the caller
  std::shared_ptr<const SiteModel> site;  // never null
  unsigned threads = 1;                   // shards of the task; alerts do not depend on it
};

// An empty task. Thread safety: as engine/task.h says.
[[nodiscard]] std::unique_ptr<Task> make_seal_task(const SealStageConfig& config);

}  // namespace vigia
