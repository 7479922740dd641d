// The fields that detections over our own streams may name: those of the schemas, and what the site model adds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vigia {

struct OwnField {
  bool is_known = false;
  std::vector<std::string> enumerators;  // of a field that is an enum, or a list of them; empty: it is none
};

// REQUIRES: `service` is seal, trip, access, camera or alert. `path`: with dots between the names.
[[nodiscard]] OwnField find_own_field(std::string_view service, std::string_view path);

// Of the service, those with fields below them as their paths; for "did you mean".
[[nodiscard]] std::vector<std::string> own_fields(std::string_view service);

}  // namespace vigia
