// When nothing was heard from a seal, by broker time, and what it made meanwhile: a function of the set of its messages, in
// whatever order they are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/bytes.h"
#include "engine/event.h"

namespace vigia {

// Nothing was heard between two broker times.
struct Silence {
  TimeMs from_ms = 0;
  TimeMs to_ms = 0;
  std::uint8_t conditions_before = 0;  // of the last message before it
  EvidenceRef heard_again;
};

// What is on its way for longer than this was kept by the device.
inline constexpr TimeMs transit_ms = 10'000;

class Silences {
 public:
  struct Message {
    TimeMs broker_ms = 0;
    TimeMs made_ms = 0;  // by the device's clock
    std::uint8_t conditions = 0;
    bool clock_fault = false;
    EvidenceRef evidence;

    [[nodiscard]] bool was_kept() const { return !clock_fault && broker_ms - made_ms > transit_ms; }
  };
  struct Backlog {
    bool any = false;
    std::uint8_t conditions = 0;
  };

  // The very first message. Before it no other call of hear().
  void begin(const Message& message);

  // REQUIRES: every message is told that is a silence after the one before, is from before the last time heard, or was kept.
  // `heard_before`: last broker time heard until then * 256 + the conditions reported then. Two broker times further apart
  // than `silence_ms`, always the same, with nothing between are a silence. Answers whether anything is different now.
  bool hear(const Message& message, TimeMs heard_before, TimeMs silence_ms);

  [[nodiscard]] const std::vector<Silence>& all() const { return silences_; }  // sorted
  // Of the messages made during the silence that were kept.
  [[nodiscard]] Backlog backlog_of(const Silence& silence) const;

  void trim(TimeMs before_ms);
  [[nodiscard]] std::size_t memory_bytes() const;  // beside this object
  void write(ByteWriter& out) const;
  void read(ByteReader& in);
  // As it was in images of version 1; the time first heard came apart from it.
  void read_summed(ByteReader& in, TimeMs first_heard_ms);

 private:
  struct Kept {
    TimeMs made_ms = 0;
    std::uint8_t conditions = 0;
  };

  void keep(const Message& message, TimeMs silence_ms);

  std::vector<Silence> silences_;
  // Made during one of them, or before anything was heard; sorted. Of three with the same conditions within silence_ms the
  // one between is left out: a silence that holds it is longer, and holds one of the others.
  std::vector<Kept> kept_;
  TimeMs first_heard_ms_ = no_time_ms;
};

}  // namespace vigia
