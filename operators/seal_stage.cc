#include "operators/seal_stage.h"

#include "engine/keyed_task.h"
#include "operators/seal_change.h"
#include "operators/seal_decode.h"
#include "operators/seal_domain.h"

namespace vigia {

std::unique_ptr<Task> make_seal_task(const StageConfig& config) {
  const LatenessSettings lateness{config.horizon_ms, config.allowed_lateness_ms, config.max_clock_skew_ms};
  return std::make_unique<KeyedTask<SealDomain>>(SealDomain(config), lateness, config.threads, config.spill);
}

}  // namespace vigia
