// The gate that every FlatBuffers record passes before anything reads it, and the checks on values that both formats share.
//
// Verifying says that the bytes hold what the schema says and nothing points outside; checking says that the values make
// sense. After both, an event can be read without looking again. Neither allocates unless there is something to complain
// about, neither throws, and all functions may run concurrently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/access_batch_generated.h"
#include "schemas/alert_generated.h"
#include "schemas/camera_batch_generated.h"
#include "schemas/seal_batch_generated.h"
#include "schemas/signal_generated.h"
#include "schemas/trip_batch_generated.h"

namespace vigia::schema {

// The events of one verified record: a single one or a batch. Points into the record's bytes and lives as long as they do.
template <class Event>
class Events {
 public:
  using Batch = flatbuffers::Vector<flatbuffers::Offset<Event>>;

  explicit Events(const char* error) : error_(error) {}
  explicit Events(const Event* single) : single_(single), size_(1) {}
  explicit Events(const Batch* batch) : batch_(batch), size_(batch->size()) {}

  // Why the record can't be read, for people; empty when it can. A static text.
  [[nodiscard]] std::string_view error() const { return error_; }
  [[nodiscard]] bool is_batch() const { return batch_ != nullptr; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const Event& operator[](std::size_t i) const {
    return single_ ? *single_ : *batch_->Get(static_cast<flatbuffers::uoffset_t>(i));
  }

 private:
  const char* error_ = "";
  const Event* single_ = nullptr;
  const Batch* batch_ = nullptr;
  std::size_t size_ = 0;
};

// The file identifier tells an event from a batch; a record without one is taken as a single event. The bytes need no
// alignment (on processors that read unaligned words, as x86-64 and ARM64 do). Work is bounded: a record with more than a
// million tables does not verify.
[[nodiscard]] Events<SealEvent> verify_seal_record(std::string_view bytes);
[[nodiscard]] Events<TripEvent> verify_trip_record(std::string_view bytes);
[[nodiscard]] Events<AccessEvent> verify_access_record(std::string_view bytes);
[[nodiscard]] Events<CameraEvent> verify_camera_record(std::string_view bytes);
// Null when it does not verify.
[[nodiscard]] const Alert* verify_alert_record(std::string_view bytes);
[[nodiscard]] const Signal* verify_signal_record(std::string_view bytes);

// REQUIRES: verified. What is wrong with the values, for people ("position.lat_deg is 91, expected -90 to 90"); empty
// when nothing is. An empty id is missing, and so is a required time of 0.
[[nodiscard]] std::string check(const SealEvent& event);
[[nodiscard]] std::string check(const TripEvent& event);
[[nodiscard]] std::string check(const AccessEvent& event);
[[nodiscard]] std::string check(const CameraEvent& event);

// REQUIRES: verified. Enumerators that this version does not know: a newer producer's. They are no error; read them through
// known_or_unknown() (enum_names.h), and skip unknown conditions.
[[nodiscard]] std::uint32_t unknown_enum_values(const SealEvent& event);
[[nodiscard]] std::uint32_t unknown_enum_values(const TripEvent& event);
[[nodiscard]] std::uint32_t unknown_enum_values(const AccessEvent& event);
[[nodiscard]] std::uint32_t unknown_enum_values(const CameraEvent& event);

// Bounds that keep one record from costing everybody else: a longer one is refused, in either format.
inline constexpr std::size_t max_record_bytes = 8u << 20;
inline constexpr std::size_t max_id_bytes = 1024;              // ids, names, keys of attributes
inline constexpr std::size_t max_attribute_bytes = 64u << 10;  // the value of an attribute, an address

// The last millisecond of the year 9999. No time may lie beyond it, so that sums of times and lengths can't overflow.
inline constexpr std::int64_t last_time_ms = 253402300799999;

}  // namespace vigia::schema
