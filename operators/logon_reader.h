// Whether a security event is a logon that succeeded, by its ECS fields, and whose.
//
// It is one when event.category is `authentication` and event.type, if given, not `end`, or when event.action is one of the names
// that agents give it; and when event.outcome is not `failure` nor `unknown`. Whose: user.name.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string_view>

#include "operators/group_rule.h"
#include "operators/sigma_event.h"

namespace vigia {

// One thread at a time. What it answers points into the object's parser.
class LogonReader {
 public:
  LogonReader();
  [[nodiscard]] std::optional<Logon> read(simdjson::dom::object object);

 private:
  [[nodiscard]] bool has(int field, std::string_view text) const;

  SigmaFields fields_;
  int category_, type_, outcome_, action_, user_;
  SigmaEvent event_;
};

}  // namespace vigia
