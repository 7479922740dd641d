#include "load.h"

#include <fmt/format.h>

#include "connectors/partitioner.h"
#include "loaded_seal.h"

namespace vigia::test {

namespace {

constexpr TimeMs silence_at_end_ms = 40 * 60'000;  // longer than every limit of the rules

// A key of the partition.
std::string key_in(std::int32_t partition, std::int32_t partitions) {
  for (int n = 0;; ++n) {
    std::string key = fmt::format("end-{}-{}", partition, n);
    if (murmur2_partition(key, partitions) == partition) return key;
  }
}

}  // namespace

Load::Load(const LoadOptions& options) : options_(options) {
  for (int i = 0; i < options.seals; ++i)
    seals_.push_back(std::make_unique<LoadedSeal>(i, options.seed * 1'000'003 + static_cast<std::uint64_t>(i)));
}

Load::~Load() = default;

LoadTick Load::next() {
  LoadTick tick;
  for (const auto& seal : seals_) seal->live(now_ms_, tick);
  now_ms_ += tick_ms;
  return tick;
}

LoadTick Load::last() {
  LoadTick tick;
  for (const auto& seal : seals_) seal->send_backlog(now_ms_, tick);
  now_ms_ += silence_at_end_ms;
  for (std::int32_t partition = 0; partition < options_.partitions; ++partition) {
    const std::string key = key_in(partition, options_.partitions);
    tick.trips.push_back(
        {.key = key,
         .value =
             fmt::format(R"({{"trip_id":"{0}","seal_id":"{0}","event_time_ms":{1},"action":"assign"}})", key, now_ms_),
         .headers = {},
         .timestamp_ms = now_ms_});
    tick.seals.push_back({.key = key,
                          .value = fmt::format(R"({{"seal_id":"{}","device_time_ms":{},"sequence":1}})", key, now_ms_),
                          .headers = {},
                          .timestamp_ms = now_ms_});
  }
  return tick;
}

std::string load_routes_geojson() {
  return R"({"type":"FeatureCollection","features":[{"type":"Feature",)"
         R"("properties":{"id":"coast","corridor_half_width_m":300},)"
         R"("geometry":{"type":"LineString","coordinates":[[-80.0,0.0],[-79.0,0.0]]}}]})";
}

}  // namespace vigia::test
