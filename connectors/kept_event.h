// An event that reports need when the input topics are gone: of a trip or of a door.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "connectors/evidence.h"
#include "connectors/pipeline_config.h"
#include "schemas/access_event_generated.h"
#include "schemas/json_reader.h"
#include "schemas/trip_event_generated.h"
#include "schemas/verify.h"

namespace vigia {

struct KeptEvent {
  TimeMs time_ms = 0;  // the event's own; of a door whose clock is bad the broker's, as the engine takes it
  TimeMs broker_ms = 0;
  EvidencePlace place;            // of its record
  std::int32_t event_index = -1;  // its position in a batch; -1: the record is the event
  std::variant<schema::TripEventT, schema::AccessEventT> event;

  [[nodiscard]] const schema::TripEventT* trip() const { return std::get_if<schema::TripEventT>(&event); }
  [[nodiscard]] const schema::AccessEventT* access() const { return std::get_if<schema::AccessEventT>(&event); }
};

// Reports need them, and a record store keeps them.
[[nodiscard]] bool is_kept(StreamId stream);

// All ids that the event names: seal, trip, container, documents, zones, officer; door, holder, credential, escort. Each once.
[[nodiscard]] std::vector<std::string> names_of(const KeptEvent& event);

// Reads records of sources of the kept streams, in any format a source may have. Owns the buffers: keep one and reuse it.
// One thread at a time.
class KeptEventReader {
 public:
  using Sink = std::function<void(const KeptEvent& event)>;

  // Of the pipeline its horizon and the skew that clocks may have.
  explicit KeptEventReader(const Pipeline& pipeline)
      : horizon_ms_(pipeline.horizon_ms), max_clock_skew_ms_(pipeline.max_clock_skew_ms) {}

  // Calls `sink` for each good event but heartbeats, which say nothing that a report tells. False: the record, or an event
  // of it, can't be read; the engine has made a dead letter of it. REQUIRES: is_kept(source.stream).
  bool read(const SourceSpec& source, const InputRecord& record, const Sink& sink);

 private:
  template <class Event>
  bool take(const schema::Events<Event>& events, const json::ReadResult* json, KeptEvent& kept, const Sink& sink) const;
  [[nodiscard]] TimeMs time_of(const KeptEvent& kept) const;

  TimeMs horizon_ms_, max_clock_skew_ms_;
  json::Reader json_;
  flatbuffers::FlatBufferBuilder builder_;
  std::string adapted_;
};

}  // namespace vigia
