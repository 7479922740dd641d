// JSON of other systems, for adapters: members of objects by name, leniently. A member that is absent, null or of another
// type reads as absent, and so do the members of an object that is; what must be there is checked by who asks.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/record.h"
#include "schemas/json_object.h"

namespace vigia::foreign {

namespace dom = simdjson::dom;

// The object that the record's value is. It and what is read from it live until this thread's next call. Returns why
// there is none, for people; empty when there is.
[[nodiscard]] std::string read_object(const InputRecord& record, dom::object& object);
[[nodiscard]] std::string read_object(std::string_view json, dom::object& object);

using Object = std::optional<dom::object>;

[[nodiscard]] Object object(const Object& parent, std::string_view name);
[[nodiscard]] std::optional<dom::array> list(const Object& parent, std::string_view name);
[[nodiscard]] std::string_view text(const Object& parent, std::string_view name);  // empty: absent
[[nodiscard]] std::optional<double> number(const Object& parent, std::string_view name);
[[nodiscard]] std::optional<bool> flag(const Object& parent, std::string_view name);
[[nodiscard]] std::optional<TimeMs> time(const Object& parent, std::string_view name);          // RFC 3339
[[nodiscard]] std::optional<TimeMs> seconds_time(const Object& parent, std::string_view name);  // seconds since 1970

// A text, number or boolean as text; anything else is nothing.
[[nodiscard]] std::optional<std::string> scalar(dom::element value);

// What an event carries beside our own fields: collected, then written as its `attributes`.
class Attributes {
 public:
  void add(std::string_view name, std::string_view text) {
    if (!text.empty()) all_.emplace_back(name, text);
  }
  void add(std::string_view name, const Object& parent, std::string_view member);  // a scalar
  void add_all(const Object& parent);                                              // its scalars, by their own names
  void write(json::JsonObject& event) const;                                       // nothing when there are none

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

}  // namespace vigia::foreign
