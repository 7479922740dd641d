#include "operators/door_stage.h"

#include "engine/keyed_task.h"
#include "operators/device_change.h"
#include "operators/door_device.h"

namespace vigia {

std::unique_ptr<Task> make_door_task(const StageConfig& config) {
  const LatenessSettings lateness{config.horizon_ms, config.allowed_lateness_ms, config.max_clock_skew_ms};
  return std::make_unique<KeyedTask<DeviceStage<DoorDevice>>>(DeviceStage<DoorDevice>(config), lateness, config.threads,
                                                              config.spill);
}

}  // namespace vigia
