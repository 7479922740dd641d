#include "operators/camera_stage.h"

#include "engine/keyed_task.h"
#include "operators/camera_device.h"
#include "operators/device_change.h"

namespace vigia {

std::unique_ptr<Task> make_camera_task(const StageConfig& config) {
  const LatenessSettings lateness{config.horizon_ms, config.allowed_lateness_ms, config.max_clock_skew_ms};
  return std::make_unique<KeyedTask<DeviceStage<CameraDevice>>>(DeviceStage<CameraDevice>(config), lateness,
                                                                config.threads, config.spill);
}

}  // namespace vigia
