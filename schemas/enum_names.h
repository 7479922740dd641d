// Enumerators as they are written in JSON and in configuration files: lower_snake_case, the names in the .fbs files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schemas/access_event_generated.h"
#include "schemas/alert_generated.h"
#include "schemas/camera_event_generated.h"
#include "schemas/command_reply_generated.h"
#include "schemas/seal_event_generated.h"
#include "schemas/trip_event_generated.h"

namespace vigia::schema {

inline const char* const* generated_names(Lock) { return EnumNamesLock(); }
inline const char* const* generated_names(Condition) { return EnumNamesCondition(); }
inline const char* const* generated_names(TripAction) { return EnumNamesTripAction(); }
inline const char* const* generated_names(TripConcept) { return EnumNamesTripConcept(); }
inline const char* const* generated_names(AccessKind) { return EnumNamesAccessKind(); }
inline const char* const* generated_names(HolderClass) { return EnumNamesHolderClass(); }
inline const char* const* generated_names(Direction) { return EnumNamesDirection(); }
inline const char* const* generated_names(CameraKind) { return EnumNamesCameraKind(); }
inline const char* const* generated_names(AlertStatus) { return EnumNamesAlertStatus(); }
inline const char* const* generated_names(Severity) { return EnumNamesSeverity(); }
inline const char* const* generated_names(Category) { return EnumNamesCategory(); }
inline const char* const* generated_names(TriageStatus) { return EnumNamesTriageStatus(); }
inline const char* const* generated_names(CommandAction) { return EnumNamesCommandAction(); }
inline const char* const* generated_names(CommandResult) { return EnumNamesCommandResult(); }

template <class E>
concept SchemaEnum = requires(E e) {
  generated_names(e);
};

// False for a value that a newer producer knows and this version does not.
template <SchemaEnum E>
[[nodiscard]] constexpr bool is_known(E value) {
  return value >= E::MIN && value <= E::MAX;
}

// REQUIRES: E has an enumerator `unknown`. What a value from the wire counts as.
template <SchemaEnum E>
[[nodiscard]] constexpr E known_or_unknown(E value) {
  return is_known(value) ? value : E::unknown;
}

// Empty for a value that is not known.
template <SchemaEnum E>
[[nodiscard]] std::string_view name_of(E value) {
  if (!is_known(value)) return {};
  std::string_view name = generated_names(value)[static_cast<int>(value)];
  if (name.ends_with('_')) name.remove_suffix(1);  // flatc's way out of C++ keywords: `new` becomes new_
  return name;
}

template <SchemaEnum E>
[[nodiscard]] std::optional<E> parse_enum(std::string_view name) {
  for (int i = static_cast<int>(E::MIN); i <= static_cast<int>(E::MAX); ++i) {
    if (name_of(static_cast<E>(i)) == name) return static_cast<E>(i);
  }
  return std::nullopt;
}

// "provisional, confirmed, withdrawn, cleared": for messages that say what was expected.
template <SchemaEnum E>
[[nodiscard]] std::string all_names() {
  std::string text;
  for (int i = static_cast<int>(E::MIN); i <= static_cast<int>(E::MAX); ++i) {
    if (!text.empty()) text += ", ";
    text += name_of(static_cast<E>(i));
  }
  return text;
}

}  // namespace vigia::schema
