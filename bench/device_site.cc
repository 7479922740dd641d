#include "bench/device_site.h"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "connectors/pipeline_config.h"

namespace vigia::bench {

std::string door_id(std::uint32_t door) { return fmt::format("door-{}", door); }
std::string camera_id(std::uint32_t camera) { return fmt::format("camera-{}", camera); }

StageConfig device_config(StreamId stream, std::uint32_t devices, std::string_view camera_zone) {
  auto loaded = load_pipeline(VIGIA_BENCH_DIR "/../config/guarded-site.yaml");
  if (!loaded.ok()) throw std::runtime_error(format_errors(loaded.errors));
  SiteEquipment lists;
  for (std::uint32_t i = 0; i < devices; ++i) {
    Door door;
    door.id = door_id(i);
    door.site = fmt::format("site-{}", i / 50);
    door.area = "yard";
    lists.doors.push_back(std::move(door));
    Camera camera;
    camera.id = camera_id(i);
    camera.site = fmt::format("site-{}", i / 50);
    camera.zone = camera_zone;
    lists.cameras.push_back(std::move(camera));
  }
  loaded.site.equipment = Equipment(std::move(lists));
  StageConfig config;
  config.application = "bench";
  for (const auto& source : loaded.pipeline.sources)
    if (source.stream == stream) config.sources.push_back({source.topic, source.stream, PayloadFormat::flatbuffers});
  config.rules = loaded.pipeline.rules;
  config.site = std::make_shared<const SiteModel>(std::move(loaded.site));
  return config;
}

void DeviceRecords::append(const SimulatedEvent& event, TimeMs broker_ms) {
  list.add({TopicIndex{0}, PartitionId{0}, Offset{offset_++}, broker_ms}, event.key(),
           encoder_.encode(event, RecordFormat::flatbuffers));
}

}  // namespace vigia::bench
