// What a record behind an alert says, as JSON, whatever it was written in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operators/rule.h"

namespace vigia {

struct RecordContent {
  struct Event {
    std::string seal_id;
    std::string json;
  };

  std::string json;           // all of it; empty when there is a problem
  std::vector<Event> events;  // of a batch each, else the one
  bool is_batch = false;
  std::string problem;  // why it can't be shown, for people
};

// JSON is left as it is but for white space; FlatBuffers are told by their identifier, and without one by the stream that
// the topic carries.
[[nodiscard]] RecordContent read_content(std::string_view bytes, StreamId stream);

}  // namespace vigia
