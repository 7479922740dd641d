// JSON to FlatBuffers: what a topic with `format: json` brings becomes the same bytes that the other format brings.
//
// A record is one event, or a batch {"events": [...]}. What is not valid JSON in valid UTF-8 is refused as a whole. Values
// are checked as those of a FlatBuffers event are (verify.h), and in a batch each event by itself: the good ones are read,
// whatever their neighbours are like. A member that is null is absent. Members that the schema does not have are ignored
// and counted. Enumerators that this version does not know are read as `unknown` and counted (conditions: left out and
// counted). Of members that come twice the last counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/access_batch_generated.h"
#include "schemas/alert_generated.h"
#include "schemas/camera_batch_generated.h"
#include "schemas/seal_batch_generated.h"
#include "schemas/trip_batch_generated.h"

namespace vigia::json {

// An event of a batch that was refused.
struct RejectedEvent {
  std::uint32_t index = 0;  // its position in the batch as it came
  std::string reason;       // for people: "position.lat_deg is 91, expected -90 to 90"
};

struct ReadResult {
  std::string error;  // why nothing of the record was read, for people; empty when it was
  bool is_batch = false;
  std::vector<RejectedEvent> rejected;  // of a batch, by rising index
  std::uint64_t unknown_fields = 0;
  std::uint64_t unknown_enum_values = 0;

  // Where the i-th event that was read stood in the batch as it came.
  [[nodiscard]] std::uint32_t index_of(std::size_t i) const;
};

// Owns the buffers of the parser: keep one and reuse it. One thread at a time; nothing throws but std::bad_alloc.
class Reader {
 public:
  Reader();
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  // Fills `out` (cleared first) with a finished event or batch of the kind. It verifies and checks. With an error `out` holds
  // nothing of use. A batch of nothing but refused events is an empty batch.
  [[nodiscard]] ReadResult read_seal(std::string_view json, flatbuffers::FlatBufferBuilder& out);
  [[nodiscard]] ReadResult read_trip(std::string_view json, flatbuffers::FlatBufferBuilder& out);
  [[nodiscard]] ReadResult read_access(std::string_view json, flatbuffers::FlatBufferBuilder& out);
  [[nodiscard]] ReadResult read_camera(std::string_view json, flatbuffers::FlatBufferBuilder& out);

  // Overwrites `out`. Here an enumerator that is not known is an error.
  [[nodiscard]] ReadResult read_alert(std::string_view json, schema::AlertT& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vigia::json
