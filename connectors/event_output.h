// Where simulated events go: a recording (JSON lines) or Kafka topics, with the broker times of the simulation.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "connectors/pipeline_config.h"
#include "connectors/simulator.h"
#include "connectors/status.h"

namespace vigia {

// One thread calls it.
class EventOutput {
 public:
  virtual ~EventOutput() = default;
  [[nodiscard]] virtual Status write(const SimulatedEvent& event) = 0;
  // Good: everything written is where it belongs.
  [[nodiscard]] virtual Status finish() = 0;
};

// Topics (and in Kafka formats) are those of the pipeline's first sources of each stream; Fault::refused without one of seal
// and trip. REQUIRES of write(): events of streams that the pipeline has a source of. `-` is standard output.
[[nodiscard]] Status open_recording(const std::string& path, const Pipeline& pipeline,
                                    std::unique_ptr<EventOutput>& out);

// Creates the topics with `partitions` each when they are missing and `create` says so.
[[nodiscard]] Status open_kafka_output(const Pipeline& pipeline, bool create, std::int32_t partitions,
                                       std::unique_ptr<EventOutput>& out);

}  // namespace vigia
