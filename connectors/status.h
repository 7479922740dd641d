// What a connector answers when something outside did not go as asked: bad luck is data, not an exception.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace vigia {

enum class Fault : std::uint8_t {
  none,
  retry,           // passing: a broker away, a queue full; the same call may succeed later
  missing_topics,  // the text names them and the command that creates them
  storage,         // the disk refuses (full, error): stop input, keep everything, call again
  unreadable,      // the input could not be read; the text has file and line
  damaged,         // bytes on disk or in the journal are not what was written
  refused,         // not ours: other application, other version, settings that do not fit; the text says what to do
  lost,            // the partitions are somebody else's now: what was not committed is theirs to do again
  misconfigured,   // the pipeline is none that could start here and now; the text says what to do
  fenced,          // another process runs in this one's place
  fatal,           // can't go on in this process
};

struct [[nodiscard]] Status {
  Fault fault = Fault::none;
  std::string text;  // for people, without a full stop at the end; empty when good

  [[nodiscard]] bool ok() const { return fault == Fault::none; }

  static Status good() { return {}; }
  static Status of(Fault fault, std::string text) { return {fault, std::move(text)}; }
};

}  // namespace vigia
