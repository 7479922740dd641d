// Internal to the JSON readers: members of a JSON object into variables, with complaints for people.
//
//   bool known = field("seal_id", id) || field("sequence", sequence) || ...;
//
// field(name, target) says whether the member at hand has that name; if so, and it is not null, it is read into target.
#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/enum_names.h"
#include "schemas/json_reader.h"

namespace vigia::json {

namespace dom = simdjson::dom;

// What reading one event leaves behind besides the event. The first complaint counts.
struct Findings {
  std::string error;
  std::uint64_t unknown_fields = 0;
  std::uint64_t unknown_enum_values = 0;

  void complain(std::string text) {
    if (error.empty()) error = std::move(text);
  }
};

// "a number", "an object": what a value is, for people.
[[nodiscard]] std::string describe(dom::element value);

using Attributes = std::vector<std::pair<std::string_view, std::string_view>>;

struct PositionFields {
  std::optional<double> lat_deg, lon_deg;
  flatbuffers::Optional<float> speed_kmh, heading_deg, accuracy_m;
};

// One member of an object. `path` is what stands before its name in complaints ("position.").
class Field {
 public:
  Field(dom::key_value_pair member, std::string_view path, Findings& findings)
      : member_(member), path_(path), findings_(findings) {}

  template <class T>
  bool operator()(std::string_view name, T& target) {
    if (member_.key != name) return false;
    if (!member_.value.is_null()) read(target);
    return true;
  }

 private:
  void read(std::string_view& target);
  void read(std::string& target);
  void read(bool& target);
  void read(double& target);
  void read(float& target);
  void read(std::int64_t& target);
  void read(std::int32_t& target) { target = static_cast<std::int32_t>(integer(INT32_MIN, INT32_MAX)); }
  void read(std::uint32_t& target) { target = static_cast<std::uint32_t>(integer(0, UINT32_MAX)); }
  void read(std::uint8_t& target) { target = static_cast<std::uint8_t>(integer(0, UINT8_MAX)); }
  void read(std::vector<schema::Condition>& target);
  void read(Attributes& target);  // sorted by key, each key once
  void read(std::optional<PositionFields>& target);
  void read(std::vector<std::unique_ptr<schema::EvidenceT>>& target);

  template <class T>
  void read(std::optional<T>& target) {
    T value{};
    read(value);
    target = value;
  }

  // An enumerator of a type with `unknown` is read as that when it is not known; of any other it is an error.
  template <schema::SchemaEnum E>
  void read(E& target) {
    std::string_view name;
    read(name);
    if (const auto value = schema::parse_enum<E>(name)) {
      target = *value;
    } else if constexpr (requires { E::unknown; }) {
      target = E::unknown;
      if (member_.value.is_string()) ++findings_.unknown_enum_values;
    } else {
      complain(fmt::format("\"{}\"", name), fmt::format("one of {}", schema::all_names<E>()));
    }
  }

  [[nodiscard]] std::int64_t integer(std::int64_t min, std::int64_t max);
  void complain(std::string_view found, std::string_view expected);
  void complain_type(std::string_view expected) { complain(describe(member_.value), expected); }

  dom::key_value_pair member_;
  std::string_view path_;
  Findings& findings_;
};

// Calls read_one(Field&) for each member; it returns whether it knew the name.
template <class ReadOne>
void for_each_field(dom::object object, std::string_view path, Findings& findings, ReadOne&& read_one) {
  for (const dom::key_value_pair member : object) {
    Field field(member, path, findings);
    if (!read_one(field)) ++findings.unknown_fields;
  }
}

// Null offsets where there is nothing to write. REQUIRES: a position without complaints.
using AttributesOffset = flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<schema::Attribute>>>;
[[nodiscard]] AttributesOffset build(const Attributes& attributes, flatbuffers::FlatBufferBuilder& out);
[[nodiscard]] flatbuffers::Offset<schema::Position> build(const std::optional<PositionFields>& position,
                                                          flatbuffers::FlatBufferBuilder& out);
[[nodiscard]] flatbuffers::Offset<flatbuffers::String> build(std::string_view text,
                                                             flatbuffers::FlatBufferBuilder& out);

// One event into `out`; a null offset and findings.error when it is refused.
[[nodiscard]] flatbuffers::Offset<schema::SealEvent> read_seal_event(dom::object object, Findings& findings,
                                                                     flatbuffers::FlatBufferBuilder& out);
[[nodiscard]] flatbuffers::Offset<schema::TripEvent> read_trip_event(dom::object object, Findings& findings,
                                                                     flatbuffers::FlatBufferBuilder& out);
[[nodiscard]] flatbuffers::Offset<schema::AccessEvent> read_access_event(dom::object object, Findings& findings,
                                                                         flatbuffers::FlatBufferBuilder& out);
[[nodiscard]] flatbuffers::Offset<schema::CameraEvent> read_camera_event(dom::object object, Findings& findings,
                                                                         flatbuffers::FlatBufferBuilder& out);
void read_alert_object(dom::object object, Findings& findings, schema::AlertT& out);

}  // namespace vigia::json
