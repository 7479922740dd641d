#include "connectors/text_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace vigia {

std::optional<std::string> read_text_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return in.bad() ? std::nullopt : std::optional<std::string>(std::move(text));
}

}  // namespace vigia
