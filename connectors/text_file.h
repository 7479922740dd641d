// Whole text files.
#pragma once

#include <optional>
#include <string>

namespace vigia {

// The bytes of a regular file; nothing when it can't be read (missing, a folder, not permitted).
[[nodiscard]] std::optional<std::string> read_text_file(const std::string& path);

}  // namespace vigia
